import { micros } from '@pinhole/core';
import { describe, expect, it, test } from 'vitest';
import { drawTimeCode, readTimeCode, type TimeCode, timeCodeBits, timeCodeLayout } from './index.ts';
import { parseTimeCodeBits, TIME_CODE_BITS } from './time-code.ts';

const code: TimeCode = { frameNumber: 4_000_000_123, captureTime: micros(1_795_219_630_123_457) };

const SIZES = [
  [160, 120],
  [240, 136],
  [322, 182],
  [640, 360],
  [720, 1280],
  [1000, 500],
  [1280, 720],
  [1920, 1080],
] as const;

function drawn(width: number, height: number): { luma: Uint8Array; width: number; height: number } {
  const picture = { luma: new Uint8Array(width * height).fill(90), width, height };
  drawTimeCode(picture, code);
  return picture;
}

function toRgba({ luma, width, height }: ReturnType<typeof drawn>) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < data.length; i++) data[i] = luma[i >> 2] ?? 0;
  return { data, width, height };
}

function scaled(picture: ReturnType<typeof drawn>, width: number, height: number): ReturnType<typeof drawn> {
  const luma = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = Math.floor(((y + 0.5) * picture.height) / height) * picture.width;
      luma[y * width + x] = picture.luma[from + Math.floor(((x + 0.5) * picture.width) / width)] ?? 0;
    }
  }
  return { luma, width, height };
}

describe('bits of a time code', () => {
  it('come in the documented order', () => {
    const bits = timeCodeBits({ frameNumber: 0x8000_0001, captureTime: micros(1) }, 104);

    expect([...bits].join('')).toBe(
      [
        '10000000000000000000000000000001', // frame number
        '0000000000000000000000000000000000000000000000000001', // capture time
        '0111011110001010', // CRC-16/CCITT-FALSE of the above
        '1010', // filler
      ].join(''),
    );
  });

  it('come back as they were', () => {
    expect(parseTimeCodeBits(timeCodeBits(code))).toEqual(code);
    const largest = { frameNumber: 2 ** 32 - 1, captureTime: micros(2 ** 52 - 1) };
    expect(parseTimeCodeBits(timeCodeBits(largest, 128))).toEqual(largest);
  });

  test('any single wrong bit is noticed', () => {
    for (let i = 0; i < 120; i++) {
      const bits = timeCodeBits(code, 120);
      bits[i] = 1 - (bits[i] ?? 0);
      expect(parseTimeCodeBits(bits), `bit ${i}`).toBeUndefined();
    }
  });

  it('do not take numbers that do not fit', () => {
    expect(() => timeCodeBits({ ...code, frameNumber: 2 ** 32 })).toThrow('frameNumber 4294967296');
    expect(() => timeCodeBits({ ...code, captureTime: micros(1.5) })).toThrow('captureTime 1.5');
  });
});

describe('layout', () => {
  it.each(SIZES)(
    'gives %d×%d cells of at least 8×8 pixels that fill the strip without overlap',
    (width, height) => {
      const { cells, shape, heightPixels } = timeCodeLayout(width, height);

      expect(cells).toHaveLength(shape.columns * shape.rows);
      expect(cells.length).toBeGreaterThanOrEqual(TIME_CODE_BITS);
      expect(Math.min(...cells.flatMap((cell) => [cell.width, cell.height]))).toBeGreaterThanOrEqual(8);
      const area = cells.reduce((sum, cell) => sum + cell.width * cell.height, 0);
      expect(area).toBe(heightPixels * Math.round(width / 4) * 4);
    },
  );

  it('gives cells of at least 16×16 pixels from 640×360 up', () => {
    for (const [width, height] of [
      [640, 360],
      [960, 540],
      [1280, 720],
      [1920, 1080],
    ] as const) {
      const { cells } = timeCodeLayout(width, height);
      expect(Math.min(...cells.flatMap((cell) => [cell.width, cell.height]))).toBeGreaterThanOrEqual(16);
    }
  });

  it('says what size would do', () => {
    expect(() => timeCodeLayout(158, 120)).toThrowError(
      expect.objectContaining({
        code: 'timecode/picture-too-small',
        message: expect.stringContaining('160×120'),
      }),
    );
  });
});

describe('reading', () => {
  it.each(SIZES)('finds the code of a %d×%d picture in luma and in RGBA', (width, height) => {
    const picture = drawn(width, height);

    expect(readTimeCode(picture)).toEqual(code);
    expect(readTimeCode(toRgba(picture))).toEqual(code);
  });

  it.each([
    [1920, 1080, 480, 270],
    [1280, 720, 640, 360],
    [1280, 720, 1000, 562],
    [640, 360, 1280, 720],
    [640, 360, 427, 240],
    [322, 182, 966, 546],
  ])('finds the code of a %d×%d picture scaled to %d×%d', (width, height, toWidth, toHeight) => {
    expect(readTimeCode(scaled(drawn(width, height), toWidth, toHeight))).toEqual(code);
  });

  it('honours the stride of a plane and leaves it alone', () => {
    const { luma, width, height } = drawn(640, 360);
    const padded = new Uint8Array(704 * height).fill(255);
    for (let y = 0; y < height; y++) padded.set(luma.subarray(y * width, (y + 1) * width), y * 704);
    const before = padded.slice();

    expect(readTimeCode({ luma: padded, width, height, stride: 704 })).toEqual(code);
    expect(Buffer.compare(padded, before)).toBe(0);
  });

  it('stands noise, a change of contrast and a shift of brightness', () => {
    const picture = drawn(640, 360);
    let seed = 1;
    const noisy = picture.luma.map((level) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return 100 + level * 0.35 + (seed % 41) - 20;
    });

    expect(readTimeCode({ ...picture, luma: noisy })).toEqual(code);
  });

  it('finds nothing in pictures without a code', () => {
    for (const level of [0, 16, 128, 235, 255]) {
      expect(
        readTimeCode({ luma: new Uint8Array(640 * 360).fill(level), width: 640, height: 360 }),
      ).toBeUndefined();
    }
    let seed = 7;
    const noise = Uint8Array.from({ length: 640 * 360 }, () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed & 0xff;
    });
    expect(readTimeCode({ luma: noise, width: 640, height: 360 })).toBeUndefined();
  });

  it('finds nothing where a cell was overwritten', () => {
    const picture = drawn(640, 360);
    for (let y = 0; y < 16; y++) picture.luma.fill(192, y * 640, y * 640 + 16);
    const cleared = drawn(640, 360);
    for (let y = 0; y < 16; y++) cleared.luma.fill(32, y * 640, y * 640 + 16);

    const readings = [readTimeCode(picture), readTimeCode(cleared)];
    expect(readings.filter((reading) => reading === undefined)).toHaveLength(1);
  });
});
