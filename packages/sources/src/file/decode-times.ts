import { type Micros, micros } from '@pinhole/core';
import type { ClipPicture, TimedPicture } from './clip.ts';
import { MAX_REORDER_PICTURES } from './display-order.ts';

/** Half of it is certain to have its neighbours in view, so that its times are final. */
const LOOKAHEAD_PICTURES = 2 * MAX_REORDER_PICTURES;

/**
 * Finds when each picture is to be decoded from when the pictures are shown: the n-th to be decoded is decoded when the
 * n-th is shown, less one delay for all, so that none is shown before it was decoded. That is what muxers write down
 * and readers of containers do not pass on; without B-frames it is `pts` itself.
 */
export class DecodeTimes {
  readonly #queue: ClipPicture[] = [];
  /** Times of display of the queue, rising. */
  readonly #shown: Micros[] = [];
  #delay = 0;
  #last = micros(Number.NEGATIVE_INFINITY);

  /** Takes the next picture in decoding order. @returns the one whose times are known now, if any. */
  push(picture: ClipPicture): TimedPicture | undefined {
    this.#queue.push(picture);
    const at = this.#shown.findLastIndex((pts) => pts <= picture.pts) + 1;
    this.#shown.splice(at, 0, picture.pts);
    return this.#queue.length > LOOKAHEAD_PICTURES ? this.#take() : undefined;
  }

  /** @yields the rest, at the end of the file. */
  *flush(): Generator<TimedPicture, void, void> {
    for (let next = this.#take(); next !== undefined; next = this.#take()) yield next;
  }

  #take(): TimedPicture | undefined {
    const certain = Math.min(this.#queue.length, MAX_REORDER_PICTURES);
    for (let i = 0; i < certain; i++) {
      this.#delay = Math.max(this.#delay, (this.#shown[i] ?? 0) - (this.#queue[i]?.pts ?? 0));
    }
    const picture = this.#queue.shift();
    const shown = this.#shown.shift();
    if (picture === undefined || shown === undefined) return undefined;
    this.#last = micros(Math.max(this.#last, shown - this.#delay));
    return { ...picture, dts: this.#last };
  }
}
