import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import { BitReader } from './bit-reader.ts';
import { BitWriter } from './bit-writer.ts';

describe('BitReader', () => {
  it('reads the Exp-Golomb codes of H.264 Table 9-2', () => {
    // 1 | 010 | 011 | 00100 | 00101 | 00110 | 00111 | 0001000
    const reader = new BitReader(Uint8Array.of(0b10100110, 0b01000010, 0b10011000, 0b11100010, 0b00000000));
    expect(Array.from({ length: 8 }, () => reader.ue())).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('reads the signed codes of H.264 Table 9-3', () => {
    const reader = new BitReader(Uint8Array.of(0b10100110, 0b01000010, 0b10000000));
    expect(Array.from({ length: 5 }, () => reader.se())).toEqual([0, 1, -1, 2, -2]);
  });

  it('reads 32 bits across byte borders without a sign', () => {
    const reader = new BitReader(hex('7f ff ff ff 80'));
    reader.skip(1);
    expect(reader.u(32)).toBe(0xffffffff);
  });

  it.each([
    ['h264/truncated', () => new BitReader(hex('ff')).u(9)],
    ['h264/truncated', () => new BitReader(hex('00 00')).ue()],
    ['h264/truncated', () => new BitReader(hex('00')).skip(9)],
    ['h264/exp-golomb', () => new BitReader(hex('00 00 00 00 80 00 00 00 00')).ue()],
  ])('%s', (code, read) => {
    expect(codeOf(read)).toBe(code);
  });

  it.each([
    ['80', false],
    ['40 00', true],
    ['00 00', false],
    ['a0', true],
  ])('tells syntax from the bits that end an RBSP: %s', (dump, more) => {
    expect(new BitReader(hex(dump)).hasMoreSyntax()).toBe(more);
  });
});

describe('BitWriter', () => {
  it('refuses what does not fit', () => {
    expect(() => new BitWriter().u(3, 8)).toThrow(RangeError);
    expect(() => new BitWriter().ue(2 ** 32 - 1)).toThrow(RangeError);
    expect(() => new BitWriter().copy(hex('ff'), 0, 9)).toThrow(RangeError);
  });

  test('what it writes, BitReader reads', () => {
    const values = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('ue' as const), value: fc.integer({ min: 0, max: 2 ** 32 - 2 }) }),
        fc.record({
          kind: fc.constant('se' as const),
          value: fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
        }),
        fc.record({ kind: fc.constant('u' as const), value: fc.integer({ min: 0, max: 2 ** 32 - 1 }) }),
      ),
    );
    fc.assert(
      fc.property(values, (list) => {
        const writer = new BitWriter();
        for (const { kind, value } of list) {
          if (kind === 'u') writer.u(32, value);
          else writer[kind](value);
        }
        const length = writer.length;
        const reader = new BitReader(writer.trailingBits().finish());
        for (const { kind, value } of list) expect(kind === 'u' ? reader.u(32) : reader[kind]()).toBe(value);
        expect(reader.offset).toBe(length);
        expect(reader.hasMoreSyntax()).toBe(false);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
