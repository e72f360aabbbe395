import { type TimeCode, timeCodeBits } from './time-code.ts';
import { timeCodeLayout } from './time-code-layout.ts';

/** Luma (0…255) of a strip's dark and light cells, in limited range; 160 apart. */
export const TIME_CODE_LUMA = { dark: 32, light: 192 } as const;

/** A plane of luma samples. */
export interface LumaPicture {
  readonly luma: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Samples from one row to the next; `width` unless told. */
  readonly stride?: number;
}

/**
 * Draws a time code along the top of `picture`, in place.
 * @throws {PinholeError} `timecode/picture-too-small`
 */
export function drawTimeCode(picture: LumaPicture, code: TimeCode): void {
  const { luma, width, height, stride = width } = picture;
  const { cells } = timeCodeLayout(width, height);
  const bits = timeCodeBits(code, cells.length);
  cells.forEach((cell, i) => {
    const level = bits[i] === 1 ? TIME_CODE_LUMA.light : TIME_CODE_LUMA.dark;
    const end = Math.min(cell.x + cell.width, width);
    for (let y = cell.y; y < cell.y + cell.height; y++)
      luma.fill(level, y * stride + cell.x, y * stride + end);
  });
}
