import { MalformedError } from './errors.ts';

/**
 * A bounds-checked cursor over bytes, big-endian as everything on a network is.
 *
 * @throws {MalformedError} `bytes/too-short` from every read that would pass the end; the cursor then stays where it was.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Offset of the next byte to be read. */
  get offset(): number {
    return this.#at;
  }

  /** Bytes left. */
  get remaining(): number {
    return this.#bytes.byteLength - this.#at;
  }

  /** Reads an unsigned byte. */
  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** Reads an unsigned 16-bit integer. */
  u16(): number {
    return this.#view.getUint16(this.#advance(2));
  }

  /** Reads an unsigned 24-bit integer. */
  u24(): number {
    const at = this.#advance(3);
    return this.#view.getUint16(at) * 256 + this.#view.getUint8(at + 2);
  }

  /** Reads an unsigned 32-bit integer. */
  u32(): number {
    return this.#view.getUint32(this.#advance(4));
  }

  /** Reads an unsigned 64-bit integer as a number; exact up to 2^53. */
  u64(): number {
    const at = this.#advance(8);
    return this.#view.getUint32(at) * 2 ** 32 + this.#view.getUint32(at + 4);
  }

  /** Reads `length` bytes; a view, not a copy. */
  bytes(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Reads all that is left; a view, not a copy. */
  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** Passes over `length` bytes. */
  skip(length: number): void {
    this.#advance(length);
  }

  #advance(length: number): number {
    const at = this.#at;
    if (length < 0 || at + length > this.#bytes.byteLength) {
      throw new MalformedError(
        'bytes/too-short',
        `${length} bytes wanted at offset ${at} of ${this.#bytes.byteLength}`,
      );
    }
    this.#at = at + length;
    return at;
  }
}
