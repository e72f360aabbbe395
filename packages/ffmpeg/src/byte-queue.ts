/** Bytes that come in pieces of any size and are taken in pieces of known size. */
export class ByteQueue {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  /** Appends bytes; keeps a view of them until they are taken. */
  push(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.byteLength;
  }

  /** @returns a copy of the next bytes with memory of its own, undefined as long as there are fewer. */
  take(sizeBytes: number): Uint8Array | undefined {
    if (sizeBytes > this.#length) return undefined;
    const taken = new Uint8Array(sizeBytes);
    let at = 0;
    while (at < sizeBytes) {
      const chunk = this.#chunks[0] as Uint8Array;
      const part = chunk.subarray(0, sizeBytes - at);
      taken.set(part, at);
      at += part.byteLength;
      if (part.byteLength === chunk.byteLength) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.byteLength);
    }
    this.#length -= sizeBytes;
    return taken;
  }
}
