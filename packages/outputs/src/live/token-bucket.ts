import type { Micros } from '@pinhole/core';

/** Lets `burst` things through at once and `perSecond` of them in the long run. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #at: Micros;

  constructor(options: { readonly burst: number; readonly perSecond: number; readonly now: Micros }) {
    this.#burst = options.burst;
    this.#perSecond = options.perSecond;
    this.#tokens = options.burst;
    this.#at = options.now;
  }

  /** Takes one token. @returns whether there was one. */
  take(now: Micros): boolean {
    const earned = (Math.max(0, now - this.#at) / 1e6) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + earned);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
