import { type Micros, micros } from '@pinhole/core';

const DEEPEST_REORDERING = 16; // max_num_reorder_frames cannot be more (H.264 §E.2.1)

/**
 * Dates decoding for inputs that date showing only (RTP). Pictures come in decoding order, so the decoding times are
 * the showing times in rising order, as many pictures late as the order differs at most. That depth is learnt: at the
 * first picture that is shown before one already dated, decoding time stands still for a moment rather than falls.
 */
export class DecodeClock {
  readonly #waiting: number[] = [];
  #depth = 0;
  #newest = Number.NEGATIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  /** The decoding time of the next picture in decoding order, which is shown at `pts`. */
  date(pts: Micros): Micros {
    if (pts < this.#newest) {
      const later = this.#waiting.filter((waiting) => waiting > pts).length;
      this.#depth = Math.min(DEEPEST_REORDERING, Math.max(this.#depth, later, 1));
    }
    this.#newest = Math.max(this.#newest, pts);
    this.#waiting.push(pts);
    this.#waiting.sort((a, b) => a - b);
    while (this.#waiting.length > this.#depth + 1) this.#waiting.shift();
    this.#last = Math.max(this.#last, this.#waiting[0] ?? pts);
    return micros(this.#last);
  }
}
