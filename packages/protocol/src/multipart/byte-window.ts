const EMPTY = new Uint8Array();

/**
 * The bytes that came and were not used up, in one piece. A chunk that is used up whole is never copied; of the rest,
 * each byte is copied once or twice. What was shown stays as it is for good, so views of it may be kept.
 */
export class ByteWindow {
  #bytes: Uint8Array = EMPTY;
  /** Memory of our own that `#bytes` is the last written part of. */
  #own: Uint8Array | undefined;

  /** What is there; a view. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Takes the next bytes; nobody may change them any more. `expected` is how many there may be in the end. */
  push(chunk: Uint8Array, options: { readonly expected: number }): void {
    if (this.#bytes.byteLength === 0) {
      this.#bytes = chunk;
      this.#own = undefined;
      return;
    }
    const sizeBytes = this.#bytes.byteLength + chunk.byteLength;
    const from = this.#own === undefined ? 0 : this.#bytes.byteOffset;
    if (this.#own === undefined || from + sizeBytes > this.#own.byteLength) {
      this.#own = new Uint8Array(Math.max(2 * sizeBytes, options.expected));
      this.#own.set(this.#bytes);
      this.#own.set(chunk, this.#bytes.byteLength);
      this.#bytes = this.#own.subarray(0, sizeBytes);
      return;
    }
    this.#own.set(chunk, from + this.#bytes.byteLength);
    this.#bytes = this.#own.subarray(from, from + sizeBytes);
  }

  /** Uses up the first `count` bytes. */
  drop(count: number): void {
    this.#bytes = this.#bytes.subarray(count);
    if (this.#bytes.byteLength === 0) this.#own = undefined;
  }
}
