import type { Millis } from '@pinhole/core';

/** How many units may be inside a decoder that holds nothing back: one at work, and what waits in the queue. */
const UNITS_IN_FLIGHT = 4;
/** With B-frames a decoder has to hold back as many as are reordered. */
const REORDERED_UNITS = 4;
/** A burst of cached units passes in less. */
const PATIENCE_MS = 1_000;

/**
 * Notices a decoder that keeps pictures back. Some hardware decoders hold 8 to 25 of them, or a whole group of
 * pictures, whatever they are told (w3c/webcodecs #732).
 */
export class DecodeLag {
  readonly #allowed: number;
  #since: Millis | undefined;

  constructor(options: { readonly bFrames: boolean }) {
    this.#allowed = UNITS_IN_FLIGHT + (options.bFrames ? REORDERED_UNITS : 0);
  }

  /** Takes the number of units that went in and did not come out; true once it has been too high for a second. */
  observe(unitsInFlight: number, now: Millis): boolean {
    if (unitsInFlight <= this.#allowed) this.#since = undefined;
    else this.#since ??= now;
    return this.#since !== undefined && now - this.#since >= PATIENCE_MS;
  }

  /** Starts over: another decoder. */
  reset(): void {
    this.#since = undefined;
  }
}
