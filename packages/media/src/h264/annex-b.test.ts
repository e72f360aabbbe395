import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { findStartCode, joinAnnexB, nalUnits } from './annex-b.ts';

const split = (dump: string): string[] =>
  [...nalUnits(hex(dump))].map((nal) => Buffer.from(nal).toString('hex'));

describe('nalUnits', () => {
  it.each([
    ['3-byte start codes', '00 00 01 67 42  00 00 01 68 ce', ['6742', '68ce']],
    ['4-byte start codes', '00 00 00 01 67 42  00 00 00 01 68 ce', ['6742', '68ce']],
    [
      'zero bytes between and at the end',
      '00 00 00 00 01 67 42 00 00 00 00 00 01 68 ce 00 00',
      ['6742', '68ce'],
    ],
    ['bytes before the first start code', 'ff 01 00 01 00 00 01 65', ['65']],
    ['emulation prevention left in', '00 00 01 67 00 00 03 01 02', ['670000030102']],
    ['start codes with nothing behind them', '00 00 01 00 00 01 00 00 00 01 09 10', ['0910']],
    ['a start code at the very end', '00 00 01 09 10 00 00 01', ['0910']],
    ['no start code', '67 42 00 00', []],
    ['nothing', '', []],
  ])('splits a stream with %s', (_, stream, nals) => {
    expect(split(stream)).toEqual(nals);
  });

  it('gives views and leaves the stream as it was', () => {
    const stream = hex('00 00 01 67 42 00 00 01 68');
    const before = stream.slice();

    const [first] = nalUnits(stream);

    expect(first?.buffer).toBe(stream.buffer);
    expect(stream).toEqual(before);
  });

  it('finds what a byte by byte search finds, in any mixture of zeros, ones and twos', () => {
    let state = 7;
    for (let round = 0; round < 2_000; round++) {
      const stream = Uint8Array.from({ length: 40 }, () => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return (state >>> 16) % 3;
      });
      const byteByByte = stream.findIndex(
        (byte, at) => at >= 2 && byte === 1 && stream[at - 1] === 0 && stream[at - 2] === 0,
      );
      expect(findStartCode(stream, 0)).toBe(byteByByte);
    }
  });
});

describe('joinAnnexB', () => {
  it('puts a 4-byte start code before each NAL unit', () => {
    expect(joinAnnexB([hex('67 42'), hex('68')])).toEqual(hex('00 00 00 01 67 42 00 00 00 01 68'));
  });

  it('is undone by nalUnits', () => {
    const nals = [hex('67 42 00 00 03 00 01'), hex('65 88')];
    expect([...nalUnits(joinAnnexB(nals))]).toEqual(nals);
  });
});
