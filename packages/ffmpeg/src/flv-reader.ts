import { ByteReader, type Micros, micros } from '@pinhole/core';
import { ByteQueue } from './byte-queue.ts';
import { FfmpegError } from './failure.ts';

/** One video message of an FLV stream. */
export type FlvVideo =
  /** An AVCDecoderConfigurationRecord. */
  | { readonly kind: 'configuration'; readonly data: Uint8Array }
  /** One access unit, length-prefixed. */
  | { readonly kind: 'picture'; readonly data: Uint8Array; readonly pts: Micros; readonly dts: Micros }
  /** Anything but H.264. */
  | { readonly kind: 'foreign'; readonly codecId: number };

const FILE_HEADER_BYTES = 9;
const TAG_SIZE_BYTES = 4;
const TAG_HEADER_BYTES = 11;
const VIDEO_TAG = 9;
const AVC = 7;
const CLOCK_WRAP_MS = 2 ** 31; // FFmpeg writes 31 bits

/**
 * Reads the FLV stream that the `ffmpeg` command writes. FLV because each tag names its length first: a picture is
 * whole when its last byte is there, not when the next one begins, and both times of a picture travel with it (decoding
 * time, and how much later it is shown). The price is that times are whole milliseconds.
 *
 * @see Adobe Flash Video File Format Specification 10.1, Annex E.4
 */
export class FlvReader {
  readonly #queue = new ByteQueue();
  #expect:
    | 'file-header'
    | 'tag-header'
    | { readonly type: number; readonly sizeBytes: number; readonly ms: number } = 'file-header';
  #lastMs: number | undefined;
  #wraps = 0;

  /**
   * Takes bytes as they come.
   * @yields what got complete by them, with memory of its own.
   * @throws {FfmpegError} `ffmpeg/invalid-input` when this is no FLV
   */
  *push(chunk: Uint8Array): Generator<FlvVideo, void, void> {
    this.#queue.push(chunk);
    for (;;) {
      if (typeof this.#expect !== 'string') {
        const body = this.#queue.take(this.#expect.sizeBytes);
        if (body === undefined) return;
        const video = this.#expect.type === VIDEO_TAG ? this.#video(body, this.#expect.ms) : undefined;
        this.#expect = 'tag-header';
        if (video !== undefined) yield video;
      } else if (!this.#header(this.#expect)) {
        return;
      }
    }
  }

  #header(which: 'file-header' | 'tag-header'): boolean {
    if (which === 'file-header') {
      const bytes = this.#queue.take(FILE_HEADER_BYTES);
      if (bytes === undefined) return false;
      if (new ByteReader(bytes).u24() !== 0x464c56)
        throw new FfmpegError('ffmpeg/invalid-input', 'FFmpeg wrote no FLV');
      this.#expect = 'tag-header';
      return true;
    }
    // The size of the tag before stands in front of each tag; waiting for it behind one would cost a picture's time.
    const bytes = this.#queue.take(TAG_SIZE_BYTES + TAG_HEADER_BYTES);
    if (bytes === undefined) return false;
    const reader = new ByteReader(bytes);
    reader.skip(TAG_SIZE_BYTES);
    const type = reader.u8() & 0x1f;
    const sizeBytes = reader.u24();
    const low = reader.u24();
    this.#expect = { type, sizeBytes, ms: ((reader.u8() & 0x7f) << 24) + low };
    return true;
  }

  #video(body: Uint8Array, ms: number): FlvVideo | undefined {
    if (body.byteLength < 5) return undefined;
    const reader = new ByteReader(body);
    const first = reader.u8();
    if ((first & 0x80) !== 0 || (first & 0x0f) !== AVC) return { kind: 'foreign', codecId: first & 0x0f };
    const packetType = reader.u8();
    const compositionMs = (reader.u24() << 8) >> 8; // signed
    if (packetType === 0) return { kind: 'configuration', data: reader.rest() };
    if (packetType !== 1) return undefined;
    const decodeMs = this.#unwrap(ms);
    return {
      kind: 'picture',
      data: reader.rest(),
      pts: micros((decodeMs + compositionMs) * 1000),
      dts: micros(decodeMs * 1000),
    };
  }

  #unwrap(ms: number): number {
    if (this.#lastMs !== undefined && this.#lastMs - ms > CLOCK_WRAP_MS / 2) this.#wraps++;
    this.#lastMs = ms;
    return this.#wraps * CLOCK_WRAP_MS + ms;
  }
}
