/** An append-only byte buffer that grows by doubling, big-endian as everything on a network is. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#bytes = new Uint8Array(capacityBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** Appends an unsigned byte. */
  u8(value: number): this {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
    return this;
  }

  /** Appends an unsigned 16-bit integer. */
  u16(value: number): this {
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
    return this;
  }

  /** Appends an unsigned 24-bit integer. */
  u24(value: number): this {
    const at = this.#grow(3);
    this.#view.setUint16(at, value >>> 8);
    this.#view.setUint8(at + 2, value & 0xff);
    return this;
  }

  /** Appends an unsigned 32-bit integer. */
  u32(value: number): this {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
    return this;
  }

  /** Appends a signed 32-bit integer. */
  i32(value: number): this {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
    return this;
  }

  /** Appends an unsigned 64-bit integer given as a number below 2^53. */
  u64(value: number): this {
    const at = this.#grow(8);
    this.#view.setUint32(at, Math.floor(value / 2 ** 32));
    this.#view.setUint32(at + 4, value % 2 ** 32);
    return this;
  }

  /** Appends a copy of `bytes`. */
  bytes(bytes: Uint8Array): this {
    const at = this.#grow(bytes.byteLength);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** Overwrites four bytes already written, for lengths known only later. */
  patchU32(offset: number, value: number): this {
    if (offset + 4 > this.#length) throw new RangeError(`patch at ${offset} beyond ${this.#length} bytes`);
    this.#view.setUint32(offset, value);
    return this;
  }

  /** What was written; a view that later writes may leave behind. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): number {
    const at = this.#length;
    const end = at + length;
    if (end > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.byteLength * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = end;
    return at;
  }
}
