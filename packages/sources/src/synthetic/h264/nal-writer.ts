import type { PackedCode } from './cavlc-tables.ts';

/**
 * Writes an Annex B byte stream bit by bit: start codes, and emulation-prevention bytes as it goes, so that a picture
 * is written once and never copied on the way.
 *
 * @see H.264 §7.3.1, Annex B
 */
export class NalWriter {
  #bytes: Uint8Array = new Uint8Array(16_384);
  #length = 0;
  #zeros = 0;
  #accumulator = 0;
  #pendingBits = 0;

  /** Begins a NAL unit with its start code and first byte. */
  begin(header: number): void {
    this.#reserve();
    this.#bytes.set([0, 0, 0, 1, header], this.#length);
    this.#length += 5;
    this.#zeros = 0;
  }

  /** Appends an unsigned integer in `bits` bits, 0…24: `u(n)`. */
  u(bits: number, value: number): void {
    this.#accumulator = (this.#accumulator << bits) | value;
    this.#pendingBits += bits;
    if (this.#pendingBits >= 8) this.#flush();
  }

  /** Appends an unsigned Exp-Golomb code: `ue(v)`, up to 2^24 - 2. */
  ue(value: number): void {
    const bits = 32 - Math.clz32(value + 1);
    this.u(bits - 1, 0);
    this.u(bits, value + 1);
  }

  /** Appends a signed Exp-Golomb code: `se(v)`. */
  se(value: number): void {
    this.ue(value > 0 ? 2 * value - 1 : -2 * value);
  }

  /** Appends a code of a table. */
  code(code: PackedCode | undefined): void {
    if (code === undefined) throw new Error('no such code in the table');
    this.u(code >>> 24, code & 0xffffff);
  }

  /** Ends a NAL unit: `rbsp_trailing_bits()`. */
  end(): void {
    this.u(1, 1);
    if (this.#pendingBits > 0) this.u(8 - this.#pendingBits, 0);
  }

  /** All NAL units since the last call; a copy that the caller owns. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  #flush(): void {
    this.#reserve();
    while (this.#pendingBits >= 8) {
      this.#pendingBits -= 8;
      const byte = (this.#accumulator >>> this.#pendingBits) & 0xff;
      if (this.#zeros === 2 && byte <= 3) {
        this.#bytes[this.#length++] = 3;
        this.#zeros = 0;
      }
      this.#bytes[this.#length++] = byte;
      this.#zeros = byte === 0 ? this.#zeros + 1 : 0;
    }
    this.#accumulator &= 0xff;
  }

  #reserve(): void {
    if (this.#length + 16 <= this.#bytes.byteLength) return;
    const larger = new Uint8Array(this.#bytes.byteLength * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
