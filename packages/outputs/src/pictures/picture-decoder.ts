import type { Micros, PinholeError } from '@pinhole/core';

/** A picture that was decoded and made a JPEG of. */
export interface DecodedJpeg {
  readonly jpeg: Uint8Array;
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  readonly captureTime: Micros;
}

/** A unit to decode. */
export interface UnitToDecode {
  /** Annex B, parameter sets before each key unit. */
  readonly data: Uint8Array;
  readonly captureTime: Micros;
  /** Decoding can start here. */
  readonly key: boolean;
  /** Others need it, and nobody wants to see it: it is from before the live edge. */
  readonly hidden: boolean;
}

/** What a picture decoder tells. */
export interface PictureDecoderOptions {
  /** Of more pictures a second only so many are made a JPEG of. */
  readonly framesPerSecond: number;
  /** 1 (smallest) to 100 (best). */
  readonly quality: number;
  readonly picture: (picture: DecodedJpeg) => void;
  /** It is over and gives nothing more; told once, and not after `close`. */
  readonly failed: (error: PinholeError) => void;
}

/** Decodes a camera's units as they come, and makes JPEG files of the pictures. */
export interface PictureDecoder {
  /** Takes the next unit in decoding order; `taken` is called when it waits here no longer. */
  push(unit: UnitToDecode, taken: () => void): void;
  setRate(framesPerSecond: number): void;
  /** 1 (smallest) to 100 (best), from the next picture on. */
  setQuality(quality: number): void;
  /** Ends it. May be called again. */
  close(): void;
}

/** How a decoder is had. @throws {PinholeError} where there is none on this machine */
export type OpenPictureDecoder = (options: PictureDecoderOptions) => PictureDecoder;
