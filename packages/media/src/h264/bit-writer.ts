/** An append-only bit buffer, most significant bit first: the RBSP of a NAL unit before emulation prevention. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #current = 0;
  #filled = 0;

  /** Bits written so far. */
  get length(): number {
    return this.#bytes.length * 8 + this.#filled;
  }

  /** Appends one bit. */
  flag(value: boolean): this {
    this.#current = (this.#current << 1) | (value ? 1 : 0);
    this.#filled++;
    if (this.#filled === 8) {
      this.#bytes.push(this.#current);
      this.#current = 0;
      this.#filled = 0;
    }
    return this;
  }

  /** Appends an unsigned integer in `bits` bits, 0…32: `u(n)`. */
  u(bits: number, value: number): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
      throw new RangeError(`${value} does not fit ${bits} bits`);
    }
    for (let bit = bits - 1; bit >= 0; bit--) this.flag(Math.floor(value / 2 ** bit) % 2 === 1);
    return this;
  }

  /** Appends an unsigned Exp-Golomb code, 0…2^32 - 2: `ue(v)`. */
  ue(value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > 2 ** 32 - 2) throw new RangeError(`ue(${value})`);
    const zeros = Math.floor(Math.log2(value + 1));
    return this.u(zeros, 0).u(zeros + 1, value + 1);
  }

  /** Appends a signed Exp-Golomb code: `se(v)`. */
  se(value: number): this {
    return this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** Appends the bits `from`…`to` (exclusive) of `bytes` as they are. */
  copy(bytes: Uint8Array, from: number, to: number): this {
    if (from < 0 || to > bytes.byteLength * 8)
      throw new RangeError(`bits ${from}…${to} of ${bytes.byteLength} bytes`);
    for (let bit = from; bit < to; bit++) this.flag((((bytes[bit >>> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1);
    return this;
  }

  /** Appends the stop bit and fills the last byte: `rbsp_trailing_bits()`. */
  trailingBits(): this {
    this.flag(true);
    while (this.#filled !== 0) this.flag(false);
    return this;
  }

  /** What was written, the last byte filled with zero bits; a copy. */
  finish(): Uint8Array {
    const whole = Uint8Array.from(this.#bytes);
    if (this.#filled === 0) return whole;
    const bytes = new Uint8Array(whole.byteLength + 1);
    bytes.set(whole);
    bytes[whole.byteLength] = this.#current << (8 - this.#filled);
    return bytes;
  }
}
