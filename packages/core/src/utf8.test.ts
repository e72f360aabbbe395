import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

describe('UTF-8', () => {
  it('of any text is what TextEncoder makes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(encodeUtf8(text)).toEqual(new TextEncoder().encode(text));
        expect(decodeUtf8(encodeUtf8(text))).toBe(new TextDecoder().decode(encodeUtf8(text)));
      }),
    );
  });

  it('that is long comes back as it went, at the borders of parts too', () => {
    const text = 'ä🎥x'.repeat(5000);

    expect(decodeUtf8(encodeUtf8(text))).toBe(text);
  });

  it.each([
    ['c3, cut off', [0xc3]],
    ['c0 80, longer than need be', [0xc0, 0x80]],
    ['ed a0 80, half of a pair', [0xed, 0xa0, 0x80]],
    ['f4 90 80 80, above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['e2 82, cut off', [0xe2, 0x82]],
    ['ff, no lead byte', [0xff]],
  ])('%s is a U+FFFD a byte', (_, bytes) => {
    expect(decodeUtf8(Uint8Array.from(bytes))).toBe('\ufffd'.repeat(bytes.length));
  });
});
