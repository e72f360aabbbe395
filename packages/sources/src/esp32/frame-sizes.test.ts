import { expect, it } from 'vitest';
import { FRAME_SIZES } from '../../../../test/support/esp32-emulator/emulated-settings.ts';
import { FrameSizes, sizeText } from './frame-sizes.ts';

const LIMITS = { maxPixels: 1600 * 1200 };
const VGA = { width: 640, height: 480 };

it.each(Object.entries(FRAME_SIZES))('knows the whole table of %s by one picture, whichever', (_, table) => {
  // These numbers stand for the same size in two of the tables.
  const telling = table.filter((size, index) => index > 3 && sizeText(size) !== '96x96');

  for (const size of telling) {
    const sizes = new FrameSizes();

    expect(sizes.learn(table.indexOf(size), size)).toBe(true);

    expect(table.map((_size, index) => sizes.sizeOf(index))).toEqual(table);
    expect(sizes.indexesOf(VGA)).toEqual([table.findIndex(({ width }) => width === 640)]);
  }
});

it('offers before that what all tables have, with the numbers that it may have', () => {
  const sizes = new FrameSizes();

  const known = sizes.known(LIMITS).map(sizeText);

  expect(known).toEqual([
    '160x120',
    '176x144',
    '240x176',
    '320x240',
    '400x296',
    '640x480',
    '800x600',
    '1024x768',
    '1280x1024',
    '1600x1200',
  ]);
  expect(sizes.indexesOf(VGA)).toEqual([10, 8, 6]);
  expect(sizes.sizeOf(8)).toBeUndefined();
});

it('learns nothing from a picture that none of the tables explains', () => {
  const sizes = new FrameSizes();

  expect(sizes.learn(3, { width: 999, height: 1 })).toBe(false);

  expect(sizes.known(LIMITS)).not.toEqual([]);
});

it('keeps sizes beyond the sensor out of what it offers', () => {
  const sizes = new FrameSizes();
  sizes.learn(6, { width: 320, height: 240 });

  expect(sizes.known(LIMITS).map(sizeText).at(-1)).toBe('1600x1200');
  expect(sizes.known({ maxPixels: 1e7 }).map(sizeText).at(-1)).toBe('2592x1944');
});
