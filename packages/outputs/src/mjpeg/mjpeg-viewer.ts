import { type Micros, micros, Pace } from '@pinhole/core';
import type { JpegPicture } from '@pinhole/engine';
import type { PictureFeed } from '../pictures/index.ts';
import { MULTIPART_START, multipartPart } from './multipart.ts';

/** What a viewer is made with. */
export interface MjpegViewerOptions {
  readonly feed: PictureFeed;
  readonly now: () => Micros;
  readonly counters: MjpegViewerCounters;
  /** The reader hung up. */
  readonly leave: () => void;
}

/** What viewers count. */
export interface MjpegViewerCounters {
  framesSent: number;
  bytesSent: number;
  picturesReplaced: number;
}

/** One reader of a row of pictures. One picture waits for it at most: a newer one takes the older one's place. */
export class MjpegViewer {
  /** The body of the response. */
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: MjpegViewerOptions;
  readonly #pace: Pace;
  readonly #stopListening: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #next: JpegPicture | undefined;
  #wake: (() => void) | undefined;
  /** Since when the reader has had something to take. */
  #waitingSince: Micros | undefined;
  #started = false;
  #ended = false;

  constructor(options: MjpegViewerOptions) {
    this.#options = options;
    const { feed, leave } = options;
    this.#pace = new Pace(feed.rate);
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => {
          // Cancelled is closed already.
          this.#controller = undefined;
          leave();
        },
      },
      // Nothing is taken from us before the socket has room for it.
      { highWaterMark: 0 },
    );
    this.#stopListening = feed.pictures.events.on('picture', (picture) => this.offer(picture));
  }

  /** Takes a picture to send, unless it comes too soon after the one before. */
  offer(picture: JpegPicture): void {
    if (this.#ended || !this.#pace.admits(picture.captureTime)) return;
    if (this.#next) this.#options.counters.picturesReplaced++;
    this.#next = picture;
    this.#waitingSince ??= this.#options.now();
    this.#wake?.();
  }

  /** Ends the body. May be called again. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopListening();
    this.#next = undefined;
    this.#wake?.();
    this.#controller?.close();
    this.#controller = undefined;
  }

  /** For how long the reader took nothing although something waited for it. */
  stalledFor(now: Micros): Micros {
    return micros(this.#waitingSince === undefined ? 0 : Math.max(0, now - this.#waitingSince));
  }

  async #pull(): Promise<void> {
    while (!this.#next && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const picture = this.#next;
    if (!picture) return;
    this.#next = undefined;
    this.#waitingSince = undefined;
    const { counters } = this.#options;
    counters.framesSent++;
    counters.bytesSent += picture.data.byteLength;
    this.#controller?.enqueue(joined(this.#started ? [] : [MULTIPART_START], multipartPart(picture)));
    this.#started = true;
  }
}

/** One chunk a picture: then what was pulled is one whole picture, and no reader is left with half of one in our hands. */
const joined = (...pieces: readonly (readonly Uint8Array[])[]): Uint8Array =>
  new Uint8Array(Buffer.concat(pieces.flat()));
