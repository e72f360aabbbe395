import type { Millis } from '@pinhole/core';

/** After a pause a client may send as much at once as in so many seconds. */
const BURST_SECONDS = 4;

/** How many packets one client may send: a token bucket. */
export class PacketBudget {
  readonly #perSecond: number;
  #level: number;
  #at: Millis;

  constructor(options: { readonly perSecond: number; readonly now: Millis }) {
    this.#perSecond = options.perSecond;
    this.#level = BURST_SECONDS * options.perSecond;
    this.#at = options.now;
  }

  /** Takes one packet's worth. @returns false when there was none. */
  take(now: Millis): boolean {
    const refill = ((now - this.#at) / 1000) * this.#perSecond;
    this.#level = Math.min(BURST_SECONDS * this.#perSecond, this.#level + refill);
    this.#at = now;
    if (this.#level < 1) return false;
    this.#level--;
    return true;
  }
}
