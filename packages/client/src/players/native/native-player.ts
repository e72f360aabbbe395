import type { Micros } from '@pinhole/core';
import type { PlayerEvent } from '../player.ts';
import { createVideo, play } from '../video-element.ts';
import { watchFrames } from '../video-frames.ts';

/** What a native player needs. */
export interface NativePlayerOptions {
  readonly handle: (event: PlayerEvent) => void;
  /** Capture time of the frame with this RTP timestamp, as far as it is known. */
  readonly captureTime: (rtpTimestamp: number) => Micros | undefined;
}

/** Shows a WebRTC stream in a video element; the browser decodes. */
export class NativePlayer {
  readonly element: HTMLVideoElement;
  readonly #options: NativePlayerOptions;
  #painted = 0;
  #unwatch: (() => void) | undefined;
  #unblock: (() => void) | undefined;

  constructor(options: NativePlayerOptions) {
    this.#options = options;
    this.element = createVideo();
  }

  /** Frames that reached the screen. */
  get painted(): number {
    return this.#painted;
  }

  /** Shows a stream from now on. */
  play(stream: MediaStream): void {
    this.element.srcObject = stream;
    this.#unwatch ??= watchFrames(this.element, ({ shownAt, width, height, rtpTimestamp }) => {
      this.#painted++;
      const captureTime = rtpTimestamp === undefined ? undefined : this.#options.captureTime(rtpTimestamp);
      const frame = { paintedAt: shownAt, width, height };
      this.#options.handle({
        kind: 'painted',
        frame: captureTime === undefined ? frame : { ...frame, captureTime },
      });
    });
    this.resume();
  }

  /** Plays on: after the page was hidden the browser may have paused it. */
  resume(): void {
    this.#unblock ??= play(this.element, () => this.#options.handle({ kind: 'blocked' }));
  }

  /** Stops watching; the last picture stays on the element. May be called again. */
  close(): void {
    this.#unwatch?.();
    this.#unblock?.();
  }
}
