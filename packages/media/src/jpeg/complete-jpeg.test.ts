import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeJpeg } from './complete-jpeg.ts';

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], (byte) => Number.parseInt(byte, 16));

const HEAD = hex('ffd8 ffc0 000b 08 0008 0010 01 011100');
const TABLES = hex('ffc4 0004 0000');
const SCAN = hex('ffda 0008 01 01 00 003f 00 12 34 ffd9');
const bytesOf = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

describe('completeJpeg', () => {
  it('leaves a whole JPEG as it is, without the padding behind it', () => {
    const whole = bytesOf(HEAD, TABLES, SCAN);

    expect(completeJpeg(bytesOf(whole, hex('0000000000')))).toEqual({ jpeg: whole, width: 16, height: 8 });
  });

  it('puts the standard tables of 418 bytes before the scan where the camera leaves them out', () => {
    const given = bytesOf(HEAD, SCAN);
    const before = given.slice();

    const made = completeJpeg(given)?.jpeg ?? new Uint8Array();

    expect(made.byteLength).toBe(given.byteLength + 420);
    expect([...made.subarray(HEAD.byteLength, HEAD.byteLength + 4)]).toEqual([0xff, 0xc4, 0x01, 0xa2]);
    expect(made.subarray(HEAD.byteLength + 420)).toEqual(SCAN);
    expect(completeJpeg(made)?.jpeg).toEqual(made);
    expect(given).toEqual(before);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['text', new TextEncoder().encode('no picture')],
    ['a JPEG cut off', bytesOf(HEAD, TABLES, SCAN).subarray(0, -1)],
    ['a JPEG without a scan', bytesOf(HEAD, TABLES, hex('ffd9'))],
    ['a JPEG without a size', bytesOf(hex('ffd8'), TABLES, SCAN)],
  ])('makes nothing of %s', (_, bytes) => {
    expect(completeJpeg(bytes)).toBeUndefined();
  });

  it('does not throw for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (tail) => {
        expect(() => completeJpeg(bytesOf(HEAD, tail))).not.toThrow();
      }),
    );
  });
});
