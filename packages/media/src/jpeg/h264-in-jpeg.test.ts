import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { h264InJpeg } from './h264-in-jpeg.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(/#.*/g, '').match(/[0-9a-f]{2}/gi) ?? [], (byte) =>
    Number.parseInt(byte, 16),
  );

const bytesOf = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

/** SOI and a frame header of 16×8. */
const HEAD = hex('ffd8 ffc0 000b 08 0008 0010 01 011100');
const TAIL = hex('ffda 0008 01 01 00 003f 00 12 34 ffd9');
const PICTURE = hex('00000001 6588 84ff e400 11');

/** An APP4 segment around bytes. */
const app4 = (body: Uint8Array): Uint8Array => {
  const length = body.byteLength + 2;
  return bytesOf(Uint8Array.of(0xff, 0xe4, length >> 8, length & 0xff), body);
};

const stream = (sizeBytes: number): Uint8Array =>
  bytesOf(
    hex(`
    0100        # version 1.0
    0016        # header of 22 bytes
    48323634    # "H264"
    0005        # width 1280, little-endian
    d002        # height 720
    15160500    # interval 333333 × 100 ns
    0000        # delay
    39300000    # PTS`),
    Uint8Array.of(sizeBytes & 0xff, sizeBytes >> 8, 0, 0),
  );

describe('h264InJpeg', () => {
  it('takes a picture out of one APP4 segment', () => {
    const jpeg = bytesOf(HEAD, app4(bytesOf(stream(PICTURE.byteLength), PICTURE)), TAIL);

    expect(h264InJpeg(jpeg)).toEqual(PICTURE);
  });

  it('joins a picture that lies in several segments, with others between them and padding in the last', () => {
    const jpeg = bytesOf(
      HEAD,
      app4(bytesOf(stream(PICTURE.byteLength), PICTURE.subarray(0, 3))),
      hex('ffe0 0004 abcd'),
      app4(PICTURE.subarray(3, 7)),
      app4(bytesOf(PICTURE.subarray(7), hex('000000'))),
      TAIL,
    );

    expect(h264InJpeg(jpeg)).toEqual(PICTURE);
  });

  it.each([
    ['a JPEG without any', bytesOf(HEAD, TAIL)],
    ['an APP4 of another meaning', bytesOf(HEAD, app4(hex('0100 0016 59555932 00000000')), TAIL)],
    ['a picture that is not all there', bytesOf(HEAD, app4(bytesOf(stream(99), PICTURE)), TAIL)],
    ['a picture of no bytes', bytesOf(HEAD, app4(bytesOf(stream(0), PICTURE)), TAIL)],
    ['a header longer than its segment', bytesOf(HEAD, app4(hex('0100 ffff 48323634 00000000')), TAIL)],
    ['a header too short to be one', bytesOf(HEAD, app4(hex('0100 0002 48323634 00000000')), TAIL)],
    ['a size beyond reason', bytesOf(HEAD, app4(hex('0100 0008 48323634 ffffffff 00')), TAIL)],
    ['a segment cut off', bytesOf(HEAD, hex('ffe4 0100 0100 0008 48323634'))],
    ['nothing', new Uint8Array()],
  ])('finds nothing in %s', (_, jpeg) => {
    expect(h264InJpeg(jpeg)).toBeUndefined();
  });

  it('does not throw, nor give more than there is, for any bytes behind a good start', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (tail, size) => {
        const jpeg = bytesOf(HEAD, app4(bytesOf(stream(size), PICTURE)), tail);
        const before = jpeg.slice();

        expect(h264InJpeg(jpeg)?.byteLength ?? 0).toBeLessThanOrEqual(jpeg.byteLength);
        expect(jpeg).toEqual(before);
      }),
    );
  });

  it('does not throw for a JPEG cut off or damaged anywhere', () => {
    const jpeg = bytesOf(HEAD, app4(bytesOf(stream(PICTURE.byteLength), PICTURE)), TAIL);

    for (let at = 0; at < jpeg.byteLength; at++) {
      expect(() => h264InJpeg(jpeg.subarray(0, at))).not.toThrow();
      for (const byte of [0, 0xff]) expect(() => h264InJpeg(jpeg.with(at, byte))).not.toThrow();
    }
  });
});
