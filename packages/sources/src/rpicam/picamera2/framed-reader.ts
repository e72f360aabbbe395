import { type Micros, micros } from '@pinhole/core';

/** A picture as the capture script hands it over. */
export interface FramedPicture {
  /** Annex B; a view of what was read where the picture came in one piece. */
  readonly data: Uint8Array;
  readonly key: boolean;
  /** The sensor's clock. */
  readonly pts: Micros;
  readonly captureTime: Micros;
}

/** `PHP2` */
const MAGIC = 0x50_48_50_32;
const HEADER_BYTES = 28;
const KEY = 1;
const MOST_PICTURE_BYTES = 16 * 2 ** 20;

/**
 * Takes pictures out of what the capture script writes, each behind its header:
 *
 *     0        4        8        12               20               28
 *     | "PHP2" | length | flags  | pts, µs        | UTC, µs        | Annex B …
 *
 * The length tells where a picture ends, so none waits for the next one.
 */
export class FramedReader {
  readonly #write: (picture: FramedPicture) => void;
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerLength = 0;
  #body: Uint8Array | undefined;
  #bodyLength = 0;
  #broken = false;

  /** `write` takes each picture; its data is the taker's. */
  constructor(write: (picture: FramedPicture) => void) {
    this.#write = write;
  }

  /** What came is not of this form: nothing more is read. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Takes the next bytes, which nobody may change any more. */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.byteLength && !this.#broken) {
      if (this.#headerLength < HEADER_BYTES) {
        const part = bytes.subarray(at, at + HEADER_BYTES - this.#headerLength);
        this.#header.set(part, this.#headerLength);
        this.#headerLength += part.byteLength;
        at += part.byteLength;
        if (this.#headerLength < HEADER_BYTES || !this.#checkHeader()) continue;
      }
      at += this.#takeBody(bytes.subarray(at));
    }
  }

  get #view(): DataView {
    return new DataView(this.#header.buffer);
  }

  #checkHeader(): boolean {
    const length = this.#view.getUint32(4);
    this.#broken = this.#view.getUint32(0) !== MAGIC || length === 0 || length > MOST_PICTURE_BYTES;
    return !this.#broken;
  }

  /** @returns how many bytes belonged to the picture. */
  #takeBody(bytes: Uint8Array): number {
    const length = this.#view.getUint32(4);
    if (this.#body === undefined && bytes.byteLength >= length) {
      this.#finish(bytes.subarray(0, length));
      return length;
    }
    if (bytes.byteLength === 0) return 0;
    this.#body ??= new Uint8Array(length);
    const part = bytes.subarray(0, length - this.#bodyLength);
    this.#body.set(part, this.#bodyLength);
    this.#bodyLength += part.byteLength;
    if (this.#bodyLength === length) this.#finish(this.#body);
    return part.byteLength;
  }

  #finish(data: Uint8Array): void {
    const view = this.#view;
    this.#headerLength = 0;
    this.#body = undefined;
    this.#bodyLength = 0;
    this.#write({
      data,
      key: (view.getUint32(8) & KEY) !== 0,
      pts: micros(Number(view.getBigInt64(12))),
      captureTime: micros(Number(view.getBigInt64(20))),
    });
  }
}
