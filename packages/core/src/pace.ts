import { type Micros, micros } from './units.ts';

/** How much sooner than due a picture may come: those of a camera jitter. */
const EARLY = 0.2;

/** Lets through so many things a second of those that come faster, as evenly as they come. */
export class Pace {
  readonly #interval: number;
  #due = micros(Number.NEGATIVE_INFINITY);

  /** @param perSecond infinite for all of them */
  constructor(perSecond: number) {
    this.#interval = 1e6 / perSecond;
  }

  /** Whether the thing of this time passes. Times may fall: the count begins anew then. */
  admits(time: Micros): boolean {
    const steppedBack = this.#due - time > 2 * this.#interval;
    if (!steppedBack && time < this.#due - EARLY * this.#interval) return false;
    const onTime = !steppedBack && time < this.#due + this.#interval;
    this.#due = micros((onTime ? this.#due : time) + this.#interval);
    return true;
  }
}
