import type { Micros } from '@pinhole/core';
import type { AudioParameters } from '@pinhole/engine';

/** One coded frame of a file's sound. */
export interface ClipSound {
  readonly data: Uint8Array;
  /** When it is heard, on the file's own time line. */
  readonly pts: Micros;
  readonly duration: Micros;
  readonly parameters: AudioParameters;
}

/** One coded picture of a file, in decoding order. */
export interface ClipPicture {
  /** Annex B, one access unit; the receiver's. */
  readonly data: Uint8Array;
  /** An IDR picture. */
  readonly key: boolean;
  /** When it is shown, on the file's own time line. */
  readonly pts: Micros;
  /** What begins to be heard while it is shown, or was since the picture before. */
  readonly sounds?: readonly ClipSound[];
}

/** A picture whose time of decoding is known too. */
export interface TimedPicture extends ClipPicture {
  /** Never later than `pts`, never falling. */
  readonly dts: Micros;
}

/**
 * Reads a file once, from its beginning, as far as the pictures are asked for. What it returns at the end is how long
 * the file takes to play: the next picture after its last one would be shown that much after its first one.
 */
export type ClipPass = AsyncGenerator<ClipPicture, Micros, void>;
