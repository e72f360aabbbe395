/** The length of a frame that stands before it. */
const PREFIX_BYTES = 2;

/** A datagram with its length before it, as it goes over TCP. @see RFC 4571 §2 */
export function frameOf(datagram: Uint8Array): Uint8Array {
  const frame = new Uint8Array(PREFIX_BYTES + datagram.byteLength);
  frame[0] = datagram.byteLength >> 8;
  frame[1] = datagram.byteLength & 0xff;
  frame.set(datagram, PREFIX_BYTES);
  return frame;
}

/** Cuts the bytes of a TCP connection into datagrams again; keeps one unfinished frame at most. */
export class FrameReader {
  /** How much of the prefix there is. */
  #prefixBytes = 0;
  #length = 0;
  /** The frame that is being filled, once its length is known. */
  #frame: Buffer | undefined;
  #filled = 0;

  /** Hands each frame that `bytes` completes to `take`, in memory of its own. */
  read(bytes: Uint8Array, take: (frame: Buffer) => void): void {
    for (let at = 0; at < bytes.byteLength; ) {
      if (!this.#frame) {
        this.#length = ((this.#length << 8) | (bytes[at++] ?? 0)) & 0xffff;
        if (++this.#prefixBytes < PREFIX_BYTES) continue;
        this.#frame = Buffer.allocUnsafe(this.#length);
        this.#filled = 0;
      }
      const frame = this.#frame;
      const part = bytes.subarray(at, at + frame.byteLength - this.#filled);
      frame.set(part, this.#filled);
      at += part.byteLength;
      this.#filled += part.byteLength;
      if (this.#filled < frame.byteLength) return;
      this.#frame = undefined;
      this.#prefixBytes = 0;
      // Nothing is in an empty one: some keep connections alive by it.
      if (frame.byteLength > 0) take(frame);
    }
  }
}
