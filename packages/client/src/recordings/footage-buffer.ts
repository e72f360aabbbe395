import { AppendQueue } from '../players/mse/append-queue.ts';
import {
  type AttachedMediaSource,
  attachMediaSource,
  mimeTypeOf,
  mseProblem,
} from '../players/mse/media-source.ts';
import type { FootageFragment } from './footage-fragment.ts';
import { FootageIndex } from './footage-index.ts';

/** What a buffer tells. */
export interface FootageBufferOptions {
  readonly video: HTMLVideoElement;
  /** After each operation of the browser's. */
  readonly updated: () => void;
  /** The browser cannot go on with it: rejected, or taken away. */
  readonly failed: (thrown: unknown) => void;
}

const TICKS = 90_000;
/** So much of what was shown is kept, to step back. */
const KEEP_SECONDS = 30;

/** What is loaded for a video element, in the browser and as an index; one media source from its making to `close`. */
export class FootageBuffer {
  readonly index = new FootageIndex();
  readonly #options: FootageBufferOptions;
  readonly #queue: AppendQueue;
  #source: AttachedMediaSource | undefined;
  #contentType = '';
  #header: Uint8Array | undefined;

  constructor(options: FootageBufferOptions) {
    this.#options = options;
    this.#queue = new AppendQueue({
      updated: options.updated,
      failed: options.failed,
      makeRoom: (buffer) => {
        this.#trim(1);
        return buffer.updating;
      },
      wantsMedia: () => this.#source?.wantsMedia() ?? false,
    });
  }

  /** Nothing more should be appended now. */
  get full(): boolean {
    return this.#queue.full;
  }

  /** Why this browser cannot play it, in words; `undefined` when it can. */
  static problemOf(contentType: string): string | undefined {
    return mseProblem(codecsOf(contentType));
  }

  /** Takes what comes before pictures. @returns false when it has other tracks than what came before */
  init(bytes: Uint8Array, contentType: string): boolean {
    if (this.#source === undefined) this.#attach(contentType);
    else if (tracksOf(contentType) !== tracksOf(this.#contentType)) return false;
    else if (isSame(bytes, this.#header)) return true;
    else if (contentType !== this.#contentType) this.#queue.changeType(mimeTypeOf(codecsOf(contentType)));
    this.#contentType = contentType;
    this.#header = bytes;
    this.#queue.append(bytes);
    return true;
  }

  /** Takes pictures. */
  append(fragment: FootageFragment): void {
    this.index.add(fragment);
    this.#queue.append(fragment.bytes);
  }

  /** Forgets all that is loaded. */
  clear(): void {
    this.index.clear();
    if (this.#source === undefined) return;
    this.#queue.clear();
    // What waited may have been the header.
    this.#header = undefined;
  }

  /** Forgets what was shown long ago. */
  trim(): void {
    this.#trim(KEEP_SECONDS);
  }

  /** Takes the media source off the element. May be called again. */
  close(): void {
    this.#queue.close();
    this.#source?.detach();
    this.#source = undefined;
  }

  #trim(keepSeconds: number): void {
    const { video } = this.#options;
    const start = this.index.forgetBefore((video.currentTime - keepSeconds) * TICKS);
    if (start !== undefined) this.#queue.trim(start / TICKS);
  }

  #attach(contentType: string): void {
    const { video, failed } = this.#options;
    this.#source = attachMediaSource(video, (event) => {
      const mediaSource = this.#source?.mediaSource;
      if (mediaSource === undefined) return;
      if (event === 'wants-media') this.#queue.resume();
      else if (event === 'closed') failed(new Error('the browser took the buffer away'));
      else {
        try {
          // An endless source is live to the browser: it shows a picture at once instead of filling a buffer first.
          mediaSource.duration = Number.POSITIVE_INFINITY;
          this.#queue.use(mediaSource.addSourceBuffer(mimeTypeOf(codecsOf(contentType))));
        } catch (thrown) {
          failed(thrown);
        }
      }
    });
  }
}

const codecsOf = (contentType: string): string => /codecs="([^"]*)"/.exec(contentType)?.[1] ?? '';
const tracksOf = (contentType: string): number => codecsOf(contentType).split(',').length;
const isSame = (a: Uint8Array, b: Uint8Array | undefined): boolean =>
  a.byteLength === b?.byteLength && a.every((byte, i) => byte === b[i]);
