import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { jpegSize } from './jpeg-size.ts';
import { JpegWalk } from './jpeg-walk.ts';

const HEADERS = hex(`
  ff d8                   # start of image
  ff e0 00 04 4a 46       # application segment, two bytes
  ff c0 00 0b 08          # frame header, 8 bits
  01 68 02 80             # 360 × 640
  01 01 11 00             # one component
`);
const WITH_THUMBNAIL = hex(`
  ff d8                               # start of image
  ff e1 00 0e                         # Exif segment
    ff d8 ff c0 00 02 ff d9 ff ff d9 00    # a whole image in it
  ff ff c4 00 03 00                   # a table, behind a fill byte
  ff c2 00 0b 08 00 30 00 40 01 01 11 00   # 48 × 64, progressive
  ff da 00 02 12 ff 00 34 ff d3 56    # a scan: stuffed byte, restart marker
  ff c4 00 02                         # a table between two scans
  ff da 00 02 78 ff 02 ff             # a flaw, and a fill byte before
  ff d9                               # the end
`);

function walked(bytes: Uint8Array) {
  const walk = new JpegWalk();
  return { step: walk.advance(bytes), offset: walk.offset, size: walk.size };
}

describe('jpegSize', () => {
  it('reads the size out of the frame header', () => {
    expect(jpegSize(HEADERS)).toEqual({ width: 640, height: 360 });
  });

  it('has no size for a file that was cut off, nor for none', () => {
    for (let length = 0; length < 17; length++) expect(jpegSize(HEADERS.subarray(0, length))).toBeUndefined();
    expect(jpegSize(hex('ff d8 ff c0 00 0b 08 00 00 00 00 01 01 11 00'))).toBeUndefined();
  });

  it('takes the size of the image, not that of its thumbnail', () => {
    expect(jpegSize(WITH_THUMBNAIL)).toEqual({ width: 64, height: 48 });
  });
});

describe('a walk', () => {
  it('ends behind the end of the image, and looks at nothing after it', () => {
    const end = WITH_THUMBNAIL.byteLength;

    expect(walked(Buffer.concat([WITH_THUMBNAIL, hex('00 ff d8 ff')]))).toEqual({
      step: 'end',
      offset: end,
      size: { width: 64, height: 48 },
    });
  });

  it('wants more as long as the image is not whole, and ends the same whichever way it comes', () => {
    const walk = new JpegWalk();

    for (let length = 0; length < WITH_THUMBNAIL.byteLength; length++)
      expect(walk.advance(WITH_THUMBNAIL.subarray(0, length))).toBe('more');

    expect(walk.advance(WITH_THUMBNAIL)).toBe('end');
  });

  it.each([
    ['no image', '89 50 4e 47', 0],
    ['a byte where a marker belongs', 'ff d8 12', 2],
    ['a segment shorter than its length field', 'ff d8 ff e0 00 01', 2],
    ['an image that was cut off before the next', 'ff d8 ff da 00 02 11 22 ff d8 ff', 8],
  ])('stops at %s', (_, bytes, offset) => {
    expect(walked(hex(bytes))).toMatchObject({ step: 'broken', offset });
  });

  test('comes to an end with any bytes at all, and to the same one in any pieces', () => {
    const anyBytes = fc.array(
      fc.oneof(fc.constantFrom(0xff, 0xd8, 0xd9, 0xda, 0xc0, 0, 1, 2, 4), fc.integer({ min: 0, max: 255 })),
      { maxLength: 80 },
    );
    const seen = new Set<string>();
    fc.assert(
      fc.property(anyBytes, fc.integer({ min: 1, max: 7 }), (tail, piece) => {
        const bytes = Uint8Array.of(0xff, 0xd8, ...tail);
        const whole = walked(bytes);
        const walk = new JpegWalk();
        let step = walk.advance(bytes.subarray(0, 0));
        for (let end = piece; step === 'more' && end < bytes.byteLength + piece; end += piece)
          step = walk.advance(bytes.subarray(0, end));
        expect({ step, offset: walk.offset, size: walk.size }).toEqual(whole);
        expect(jpegSize(bytes)).toEqual(whole.size);
        seen.add(whole.step);
      }),
      { numRuns: 5_000, seed: 7 },
    );
    expect(seen).toEqual(new Set(['more', 'end', 'broken']));
  });
});
