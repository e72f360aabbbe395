import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { findStartCode } from './annex-b.ts';
import { addEmulationPrevention, removeEmulationPrevention } from './emulation-prevention.ts';

describe('emulation prevention', () => {
  it.each([
    ['before 00', '00 00 00 05', '00 00 03 00 05'],
    ['before 01', '11 00 00 01', '11 00 00 03 01'],
    ['before 02 and 03', '00 00 02 00 00 03', '00 00 03 02 00 00 03 03'],
    ['in a run of zeros', '00 00 00 00 00 00 07', '00 00 03 00 00 03 00 00 07'],
    ['at the end', '80 00 00', '80 00 00 03'],
  ])('goes in and out %s', (_, plain, escaped) => {
    expect(addEmulationPrevention(hex(plain))).toEqual(hex(escaped));
    expect(removeEmulationPrevention(hex(escaped))).toEqual(hex(plain));
  });

  it('copies nothing where there is nothing to do', () => {
    const bytes = hex('67 42 c0 1f 00 00 04 80');
    expect(addEmulationPrevention(bytes)).toBe(bytes);
    expect(removeEmulationPrevention(bytes)).toBe(bytes);
  });

  test('any bytes survive the way there and back, and never show a start code', () => {
    const bytes = fc.uint8Array({ maxLength: 60, max: 4 });
    fc.assert(
      fc.property(bytes, (plain) => {
        const escaped = addEmulationPrevention(plain);
        expect(removeEmulationPrevention(escaped)).toEqual(plain);
        expect(findStartCode(escaped, 0)).toBe(-1);
      }),
      { numRuns: 3_000, seed: 1 },
    );
  });
});
