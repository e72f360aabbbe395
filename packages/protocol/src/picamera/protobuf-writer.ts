import { ByteWriter, encodeUtf8 } from '@pinhole/core';
import { WIRE } from './protobuf-reader.ts';

/**
 * Appends fields of one protobuf message, in the order of the calls. A field with its default value is left out, as
 * proto3 does.
 * @throws {RangeError} for a number that is not whole, negative, or above what the field takes
 * @see Protocol Buffers, Encoding
 */
export class ProtobufWriter {
  readonly #bytes: ByteWriter;

  constructor(capacityBytes = 64) {
    this.#bytes = new ByteWriter(capacityBytes);
  }

  /** An unsigned or enumerated value, or a bool as 0 or 1. */
  uint32(field: number, value: number): this {
    if (value > 0xffff_ffff) throw new RangeError(`${value} in a field of 32 bits`);
    return this.uint64(field, value);
  }

  uint64(field: number, value: number): this {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`${value} in a field of whole numbers`);
    if (value === 0) return this;
    this.#tag(field, WIRE.varint);
    this.#varint(value);
    return this;
  }

  string(field: number, text: string): this {
    return text === '' ? this : this.message(field, encodeUtf8(text));
  }

  bytes(field: number, bytes: Uint8Array): this {
    return bytes.byteLength === 0 ? this : this.message(field, bytes);
  }

  /** A message within this one, or a member of a oneof: written when empty too. */
  message(field: number, bytes: Uint8Array): this {
    this.#tag(field, WIRE.length);
    this.#varint(bytes.byteLength);
    this.#bytes.bytes(bytes);
    return this;
  }

  /** What was written; a view that later writes may leave behind. */
  finish(): Uint8Array {
    return this.#bytes.finish();
  }

  #tag(field: number, wire: number): void {
    this.#varint(field * 8 + wire);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes.u8((rest % 0x80) | 0x80);
    this.#bytes.u8(rest);
  }
}
