import type { LumaPicture } from './draw-time-code.ts';
import { parseTimeCodeBits, type TimeCode } from './time-code.ts';
import { TIME_CODE_SHAPES, type TimeCodeShape } from './time-code-layout.ts';

/** A picture of 8-bit red, green, blue, alpha samples; a browser's `ImageData` fits. */
export interface RgbaPicture {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Dark and light cells nearer than this are noise, not a time code. */
const MIN_CONTRAST = 32;

/** Where a cell is sampled, as shares of its width and height: away from the edges, which scaling and codecs blur. */
const SAMPLE_AT = [1 / 3, 1 / 2, 2 / 3] as const;

/**
 * Reads the time code out of a decoded picture. Needs only the upper seventh of it (a third below 320×180), may be
 * scaled to another size with the same content; the picture is not changed.
 *
 * @returns undefined when there is none or a cell cannot be told: the checksum does not fit then.
 */
export function readTimeCode(picture: LumaPicture | RgbaPicture): TimeCode | undefined {
  const luma = lumaReader(picture);
  for (const shape of TIME_CODE_SHAPES) {
    const code = readShape(luma, picture, shape);
    if (code !== undefined) return code;
  }
  return undefined;
}

type LumaReader = (x: number, y: number) => number;

function lumaReader(picture: LumaPicture | RgbaPicture): LumaReader {
  if ('luma' in picture) {
    const { luma, stride = picture.width } = picture;
    return (x, y) => luma[y * stride + x] ?? 0;
  }
  const { data, width } = picture;
  return (x, y) => {
    const at = (y * width + x) * 4;
    return (54 * (data[at] ?? 0) + 183 * (data[at + 1] ?? 0) + 19 * (data[at + 2] ?? 0)) / 256;
  };
}

function readShape(
  luma: LumaReader,
  size: { readonly width: number; readonly height: number },
  shape: TimeCodeShape,
): TimeCode | undefined {
  const levels = new Float64Array(shape.columns * shape.rows);
  const cellWidth = size.width / shape.columns;
  const cellHeight = size.height / shape.rowsPerPicture;
  let darkest = 255;
  let lightest = 0;
  for (let i = 0; i < levels.length; i++) {
    const column = i % shape.columns;
    const row = Math.floor(i / shape.columns);
    let sum = 0;
    for (const down of SAMPLE_AT) {
      const y = Math.floor((row + down) * cellHeight);
      for (const right of SAMPLE_AT) sum += luma(Math.floor((column + right) * cellWidth), y);
    }
    const level = sum / SAMPLE_AT.length ** 2;
    levels[i] = level;
    darkest = Math.min(darkest, level);
    lightest = Math.max(lightest, level);
  }
  if (lightest - darkest < MIN_CONTRAST) return undefined;
  const threshold = (darkest + lightest) / 2;
  return parseTimeCodeBits(Uint8Array.from(levels, (level) => (level > threshold ? 1 : 0)));
}
