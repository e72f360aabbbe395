import { expect, it } from 'vitest';
import { jpegSize } from './jpeg-size.ts';

const FILE = Uint8Array.of(
  ...[0xff, 0xd8], // start of image
  ...[0xff, 0xe0, 0x00, 0x04, 0x4a, 0x46], // application segment, two bytes
  ...[0xff, 0xc0, 0x00, 0x0b, 0x08, 0x01, 0x68, 0x02, 0x80, 0x01, 0x01, 0x11, 0x00], // 8 bit, 360 × 640
);

it('reads the size out of the frame header', () => {
  expect(jpegSize(FILE)).toEqual({ width: 640, height: 360 });
});

it('has no size for a file that was cut off', () => {
  for (let length = 0; length < 17; length++) expect(jpegSize(FILE.subarray(0, length))).toBeUndefined();
});
