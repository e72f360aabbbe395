import type { Millis } from '@pinhole/core';

/** How much may come. */
export interface BudgetRate {
  readonly perSecond: number;
  /** How much at once after a pause. */
  readonly burst: number;
}

/** A token bucket: `burst` at once, `perSecond` in the long run. */
export class Budget {
  readonly #rate: BudgetRate;
  #level: number;
  #at: Millis;

  constructor(rate: BudgetRate, now: Millis) {
    this.#rate = rate;
    this.#level = rate.burst;
    this.#at = now;
  }

  /** Takes what a message costs. @returns milliseconds to wait when there is not enough, else undefined */
  take(cost: number, now: Millis): number | undefined {
    this.#refill(now);
    if (this.#level >= cost) {
      this.#level -= cost;
      return undefined;
    }
    return Math.ceil(((cost - this.#level) / this.#rate.perSecond) * 1000);
  }

  /** Takes what is there, and no more. */
  charge(cost: number, now: Millis): void {
    this.#refill(now);
    this.#level = Math.max(0, this.#level - cost);
  }

  /** Whether it is as if it were new. */
  isFull(now: Millis): boolean {
    this.#refill(now);
    return this.#level >= this.#rate.burst;
  }

  #refill(now: Millis): void {
    const earned = (Math.max(0, now - this.#at) / 1000) * this.#rate.perSecond;
    this.#level = Math.min(this.#rate.burst, this.#level + earned);
    this.#at = now;
  }
}
