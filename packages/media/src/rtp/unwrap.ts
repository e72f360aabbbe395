import { type Ticks90k, ticks90k } from '@pinhole/core';

/** Carries a counter of `modulus` on past its wrap: each value is taken as the one nearest to the last. */
class Unwrapper {
  readonly #modulus: number;
  #last: number | undefined;

  constructor(modulus: number) {
    this.#modulus = modulus;
  }

  next(value: number): number {
    if (this.#last === undefined) {
      this.#last = value;
      return value;
    }
    const modulus = this.#modulus;
    const ahead = (((value - this.#last) % modulus) + modulus) % modulus;
    const unwrapped = this.#last + (ahead < modulus / 2 ? ahead : ahead - modulus);
    this.#last = unwrapped;
    return unwrapped;
  }
}

/**
 * RTP sequence numbers (16 bits) as numbers that go on rising. A packet that comes late gets the smaller number it
 * would have had; before the first one, that is negative.
 */
export class SequenceUnwrapper {
  readonly #unwrapper = new Unwrapper(2 ** 16);

  /** The number of this packet, in the count that began with the first one's own. */
  unwrap(sequence: number): number {
    return this.#unwrapper.next(sequence);
  }
}

/** RTP time stamps (32 bits of 90 kHz, wrapping after 13 h 15 min) as ticks that go on rising, and fall for B-frames. */
export class TimestampUnwrapper {
  readonly #unwrapper = new Unwrapper(2 ** 32);

  /** Ticks of this packet, in the count that began with the first one's own. */
  unwrap(timestamp: number): Ticks90k {
    return ticks90k(this.#unwrapper.next(timestamp));
  }
}
