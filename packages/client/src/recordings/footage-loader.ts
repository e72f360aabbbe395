import { Backoff, MalformedError, type Micros, micros, millis, PinholeError } from '@pinhole/core';
import { appendChunk, type ChunkOutcome, type FootageSink } from './footage-chunk.ts';
import { pause } from './pause.ts';
import type { Trouble } from './playback-state.ts';
import type { CameraRecording, Recording } from './recording-types.ts';
import type { RecordingsApi } from './recordings-api.ts';
import { RecordingsError } from './recordings-error.ts';

/** What a loader tells. */
export type LoaderEvent =
  /** There is no more for now: this is the live edge, or the end of what was recorded, at `last`. */
  | { readonly kind: 'edge'; readonly edge: 'live' | 'end'; readonly last: Micros | undefined }
  /** Footage comes. */
  | { readonly kind: 'loading' }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  /** What comes from `at` on has other tracks, and needs another buffer. */
  | { readonly kind: 'other-tracks'; readonly at: Micros };

/** What a loader needs. */
export interface FootageLoaderOptions {
  readonly api: Pick<RecordingsApi, 'openFootage' | 'list' | 'state' | 'now'>;
  readonly origin: Micros;
  readonly sink: FootageSink;
  /** How much is loaded ahead of the playhead, in seconds. */
  readonly ahead: () => number;
  readonly rate: () => number;
  /** How much should be. */
  readonly wanted: () => number;
  readonly handle: (event: LoaderEvent) => void;
}

/** Nothing newer than this long ago, and it is the end of what was recorded rather than now. */
const LIVE_WITHIN = micros(5_000_000);
const SHORTEST_CHUNK_SECONDS = 15;
const FIRST_NUDGE = micros(100_000);
const LOOK_MS = 100;
const LOOK_AT_END_MS = 5_000;
const SHORTEST_LIVE_WAIT_MS = 300;

/** Loads footage from a time on, over borders and gaps, as far ahead as is wanted, and goes on when more is recorded. */
export class FootageLoader {
  readonly #options: FootageLoaderOptions;
  readonly #backoff = new Backoff({ firstMs: millis(500), maxMs: millis(5_000) });
  readonly #abort = new AbortController();
  #wake: AbortController | undefined;
  #nudge = 0;

  constructor(options: FootageLoaderOptions) {
    this.#options = options;
  }

  /** Loads until it is closed. Never throws. */
  async run(from: Micros): Promise<void> {
    const { signal } = this.#abort;
    let at = from;
    while (!signal.aborted) {
      const { ahead, wanted } = this.#options;
      if (ahead() >= wanted()) {
        await pause(LOOK_MS, signal);
        continue;
      }
      try {
        const next = await this.#step(at, signal);
        if (next === undefined) return;
        at = next;
        this.#backoff.reset();
      } catch (thrown) {
        if (signal.aborted) return;
        if (!(await this.#failed(thrown))) return;
      }
    }
  }

  /** Asks again at once, if it waits to do so. */
  wake(): void {
    this.#wake?.abort();
  }

  /** Ends it. May be called again. */
  close(): void {
    this.#abort.abort();
    this.wake();
  }

  /** @returns where to go on; nothing when it ends here */
  async #step(at: Micros, signal: AbortSignal): Promise<Micros | undefined> {
    const { api, sink, handle } = this.#options;
    const outcome = await this.#chunk(at, signal);
    if (signal.aborted) return undefined;
    if (outcome === 'other-tracks') {
      handle({ kind: 'other-tracks', at });
      return undefined;
    }
    if (outcome === 'appended') {
      this.#nudge = 0;
      handle({ kind: 'loading' });
      const reached = sink.index.reached ?? at;
      // All that there is: more comes picture by picture, and is not asked for one by one.
      if (api.now() - reached < LIVE_WITHIN) await this.#waitForMore(reached);
      return reached;
    }
    return this.#beyond(at, signal);
  }

  async #chunk(at: Micros, signal: AbortSignal): Promise<ChunkOutcome> {
    const { api, sink, origin, wanted } = this.#options;
    const to = micros(at + Math.max(SHORTEST_CHUNK_SECONDS, wanted()) * 1e6);
    try {
      const response = await api.openFootage({ from: at, to, origin }, { signal });
      return await appendChunk(response, { sink, origin, signal });
    } catch (thrown) {
      if (thrown instanceof PinholeError && thrown.code === 'footage/nothing-recorded') return 'nothing-new';
      throw thrown;
    }
  }

  /** Nothing is here: looks where there is more. */
  async #beyond(at: Micros, signal: AbortSignal): Promise<Micros | undefined> {
    const { api, handle } = this.#options;
    const [{ recordings }, { rewind }] = await Promise.all([
      api.list({ from: at, limit: 8 }, { signal }),
      api.state({ signal }),
    ]);
    const stretches = [...recordings.filter(isPlayable).map(stretchOf), ...(rewind ? [rewind] : [])];
    const age = api.now() - at;
    const covered = stretches.some(({ from, to }) => from <= at && to > at + FIRST_NUDGE);
    if (covered && age > LIVE_WITHIN) {
      // It is coded otherwise from somewhere near on, or cannot be read: past that place the server begins anew.
      this.#nudge = this.#nudge === 0 ? FIRST_NUDGE : this.#nudge * 2;
      return micros(at + this.#nudge);
    }
    const starts = stretches.map(({ from }) => from).filter((from) => from > at);
    if (starts.length > 0) return micros(Math.min(...starts) + 1_000);
    const newest = stretches.map(({ to }) => to);
    const last = newest.length > 0 ? micros(Math.max(...newest)) : undefined;
    if (age < LIVE_WITHIN) await this.#waitForMore(last);
    else {
      handle({ kind: 'edge', edge: 'end', last });
      await this.#wait(LOOK_AT_END_MS);
    }
    return at;
  }

  /** This is now. The less is ahead of the playhead, the sooner more is asked for. */
  async #waitForMore(last: Micros | undefined): Promise<void> {
    const { ahead, rate, handle } = this.#options;
    handle({ kind: 'edge', edge: 'live', last });
    const halfMs = (ahead() * 500) / rate();
    await this.#wait(Math.min(LOOK_AT_END_MS, Math.max(SHORTEST_LIVE_WAIT_MS, halfMs)));
  }

  /** @returns whether to try again */
  async #failed(thrown: unknown): Promise<boolean> {
    const { handle } = this.#options;
    // Anything else is a fault of ours.
    if (!(thrown instanceof PinholeError) && !(thrown instanceof MalformedError)) throw thrown;
    const { code, message: reason } = thrown;
    if (thrown instanceof RecordingsError && thrown.refused) {
      handle({ kind: 'refused', code, reason });
      return false;
    }
    const asked = thrown instanceof RecordingsError ? (thrown.retryAfterMs ?? 0) : 0;
    const nextInMs = millis(Math.max(asked, this.#backoff.next()));
    handle({ kind: 'trouble', trouble: { code, reason, tries: this.#backoff.tries, nextInMs } });
    await this.#wait(nextInMs);
    return true;
  }

  async #wait(ms: number): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#wake = new AbortController();
    await pause(ms, this.#wake.signal);
    this.#wake = undefined;
  }
}

const isPlayable = ({ state }: Recording): boolean =>
  state === 'complete' || state === 'cut' || state === 'recording';

const stretchOf = ({ start, end }: Recording): NonNullable<CameraRecording['rewind']> => ({
  from: start,
  to: end,
  bytes: 0,
});
