import { type Micros, micros } from '@pinhole/core';

const FIRST_INTERVAL_US = 33_333;
const LONGEST_INTERVAL_US = 1_000_000;

/**
 * Decoding times for pictures that come in decoding order with nothing but their presentation times. Where up to d
 * pictures are reordered, the n-th is decoded when the (n − d)-th in showing order is shown, and by then that one is
 * known (H.264 §C.4.5.3).
 */
export class DecodeTimes {
  readonly #reorderDepth: number;
  readonly #waiting: Micros[] = [];
  #intervalUs = FIRST_INTERVAL_US;
  #last: Micros | undefined;

  constructor(options: { readonly reorderDepth: number }) {
    this.#reorderDepth = options.reorderDepth;
  }

  /** The decoding time of the next picture; never after `pts`, never falling but where the source jumps back. */
  next(pts: Micros): Micros {
    const dts = this.#reorderDepth === 0 ? pts : this.#reordered(pts);
    const intervalUs = this.#last === undefined ? 0 : dts - this.#last;
    if (intervalUs > 0 && intervalUs < LONGEST_INTERVAL_US) {
      this.#intervalUs += 0.1 * (intervalUs - this.#intervalUs);
    }
    this.#last = dts;
    return dts;
  }

  #reordered(pts: Micros): Micros {
    const at = this.#waiting.findLastIndex((other) => other <= pts) + 1;
    this.#waiting.splice(at, 0, pts);
    const [first = pts] = this.#waiting;
    const missing = this.#reorderDepth - this.#waiting.length + 1;
    if (missing > 0) return micros(first - missing * this.#intervalUs);
    this.#waiting.shift();
    return first;
  }
}
