import { MalformedError } from '@pinhole/core';

/** A length takes at most so many bytes. @see MQTT 5 §1.5.5 */
const MAX_LENGTH_BYTES = 4;

/**
 * Cuts a byte stream into packets, each whole. Holds at most one packet that is not whole yet, and knows from its first
 * five bytes whether it is too large.
 */
export class PacketFrames {
  readonly #maxBytes: number;
  /** The beginning of a packet is in the first `#length` bytes. */
  #held: Uint8Array = new Uint8Array(0);
  #length = 0;

  constructor(options: { readonly maxBytes: number }) {
    this.#maxBytes = options.maxBytes;
  }

  /**
   * Takes the next bytes, which become the receiver's own.
   * @yields whole packets, as views
   * @throws {MalformedError} `mqtt/oversized`, `mqtt/malformed`; nothing may be taken after that
   */
  *take(bytes: Uint8Array): Generator<Uint8Array, void, void> {
    const all = this.#length === 0 ? bytes : this.#append(bytes);
    let start = 0;
    for (let size = this.#sizeOf(all); size !== undefined && start + size <= all.byteLength; ) {
      const packet = all.subarray(start, start + size);
      start += size;
      yield packet;
      size = this.#sizeOf(all.subarray(start));
    }
    if (start === 0 && this.#length > 0) return;
    // A copy, as a view of a few bytes would hold all that came with them.
    this.#held = all.slice(start);
    this.#length = this.#held.byteLength;
  }

  /** Room doubles, so that a packet which comes byte by byte is not copied once a byte. */
  #append(bytes: Uint8Array): Uint8Array {
    const length = this.#length + bytes.byteLength;
    if (length > this.#held.byteLength) {
      const roomier = new Uint8Array(Math.max(length, 2 * this.#held.byteLength));
      roomier.set(this.#held.subarray(0, this.#length));
      this.#held = roomier;
    }
    this.#held.set(bytes, this.#length);
    this.#length = length;
    return this.#held.subarray(0, length);
  }

  /** @returns the whole length of the first packet; undefined when that is not there yet. */
  #sizeOf(bytes: Uint8Array): number | undefined {
    let length = 0;
    for (let index = 1; index <= MAX_LENGTH_BYTES; index++) {
      const byte = bytes[index];
      if (byte === undefined) return undefined;
      length += (byte & 0x7f) * 128 ** (index - 1);
      if (byte < 0x80) return this.#within(1 + index + length);
    }
    throw new MalformedError('mqtt/malformed', 'a packet length of more than four bytes');
  }

  #within(size: number): number {
    if (size <= this.#maxBytes) return size;
    throw new MalformedError('mqtt/oversized', `a packet of ${size} bytes; ${this.#maxBytes} are taken`);
  }
}
