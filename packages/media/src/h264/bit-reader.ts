import { MalformedError } from '@pinhole/core';

/**
 * A bounds-checked cursor over the bits of an RBSP (emulation prevention already removed), most significant bit first.
 *
 * @throws {MalformedError} `h264/truncated` from every read that would pass the end, `h264/exp-golomb` from a code
 *   longer than any value the standard allows.
 * @see H.264 §7.2, §9.1
 */
export class BitReader {
  readonly #bytes: Uint8Array;
  readonly #endBit: number;
  #at = 0;

  constructor(rbsp: Uint8Array) {
    this.#bytes = rbsp;
    this.#endBit = rbsp.byteLength * 8;
  }

  /** Offset of the next bit to be read. */
  get offset(): number {
    return this.#at;
  }

  /** Bits left, the trailing bits of the RBSP included. */
  get remaining(): number {
    return this.#endBit - this.#at;
  }

  /** Reads one bit. */
  flag(): boolean {
    return this.u(1) === 1;
  }

  /** Reads an unsigned integer of `bits` bits, 0…32: `u(n)`. */
  u(bits: number): number {
    if (bits > this.remaining) {
      throw new MalformedError(
        'h264/truncated',
        `${bits} bits wanted at bit ${this.#at} of ${this.#endBit}: the NAL unit ends too early`,
      );
    }
    let value = 0;
    for (let left = bits; left > 0; ) {
      const free = 8 - (this.#at & 7);
      const take = Math.min(free, left);
      const byte = this.#bytes[this.#at >>> 3] ?? 0;
      value = value * 2 ** take + ((byte >> (free - take)) & (2 ** take - 1));
      this.#at += take;
      left -= take;
    }
    return value;
  }

  /** Reads an unsigned Exp-Golomb code, 0…2^32 - 2: `ue(v)`. */
  ue(): number {
    const start = this.#at;
    let zeros = 0;
    while (!this.flag()) {
      zeros++;
      if (zeros > 31)
        throw new MalformedError('h264/exp-golomb', `more than 31 leading zero bits at bit ${start}`);
    }
    return 2 ** zeros - 1 + this.u(zeros);
  }

  /** Reads a signed Exp-Golomb code: `se(v)`. */
  se(): number {
    const code = this.ue();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2 + 0;
  }

  /** Passes over `bits` bits. */
  skip(bits: number): void {
    if (bits > this.remaining) {
      throw new MalformedError(
        'h264/truncated',
        `${bits} bits to skip at bit ${this.#at} of ${this.#endBit}`,
      );
    }
    this.#at += bits;
  }

  /** There is more before the stop bit and the zero bits that end an RBSP: `more_rbsp_data()`. */
  hasMoreSyntax(): boolean {
    let last = this.#bytes.byteLength - 1;
    while (last >= 0 && this.#bytes[last] === 0) last--;
    if (last < 0) return false;
    const byte = this.#bytes[last] as number;
    const stopBit = last * 8 + 7 - Math.log2(byte & -byte);
    return this.#at < stopBit;
  }
}
