import { type Micros, ticks90k } from '@pinhole/core';
import {
  FMP4_TRACK_ID,
  initSegment,
  movieFragmentRandomAccess,
  type RandomAccessPoint,
  recordingFragment,
  recordingHeader,
} from '@pinhole/media/fmp4';
import type { Coding } from './coding.ts';
import type { PlacedPiece } from './timeline.ts';

/** How footage is written. */
export interface FootageWriterOptions {
  readonly coding: Coding;
  /** A file with its length and its key frames, rather than what is appended to a player's buffer. */
  readonly file?: { readonly duration: Micros };
}

/** Writes pieces of footage as fragmented MP4. */
export class FootageWriter {
  readonly #options: FootageWriterOptions;
  readonly #keyFrames: RandomAccessPoint[] = [];
  #sequenceNumber = 0;
  #sizeBytes = 0;

  constructor(options: FootageWriterOptions) {
    this.#options = options;
  }

  /** What comes first. */
  header(): Uint8Array {
    const { coding, file } = this.#options;
    if (file === undefined) return this.#count(initSegment(coding));
    const header = recordingHeader(coding);
    const { bytes } = header;
    const video = ticks90k(Math.max(1, Math.round((file.duration * 9) / 100)));
    for (const patch of header.durationPatches({ video })) bytes.set(patch.bytes, patch.offset);
    return this.#count(bytes);
  }

  /** The next piece. */
  piece({ captureTime, mediaTime, key, runs }: PlacedPiece): Uint8Array {
    this.#sequenceNumber++;
    const { bytes, moofOffset } = recordingFragment({
      sequenceNumber: this.#sequenceNumber,
      producerTime: { trackId: FMP4_TRACK_ID, captureTime, mediaTime },
      runs,
    });
    if (key) this.#keyFrames.push({ time: mediaTime, moofOffset: this.#sizeBytes + moofOffset });
    return this.#count(bytes);
  }

  /** What comes last: in a file, where its key frames are. */
  end(): Uint8Array | undefined {
    return this.#options.file && this.#count(movieFragmentRandomAccess(this.#keyFrames));
  }

  #count(bytes: Uint8Array): Uint8Array {
    this.#sizeBytes += bytes.byteLength;
    return bytes;
  }
}
