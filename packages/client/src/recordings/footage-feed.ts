import { type Micros, micros, type Ticks90k } from '@pinhole/core';
import { FootageBuffer } from './footage-buffer.ts';
import type { FootageIndex } from './footage-index.ts';
import { FootageLoader, type LoaderEvent } from './footage-loader.ts';
import { pause } from './pause.ts';
import type { RecordingsApi } from './recordings-api.ts';

/** What a feed tells. */
export type FeedEvent =
  | LoaderEvent
  /** More pictures are loaded. */
  | { readonly kind: 'fragment' }
  /** What comes now is coded otherwise than what came before. */
  | { readonly kind: 'span'; readonly from: Micros; readonly contentType: string }
  /** The browser did something with what was appended. */
  | { readonly kind: 'updated' }
  /** The browser cannot go on with what was appended. */
  | { readonly kind: 'failed'; readonly thrown: unknown }
  /** The browser does not play what is coded like this. */
  | { readonly kind: 'unsupported'; readonly reason: string };

/** What a feed needs. */
export interface FootageFeedOptions {
  readonly api: RecordingsApi;
  readonly video: HTMLVideoElement;
  /** Where the playhead is; undefined while it waits for pictures of another time. */
  readonly playhead: () => Ticks90k | undefined;
  readonly rate: () => number;
  readonly handle: (event: FeedEvent) => void;
}

/** How far before the first picture the time line begins: within it, seeking back needs no other buffer. */
const BEFORE_ORIGIN = 7 * 86_400e6;
const LEAST_AHEAD_SECONDS = 10;
const MOST_AHEAD_SECONDS = 60;
const MOST_AHEAD_BYTES = 32 * 2 ** 20;
const TICKS = 90_000;
const LOOK_MS = 100;

/** Feeds a video element with footage from any time on: one buffer as long as it will do, one loader a time. */
export class FootageFeed {
  readonly #options: FootageFeedOptions;
  #buffer: FootageBuffer | undefined;
  #loader: FootageLoader | undefined;
  #origin = micros(0);
  #contentType: string | undefined;

  constructor(options: FootageFeedOptions) {
    this.#options = options;
  }

  /** What is loaded; nothing before the first `load`. */
  get index(): FootageIndex | undefined {
    return this.#buffer?.index;
  }

  /** Loads from a time on, in the place of all that is loaded. */
  load(time: Micros): void {
    this.#loader?.close();
    if (this.#buffer === undefined || time < this.#origin) {
      this.#buffer?.close();
      this.#origin = micros(Math.max(0, time - BEFORE_ORIGIN));
      this.#buffer = this.#createBuffer();
    } else this.#buffer.clear();
    const loader = this.#createLoader(this.#buffer, time);
    this.#loader = loader;
    // What is thrown there is a fault of ours.
    loader.run(time).catch(reportError);
  }

  /** Forgets what was shown long ago. */
  trim(): void {
    this.#buffer?.trim();
  }

  /** Asks again at once, if it waits to do so. */
  wake(): void {
    this.#loader?.wake();
  }

  /** Loads no more; what is loaded stays. */
  stop(): void {
    this.#loader?.close();
  }

  /** Takes everything off the element; `load` begins with another buffer. */
  reset(): void {
    this.stop();
    this.#buffer?.close();
    this.#buffer = undefined;
    this.#contentType = undefined;
  }

  #createBuffer(): FootageBuffer {
    const { video, handle } = this.#options;
    const buffer: FootageBuffer = new FootageBuffer({
      video,
      updated: () => handle({ kind: 'updated' }),
      failed: (thrown) => buffer === this.#buffer && handle({ kind: 'failed', thrown }),
    });
    return buffer;
  }

  #createLoader(buffer: FootageBuffer, time: Micros): FootageLoader {
    const { api, playhead, rate, handle } = this.#options;
    const { index } = buffer;
    const ahead = (): number => {
      const at = playhead();
      return at === undefined || index.end === undefined ? 0 : (index.end - at) / TICKS;
    };
    const isFull = (): boolean => {
      const at = playhead();
      return buffer.full || (at !== undefined && index.bytesAfter(at) > MOST_AHEAD_BYTES && ahead() > 1);
    };
    const loader: FootageLoader = new FootageLoader({
      api,
      origin: this.#origin,
      ahead,
      rate,
      wanted: () => Math.min(MOST_AHEAD_SECONDS, Math.max(LEAST_AHEAD_SECONDS, rate() * 5)),
      handle: (event) => this.#loader === loader && handle(event),
      sink: {
        index,
        init: (bytes, contentType) => this.#begin(buffer, { bytes, contentType, time }),
        fragment: (fragment) => {
          buffer.append(fragment);
          handle({ kind: 'fragment' });
        },
        room: async (signal) => {
          while (isFull() && !signal.aborted) await pause(LOOK_MS, signal);
        },
      },
    });
    return loader;
  }

  #begin(
    buffer: FootageBuffer,
    coding: { readonly bytes: Uint8Array; readonly contentType: string; readonly time: Micros },
  ): boolean {
    const { bytes, contentType, time } = coding;
    const { handle } = this.#options;
    const reason = FootageBuffer.problemOf(contentType);
    if (reason !== undefined) {
      this.stop();
      handle({ kind: 'unsupported', reason });
      return false;
    }
    if (!buffer.init(bytes, contentType)) return false;
    if (contentType !== this.#contentType) {
      this.#contentType = contentType;
      handle({ kind: 'span', from: buffer.index.reached ?? time, contentType });
    }
    return true;
  }
}
