import { ByteReader } from '@pinhole/core';

/** "Vhdr" as a little-endian number, written big-endian. */
const MARK = Uint8Array.of(0x72, 0x64, 0x68, 0x56);
const HEADER_BYTES = 8;
/** A raw 4K picture of 4 bytes a pixel has half of it. */
const LARGEST_FRAME_BYTES = 64 * 2 ** 20;
const FIRST_CAPACITY_BYTES = 2 ** 20;

/**
 * Cuts frames out of what `v4l2-ctl --stream-to-hdr=-` writes:
 *
 * ```
 * mark "rdhV" | length u32 big-endian | frame
 * ```
 *
 * Text before the first mark (the program tells the picture rate it set) is passed over, and so is anything between
 * frames. Never throws.
 */
export class FrameReader {
  #buffer = new Uint8Array(FIRST_CAPACITY_BYTES);
  #length = 0;
  #passedOver = 0;

  /** Bytes so far that belonged to no frame. */
  get passedOverBytes(): number {
    return this.#passedOver;
  }

  /**
   * Takes bytes as they come; they are copied.
   * @yields the frames that got complete by them, with memory of their own.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, void> {
    this.#append(chunk);
    let at = 0;
    for (;;) {
      const mark = this.#findMark(at);
      this.#passedOver += mark - at;
      at = mark;
      const sizeBytes = this.#sizeAt(at);
      if (sizeBytes === undefined) break;
      if (sizeBytes > LARGEST_FRAME_BYTES) {
        at += MARK.byteLength; // not a mark after all
        this.#passedOver += MARK.byteLength;
        continue;
      }
      const end = at + HEADER_BYTES + sizeBytes;
      if (end > this.#length) {
        this.#reserve(end - at);
        break;
      }
      yield this.#buffer.slice(at + HEADER_BYTES, end);
      at = end;
    }
    this.#buffer.copyWithin(0, at, this.#length);
    this.#length -= at;
  }

  /** Where the next mark begins, or may begin once more bytes are there. */
  #findMark(from: number): number {
    const held = this.#buffer.subarray(0, this.#length);
    for (let at = held.indexOf(MARK[0] ?? 0, from); at !== -1; at = held.indexOf(MARK[0] ?? 0, at + 1)) {
      if (MARK.every((byte, i) => at + i >= held.byteLength || held[at + i] === byte)) return at;
    }
    return held.byteLength;
  }

  #sizeAt(at: number): number | undefined {
    if (at + HEADER_BYTES > this.#length) return undefined;
    return new ByteReader(this.#buffer.subarray(at + MARK.byteLength, at + HEADER_BYTES)).u32();
  }

  #append(chunk: Uint8Array): void {
    this.#reserve(this.#length + chunk.byteLength);
    this.#buffer.set(chunk, this.#length);
    this.#length += chunk.byteLength;
  }

  #reserve(neededBytes: number): void {
    if (neededBytes <= this.#buffer.byteLength) return;
    const larger = new Uint8Array(Math.max(neededBytes, this.#buffer.byteLength * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
