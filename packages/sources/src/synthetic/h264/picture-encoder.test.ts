import { expect, test } from 'vitest';
import { type DecodedPicture, decodeWithFfmpeg } from '../../../../../test/support/decode-with-ffmpeg.ts';
import { needs } from '../../../../../test/support/third-parties.ts';
import { BlockPicture } from './block-picture.ts';
import { lowestLevel } from './level.ts';
import { PictureEncoder } from './picture-encoder.ts';

function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Every kind of macroblock that the encoder can express, and more kinds of coefficients than a test card ever has. */
function scribble(picture: BlockPicture, random: (below: number) => number, share: number): void {
  for (let row = 0; row < picture.heightMacroblocks; row++) {
    for (let column = 0; column < picture.widthMacroblocks; column++) {
      if (random(100) >= share) continue;
      const base = random(16);
      const levels = 1 + random(16);
      for (let i = 0; i < 16; i++) {
        picture.setLuma(
          column * 4 + (i & 3),
          row * 4 + (i >> 2),
          base + 16 * (random(4) === 0 ? random(levels) : 0),
        );
      }
      for (let i = 0; i < 4; i++) {
        const [cb, cr] = random(3) === 0 ? [128, 128] : [random(64) * 4, random(64) * 4];
        picture.setChroma(column * 2 + (i & 1), row * 2 + (i >> 1), cb, cr);
      }
    }
  }
}

function shown(picture: BlockPicture, width: number, height: number): DecodedPicture {
  const luma = new Uint8Array(width * height);
  for (let i = 0; i < luma.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    luma[i] = picture.luma[(y >> 2) * picture.lumaStride + (x >> 2)] ?? 0;
  }
  const chroma = (plane: Uint8Array) =>
    Uint8Array.from({ length: luma.length / 4 }, (_, i) => {
      const [x, y] = [i % (width / 2), Math.floor(i / (width / 2))];
      return plane[(y >> 2) * picture.chromaStride + (x >> 2)] ?? 0;
    });
  return { width, height, luma, cb: chroma(picture.cb), cr: chroma(picture.cr) };
}

needs('ffmpeg').describe('pictures of flat blocks', () => {
  test('are shown by a decoder exactly as they were meant, whatever they hold', () => {
    const [width, height] = [336, 208];
    const random = randomNumbers(4711);
    const picture = new BlockPicture(width, height);
    const encoder = new PictureEncoder(picture, { width, height, framesPerSecond: 30, levelIdc: 40 });
    const meant: DecodedPicture[] = [];
    const units: Uint8Array[] = [];

    for (let i = 0; i < 60; i++) {
      scribble(picture, random, i % 10 === 0 ? 100 : random(40));
      units.push(encoder.encode({ key: i % 20 === 0 }));
      meant.push(shown(picture, width, height));
    }
    const decoded = decodeWithFfmpeg(Buffer.concat(units), { width, height });

    expect(decoded).toHaveLength(60);
    decoded.forEach((frame, i) => {
      expect(Buffer.compare(frame.luma, meant[i]?.luma ?? Buffer.of()), `luma of picture ${i}`).toBe(0);
      expect(Buffer.compare(frame.cb, meant[i]?.cb ?? Buffer.of()), `cb of picture ${i}`).toBe(0);
      expect(Buffer.compare(frame.cr, meant[i]?.cr ?? Buffer.of()), `cr of picture ${i}`).toBe(0);
    });
  });
});

test('a picture that did not change takes a few bytes', () => {
  const picture = new BlockPicture(1280, 720);
  const encoder = new PictureEncoder(picture, {
    width: 1280,
    height: 720,
    framesPerSecond: 30,
    levelIdc: 31,
  });
  encoder.encode({ key: true });

  expect(encoder.encode({ key: false }).byteLength).toBeLessThan(16);
});

test('the caller owns what it gets: a later picture does not change it', () => {
  const picture = new BlockPicture(320, 240);
  const encoder = new PictureEncoder(picture, { width: 320, height: 240, framesPerSecond: 30, levelIdc: 20 });
  const first = encoder.encode({ key: true });
  const copy = first.slice();
  scribble(picture, randomNumbers(1), 100);
  encoder.encode({ key: true });

  expect(first).toEqual(copy);
});

test('levels that flat blocks cannot express are refused rather than shown wrong', () => {
  const picture = new BlockPicture(320, 240);
  picture.setLuma(1, 1, 17 + 5);
  const encoder = new PictureEncoder(picture, { width: 320, height: 240, framesPerSecond: 30, levelIdc: 20 });

  expect(() => encoder.encode({ key: true })).toThrow('macroblock 0,0');
});

test.each([
  { width: 11, height: 9, framesPerSecond: 15, maxKbps: 64, level: 10 },
  { width: 11, height: 9, framesPerSecond: 30, maxKbps: 64, level: 11 },
  { width: 20, height: 15, framesPerSecond: 30, maxKbps: 100, level: 13 },
  { width: 20, height: 15, framesPerSecond: 30, maxKbps: 900, level: 20 },
  { width: 40, height: 23, framesPerSecond: 30, maxKbps: 100, level: 30 },
  { width: 80, height: 45, framesPerSecond: 30, maxKbps: 100, level: 31 },
  { width: 80, height: 45, framesPerSecond: 60, maxKbps: 100, level: 32 },
  { width: 120, height: 68, framesPerSecond: 30, maxKbps: 100, level: 40 },
  { width: 120, height: 68, framesPerSecond: 60, maxKbps: 100, level: 42 },
  { width: 120, height: 8, framesPerSecond: 1, maxKbps: 64, level: 31 }, // the long side decides
  { width: 200, height: 200, framesPerSecond: 1, maxKbps: 100, level: undefined },
])('$width×$height macroblocks at $framesPerSecond a second and $maxKbps kbps need level $level', (row) => {
  const { width, height, level, ...rest } = row;

  expect(lowestLevel({ widthMacroblocks: width, heightMacroblocks: height, ...rest })).toBe(level);
});
