import type {
  CameraRecording,
  FootageSpan,
  RecordedDay,
  Recording,
  RecordingsApi,
} from '@pinhole/client/recordings';
import { signal } from '@preact/signals';
import { spanOf, type TimeWindow } from './time-window.ts';

const STATE_EVERY_MS = 3_000;
const MAP_EVERY_MS = 3_000;
/** While somebody zooms, the map is asked for when the hand rests. */
const MAP_AFTER_MS = 180;
/** Single recordings are told apart within so long a window; further out they are too small to be seen. */
const FILES_WITHIN_MS = 24 * 3_600_000;
const MOST_FILES = 1_000;

type Time = CameraRecording['by'][number]['since'];
const microsOf = (ms: number): Time => Math.round(ms * 1000) as Time;

/** What of a stretch of time there is. */
export interface FootageInWindow {
  readonly window: TimeWindow;
  readonly spans: readonly FootageSpan[];
  /** Oldest first; empty where the window is too long to tell them apart. */
  readonly files: readonly Recording[];
}

/** Keeps knowing what is recorded of a camera, and what there is of the window that the timeline shows. */
export class RecordingWatch {
  /** Undefined until the server told. */
  readonly recording = signal<CameraRecording | undefined>(undefined);
  readonly footage = signal<FootageInWindow | undefined>(undefined);
  readonly days = signal<readonly RecordedDay[] | undefined>(undefined);
  /** Why the server does not tell, in words. */
  readonly fault = signal<string | undefined>(undefined);
  readonly #abort = new AbortController();
  #api: RecordingsApi | undefined;
  #window: TimeWindow | undefined;
  #mapTimer: ReturnType<typeof setTimeout> | undefined;
  #mapping: AbortController | undefined;

  /** Begins to ask. */
  open(api: RecordingsApi): void {
    this.#api = api;
    const { signal: aborted } = this.#abort;
    const timer = setInterval(() => void this.refreshState(), STATE_EVERY_MS);
    aborted.addEventListener('abort', () => clearInterval(timer));
    void this.refreshState();
    this.#mapSoon(0);
  }

  close(): void {
    this.#abort.abort();
    this.#mapping?.abort();
    clearTimeout(this.#mapTimer);
  }

  /** The timeline shows this now. */
  look(window: TimeWindow): void {
    this.#window = window;
    this.#mapSoon(MAP_AFTER_MS);
  }

  /** Something changed: asks for everything again. */
  refresh(): void {
    void this.refreshState();
    if (this.days.value !== undefined) void this.askDays();
    this.#mapSoon(0);
  }

  /** Asks which days have recordings. */
  async askDays(): Promise<void> {
    await this.#asking(async (api, options) => {
      this.days.value = await api.days(options);
    });
  }

  async refreshState(): Promise<void> {
    if (document.visibilityState === 'hidden') return;
    await this.#asking(async (api, options) => {
      this.recording.value = await api.state(options);
      this.fault.value = undefined;
    });
  }

  #mapSoon(ms: number): void {
    clearTimeout(this.#mapTimer);
    this.#mapTimer = setTimeout(() => void this.#map(), ms);
  }

  async #map(): Promise<void> {
    const window = this.#window;
    if (window === undefined || this.#abort.signal.aborted) return;
    this.#mapping?.abort();
    const mapping = new AbortController();
    this.#mapping = mapping;
    // Beyond the edges, so that what is moved into sight is there already.
    const half = spanOf(window) / 2;
    const range = { from: microsOf(Math.max(0, window.fromMs - half)), to: microsOf(window.toMs + half) };
    await this.#asking(async (api) => {
      const options = { signal: mapping.signal };
      const tellApart = spanOf(window) <= FILES_WITHIN_MS;
      const [{ spans }, page] = await Promise.all([
        api.footage(range, options),
        tellApart ? api.list({ ...range, limit: MOST_FILES }, options) : undefined,
      ]);
      this.footage.value = { window, spans, files: page?.recordings ?? [] };
    });
    if (!mapping.signal.aborted) this.#mapSoon(MAP_EVERY_MS);
  }

  async #asking(
    ask: (api: RecordingsApi, options: { readonly signal: AbortSignal }) => Promise<void>,
  ): Promise<void> {
    const { signal: aborted } = this.#abort;
    if (this.#api === undefined || aborted.aborted) return;
    try {
      await ask(this.#api, { signal: aborted });
    } catch (error) {
      if (aborted.aborted || (error instanceof DOMException && error.name === 'AbortError')) return;
      this.fault.value = error instanceof Error ? error.message : String(error);
    }
  }
}
