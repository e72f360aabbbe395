import { decodeUtf8, MalformedError } from '@pinhole/core';

/** How a field's value is written. */
export const WIRE = { varint: 0, i64: 1, length: 2, i32: 5 } as const;

/**
 * A cursor over the fields of one protobuf message.
 * @throws {MalformedError} `picamera/packet` from every read of what is cut off, too large or none of protobuf
 * @see Protocol Buffers, Encoding
 */
export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next field, whose value is to be read or skipped; undefined at the end. */
  next(): { readonly field: number; readonly wire: number } | undefined {
    if (this.#at >= this.#bytes.byteLength) return undefined;
    const tag = this.#varint().low;
    const field = tag >>> 3;
    if (field === 0) throw new MalformedError('picamera/packet', 'a field has the number 0');
    return { field, wire: tag & 7 };
  }

  /** A bool, or an unsigned or enumerated value cut to 32 bits as protobuf has it. */
  uint32(): number {
    return this.#varint().low;
  }

  /** An unsigned value up to 2^53 - 1. */
  uint64(): number {
    const { low, high } = this.#varint();
    if (high >= 2 ** 21) throw new MalformedError('picamera/packet', 'a number is above 2^53');
    return high * 2 ** 32 + low;
  }

  /** Bytes; a view, not a copy. */
  bytes(): Uint8Array {
    const { low: length, high } = this.#varint();
    return this.#take(high === 0 ? length : Number.POSITIVE_INFINITY);
  }

  /** Text; each byte that fits no character is U+FFFD. */
  string(): string {
    return decodeUtf8(this.bytes());
  }

  /** Passes over the value of a field that nobody knows. */
  skip(wire: number): void {
    if (wire === WIRE.varint) this.#varint();
    else if (wire === WIRE.i64) this.#take(8);
    else if (wire === WIRE.length) this.bytes();
    else if (wire === WIRE.i32) this.#take(4);
    else throw new MalformedError('picamera/packet', `a field has the wire type ${wire}`);
  }

  #varint(): { readonly low: number; readonly high: number } {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new MalformedError('picamera/packet', 'a number is cut off');
      this.#at++;
      const group = byte & 0x7f;
      if (shift < 28) low |= group << shift;
      else if (shift === 28) {
        low |= (group & 0xf) << 28;
        high = group >> 4;
      } else if (shift < 63) high |= group << (shift - 32);
      else high |= (group & 1) << 31;
      if (byte < 0x80) return { low: low >>> 0, high: high >>> 0 };
    }
    throw new MalformedError('picamera/packet', 'a number has more than ten bytes');
  }

  #take(length: number): Uint8Array {
    const left = this.#bytes.byteLength - this.#at;
    if (length > left)
      throw new MalformedError('picamera/packet', `${length} bytes are announced, ${left} are left`);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }
}
