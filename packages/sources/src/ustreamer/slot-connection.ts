import { type Abort, MalformedError, type Millis, micros, millis } from '@pinhole/core';
import {
  clockSeconds,
  nativeSlotLayout,
  peekSlot,
  type SlotEnd,
  type SlotFrame,
  SlotReader,
  type SlotReaderCounters,
  slotFile,
} from '@pinhole/native';
import {
  identifySlot,
  parseSlotHeader,
  realKindOf,
  type SlotFrameHeader,
  type SlotLayout,
} from '@pinhole/protocol/memsink';
import type { SourceClock } from '../clock.ts';
import { sleep } from '../sleep.ts';
import { QuietWatch } from './quiet-watch.ts';
import { whyNotOpen } from './slot-file.ts';
import { UstreamerError } from './ustreamer-error.ts';
import { likelySeconds, type TakenAt } from './writer-times.ts';

/** How a slot is read. */
export interface SlotConnectionOptions {
  readonly name: string;
  /** How often the slot is looked at, in microseconds. */
  readonly pollMicros: number;
  /** Without a frame for so long the run says why. */
  readonly stallMs: Millis;
  readonly clock: SourceClock;
}

/** A frame that was taken out of a slot. */
export interface TakenFrame {
  readonly header: SlotFrameHeader;
  readonly data: Uint8Array;
  readonly taken: TakenAt;
  /** Frames before it were lost on the way. */
  readonly afterLoss: boolean;
}

/** Where what comes goes. */
export interface SlotRun {
  readonly signal: Abort;
  readonly opened: (layout: SlotLayout) => void;
  readonly frame: (frame: TakenFrame) => void;
  /** No frame came for too long; told again and again while that is so. */
  readonly quiet: (why: UstreamerError) => void;
}

/** So often a slot is looked at into which nothing was written yet. */
const LOOK_MS = millis(100);

const NOTHING: SlotReaderCounters = { frames: 0, busy: 0, truncated: 0, dropped: 0, cpuMicros: 0 };

/** One slot, from the moment when it is there to the moment when its name means another. */
export class SlotConnection {
  readonly #options: SlotConnectionOptions;
  #reader: SlotReader | undefined;
  #past = NOTHING;
  #lost = 0;
  /** Frames whose header makes no sense. */
  malformed = 0;

  constructor(options: SlotConnectionOptions) {
    this.#options = options;
  }

  /** Of all runs together. */
  get counters(): SlotReaderCounters {
    const now = this.#reader?.counters ?? NOTHING;
    const sum = (name: keyof SlotReaderCounters): number => this.#past[name] + now[name];
    return {
      frames: sum('frames'),
      busy: sum('busy'),
      truncated: sum('truncated'),
      dropped: sum('dropped'),
      cpuMicros: sum('cpuMicros'),
    };
  }

  /** Asks the writer for a key frame. */
  requestKey(): void {
    this.#reader?.requestKey();
  }

  /** Reads until the slot is another one, or cannot be read; then nothing of it is left. Never throws. */
  async run(run: SlotRun): Promise<UstreamerError | SlotEnd | 'aborted'> {
    const layout = await this.#identify(run);
    if (layout instanceof UstreamerError || layout === 'aborted') return layout;
    return await this.#read(layout, run);
  }

  /** Waits for the first frame that anybody writes. */
  async #identify({ signal, quiet }: SlotRun): Promise<SlotLayout | UstreamerError | 'aborted'> {
    const { name, clock, stallMs } = this.#options;
    const watch = new QuietWatch({ name, clock, limitMs: stallMs, quiet });
    try {
      while (!signal.aborted) {
        const layout = this.#peek();
        if (layout instanceof UstreamerError) return layout;
        if (layout !== undefined) return layout;
        await sleep(LOOK_MS, { clock, signal });
      }
      return 'aborted';
    } catch (thrown) {
      return await whyNotOpen(name, thrown);
    } finally {
      watch.stop();
    }
  }

  /** @throws {PinholeError} `native/*` */
  #peek(): SlotLayout | UstreamerError | undefined {
    const { name } = this.#options;
    const { prefix, size } = peekSlot(name);
    try {
      return identifySlot(prefix, size);
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      // Whoever makes it has not sized it yet.
      if (thrown.code === 'memsink/too-short') return undefined;
      const why = `${slotFile(name)}: ${thrown.message}; Pinhole reads what µStreamer 3.6 to 6.62 write`;
      return new UstreamerError('source/unknown-slot', why, { cause: thrown });
    }
  }

  async #read(layout: SlotLayout, run: SlotRun): Promise<UstreamerError | SlotEnd | 'aborted'> {
    const { name, pollMicros, clock, stallMs } = this.#options;
    const { signal, quiet } = run;
    const real = realKindOf(layout.abi, process.arch);
    const watch = new QuietWatch({ name, clock, limitMs: stallMs, quiet });
    let abort = (): void => {};
    try {
      this.#lost = 0;
      const end = await new Promise<SlotEnd | 'aborted'>((ended) => {
        abort = () => ended('aborted');
        signal.addEventListener('abort', abort);
        const take = (frame: SlotFrame): void => {
          if (signal.aborted) return;
          const taken = this.#taken(frame, { header: parse(frame), clock: layout.clock });
          if (taken === undefined) return;
          watch.feed();
          run.frame(taken);
        };
        const parse = ({ header }: SlotFrame) => parseSlotHeader(header, layout, real);
        this.#reader = new SlotReader({
          name,
          layout: nativeSlotLayout(layout, real),
          pollMicros,
          frame: (frame) => {
            try {
              take(frame);
            } catch (thrown) {
              if (!(thrown instanceof MalformedError)) throw thrown;
              this.malformed++;
            }
          },
          ended,
        });
        run.opened(layout);
        if (signal.aborted) abort();
      });
      return end;
    } catch (thrown) {
      return await whyNotOpen(name, thrown);
    } finally {
      watch.stop();
      signal.removeEventListener('abort', abort);
      this.#past = this.counters;
      this.#reader?.close();
      this.#reader = undefined;
    }
  }

  #taken(
    { data, writerSeconds, seconds }: SlotFrame,
    { header, clock }: { readonly header: SlotFrameHeader; readonly clock: SlotLayout['clock'] },
  ): TakenFrame | undefined {
    const { dropped, truncated } = this.#reader?.counters ?? NOTHING;
    const lost = dropped + truncated;
    const afterLoss = lost > this.#lost;
    this.#lost = lost;
    // It waited for this thread since it was taken.
    const waited = clockSeconds('monotonic') - seconds;
    const utc = micros(Math.round(this.#options.clock.utcNow() - waited * 1e6));
    const byWriter =
      clock === 'either' ? likelySeconds(header.grabbedSeconds, [writerSeconds, seconds]) : writerSeconds;
    return { header, data, taken: { writerSeconds: byWriter, utc }, afterLoss };
  }
}
