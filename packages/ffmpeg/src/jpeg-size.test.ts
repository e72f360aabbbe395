import { expect, it } from 'vitest';
import { hex } from '../../../test/support/hex.ts';
import { jpegSize } from './jpeg-size.ts';

const FILE = hex(`
  ff d8                   # start of image
  ff e0 00 04 4a 46       # application segment, two bytes
  ff c0 00 0b 08          # frame header, 8 bits
  01 68 02 80             # 360 × 640
  01 01 11 00             # one component
`);

it('reads the size out of the frame header', () => {
  expect(jpegSize(FILE)).toEqual({ width: 640, height: 360 });
});

it('has no size for a file that was cut off', () => {
  for (let length = 0; length < 17; length++) expect(jpegSize(FILE.subarray(0, length))).toBeUndefined();
});
