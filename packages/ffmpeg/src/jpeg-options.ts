/** How a JPEG is to be made. */
export interface JpegOptions {
  /** 1 (smallest) to 100 (best). */
  readonly quality: number;
  /** Scales to this width in pixels, the shape kept; the picture's own without. */
  readonly widthPixels?: number;
}

/** A picture as a JPEG file. */
export interface JpegPicture {
  readonly jpeg: Uint8Array;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

const COARSEST = 31;
const FINEST = 2;

/** FFmpeg's quantizer scale (31 is the coarsest, 2 the finest that it recommends) for a quality of 1–100. */
export const quantizerScale = (quality: number): number =>
  Math.round(COARSEST - ((quality - 1) * (COARSEST - FINEST)) / 99);

/** Even sizes only: the chroma planes have half of them. */
export const evenSize = (size: number): number => Math.max(2, 2 * Math.round(size / 2));
