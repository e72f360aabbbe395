import type { Logger, Micros } from '@pinhole/core';
import type { FfmpegOptions } from '../backend.ts';
import type { FfmpegError } from '../failure.ts';

/** How the pictures that are to be encoded are laid out. Raw ones are tightly packed rows of this size. */
export type PictureFormat =
  | { readonly kind: 'mjpeg' }
  | { readonly kind: RawPictureKind; readonly width: number; readonly height: number };

/** Pixel formats of raw pictures, by FFmpeg's names. */
export type RawPictureKind = 'yuyv422' | 'uyvy422' | 'yuv420p' | 'nv12';

/** What encodes. */
export type EncoderName = 'h264_v4l2m2m' | 'libx264';

/** One picture on its way into the encoder. */
export interface PictureToEncode {
  /** A whole JPEG file, or the pixels. Nobody changes it any more. */
  readonly data: Uint8Array;
  /** Comes out again with the unit that this picture becomes. */
  readonly captureTime: Micros;
}

/** One encoded picture. */
export interface EncodedUnit {
  /** Annex B, one whole picture; a key unit starts with its parameter sets. Nobody else uses its memory. */
  readonly data: Uint8Array;
  /** An IDR picture. */
  readonly key: boolean;
  /** That of the picture it was made from. */
  readonly captureTime: Micros;
}

/** What an encoder did since it was opened. */
export interface EncoderCounters {
  readonly pictures: number;
  readonly units: number;
  /** Pictures left out because a newer one came before the encoder was free. */
  readonly droppedBusy: number;
  /** Pictures left out because they are no whole JPEG, or not of the size that raw pictures have. */
  readonly droppedCorrupt: number;
  /** Child processes that were started again after the first. */
  readonly restarts: number;
}

/** What may be asked of a running encoder. */
export interface EncoderTuning {
  /** Bits a second. */
  readonly bitrate: number;
  /** Frames from one key frame to the next. */
  readonly gop: number;
  /** What the pictures are expected to come at; the rate control counts with it. */
  readonly framesPerSecond: number;
}

/** How an encoder is set up. */
export interface H264EncoderOptions extends FfmpegOptions, Partial<EncoderTuning> {
  readonly input: PictureFormat;
  /** `auto` (default): the hardware encoder where there is one that opens, else libx264. */
  readonly encoder?: 'auto' | EncoderName;
  readonly log?: Logger;
  /** Takes each unit, in the order of the pictures. Must not throw. */
  readonly unit: (unit: EncodedUnit) => void;
  /** It cannot go on, and is closed: FFmpeg is missing, or its child ends again and again. Called once at most. */
  readonly failed?: (error: FfmpegError) => void;
}

/** What holds when nothing is said. */
const ENCODER_DEFAULTS = { framesPerSecond: 30, bitrate: 4_000_000 } as const;

/** The tuning with everything filled in; a key frame every two seconds unless told. */
export function encoderTuning(options: Partial<EncoderTuning>): EncoderTuning {
  const framesPerSecond = options.framesPerSecond ?? ENCODER_DEFAULTS.framesPerSecond;
  return {
    framesPerSecond,
    bitrate: options.bitrate ?? ENCODER_DEFAULTS.bitrate,
    gop: options.gop ?? Math.max(1, Math.round(2 * framesPerSecond)),
  };
}
