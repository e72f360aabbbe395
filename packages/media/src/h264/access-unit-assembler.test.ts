import { type Millis, millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { H264_FIXTURES, h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { AccessUnitAssembler } from './access-unit-assembler.ts';
import { nalUnits } from './annex-b.ts';
import type { AssembledUnit } from './assembled-unit.ts';
import { nalType } from './nal-type.ts';

/** Types of the NAL units of each unit. */
const typesOf = (units: readonly AssembledUnit[]): string[] =>
  units.map(({ data }) => [...nalUnits(data)].map(nalType).join(' '));

/** All units of a stream that comes in chunks of `chunkBytes`. */
function assemble(stream: Uint8Array, chunkBytes = stream.byteLength, assembler = new AccessUnitAssembler()) {
  const units: AssembledUnit[] = [];
  for (let at = 0; at < stream.byteLength; at += chunkBytes) {
    units.push(...assembler.push(stream.subarray(at, at + chunkBytes), millis(at)));
  }
  const last = assembler.flush();
  return { units: last ? [...units, last] : units, counters: assembler.counters };
}

// Slice NAL units: the first bit behind the header byte is 1 when first_mb_in_slice is 0.
const AUD = '00 00 00 01 09 10';
const SPS = '00 00 00 01 67 42';
const PPS = '00 00 00 01 68 ce';
const SEI = '00 00 01 06 01';
const IDR = '00 00 01 65 88';
const IDR_REST = '00 00 01 65 42'; // a later slice of the same picture
const P = '00 00 00 01 41 9a';
const P_REST = '00 00 01 41 42';
const PREFIX = '00 00 01 6e 80';

describe('where a unit begins', () => {
  it.each([
    ['at each access unit delimiter', [AUD, IDR, AUD, P, AUD, P], ['9 5', '9 1', '9 1']],
    ['at a slice with first_mb_in_slice 0', [SPS, PPS, IDR, P, P], ['7 8 5', '1', '1']],
    ['not at the other slices of a picture', [IDR, IDR_REST, IDR_REST, P, P_REST], ['5 5 5', '1 1']],
    [
      'at parameter sets and SEI behind a picture',
      [IDR, SPS, PPS, IDR, SEI, P, PPS, P],
      ['5', '7 8 5', '6 1', '8 1'],
    ],
    ['once, however many come before the picture', [AUD, SPS, PPS, SEI, SEI, IDR], ['9 7 8 6 6 5']],
    ['not at filler or the end of a sequence', [IDR, '00 00 01 0c ff', '00 00 01 0a', P], ['5 12 10', '1']],
    [
      'not at data partitions B and C',
      ['00 00 01 42 88', '00 00 01 43 88', '00 00 01 44 88', P],
      ['2 3 4', '1'],
    ],
    [
      'at a prefix NAL unit before a new picture only',
      [PREFIX, P, PREFIX, P_REST, PREFIX, P],
      ['14 1 14 1', '14 1'],
    ],
    ['at a NAL unit nobody understands? No: it is passed on', [IDR, '00 00 01 1f 00 ff', P], ['5 31', '1']],
  ])('%s', (_, stream, units) => {
    for (const chunkBytes of [1_000, 1, 3]) {
      expect(typesOf(assemble(hex(stream.join(' ')), chunkBytes).units)).toEqual(units);
    }
  });

  it('marks units with an IDR slice as key', () => {
    const { units } = assemble(hex([SPS, PPS, IDR, P, IDR, IDR_REST, P].join(' ')));
    expect(units.map(({ key }) => key)).toEqual([true, false, true, false]);
  });
});

describe.each(H264_FIXTURES)('the stream %s', (name) => {
  // ffprobe -count_packets -show_entries stream=nb_read_packets
  const PICTURES = {
    baseline: 10,
    'main-b-frames': 12,
    'high-slices': 6,
    cropped: 2,
    interlaced: 6,
    'chroma-422': 2,
    'chroma-444': 2,
    monochrome: 2,
    'scaling-lists': 2,
    'open-gop': 14,
    'intra-refresh': 10,
    'size-change': 8,
  };

  it('gives the same units in chunks of any size, and loses no byte', () => {
    const stream = h264Fixture(name);
    for (const chunkBytes of [stream.byteLength, 1, 2, 3, 5, 188, 1400]) {
      const { units, counters } = assemble(stream, chunkBytes);
      expect(units).toHaveLength(PICTURES[name]);
      expect(Buffer.concat(units.map(({ data }) => data)).equals(stream)).toBe(true);
      expect(counters).toMatchObject({ units: PICTURES[name], bytesWithoutStartCode: 0, droppedTooLarge: 0 });
    }
  });

  it('gives each picture at once when the pipe falls idle behind it', () => {
    const whole = assemble(h264Fixture(name)).units;
    const assembler = new AccessUnitAssembler();
    const received: AssembledUnit[] = [];
    let now = 0;
    for (const { data } of whole) {
      now += 40;
      expect(assembler.push(data, millis(now))).toEqual([]);
      expect(assembler.idle(millis(now + 3))).toBeUndefined();
      const unit = assembler.idle(millis(now + 4));
      if (unit) received.push(unit);
    }
    expect(received.map(({ data }) => data)).toEqual(whole.map(({ data }) => data));
    expect(received.every(({ endedBy }) => endedBy === 'idle')).toBe(true);
    expect(assembler.counters.splitByIdle).toBe(0);
    expect(assembler.pendingBytes).toBe(0);
  });
});

describe('idle', () => {
  it('has a deadline only while a picture is pending', () => {
    const assembler = new AccessUnitAssembler({ idleMs: millis(6) });
    assembler.push(hex(SPS), millis(100));
    expect(assembler.deadlineMs).toBeUndefined();
    assembler.push(hex(IDR), millis(110));
    expect(assembler.deadlineMs).toBe(116);
    expect(assembler.idle(millis(115))).toBeUndefined();
    expect(typesOf([assembler.idle(millis(116)) as AssembledUnit])).toEqual(['7 5']);
    expect(assembler.deadlineMs).toBeUndefined();
  });

  it('keeps the start code that has begun for the next unit', () => {
    const assembler = new AccessUnitAssembler();
    for (const tail of ['00', '00 00', '00 00 00', '00 00 01', '00 00 00 01', '00 00 01 41']) {
      assembler.push(hex(`${IDR} ${tail}`), millis(0));
      expect(Buffer.from(assembler.idle(millis(50))?.data ?? []).toString('hex')).toBe('0000016588');
      const rest = hex('00 00 00 01 41 9a').subarray(
        tail === '00 00 01 41' ? 5 : hex(tail).byteLength + (tail === '00 00 01' ? 1 : 0),
      );
      assembler.push(rest, millis(60));
      expect(typesOf([assembler.idle(millis(110)) as AssembledUnit])).toEqual(['1']);
    }
    expect(assembler.counters).toMatchObject({ splitByIdle: 0, bytesWithoutStartCode: 0 });
  });

  it('waits longer once a pipe paused inside a picture, and says so', () => {
    const assembler = new AccessUnitAssembler({ idleMs: millis(4), maxIdleMs: millis(10) });

    assembler.push(hex(IDR), millis(0));
    assembler.idle(millis(4));
    assembler.push(hex(`11 22 33 ${P}`), millis(5)); // the rest of the IDR slice
    expect(assembler.counters).toMatchObject({ splitByIdle: 1, bytesWithoutStartCode: 3 });
    expect(assembler.deadlineMs).toBe(5 + 8);

    assembler.idle(millis(13));
    const units = assembler.push(hex(`${P_REST} ${P}`), millis(14)); // a later slice of that picture
    expect(typesOf(units)).toEqual(['1']);
    expect(assembler.counters.splitByIdle).toBe(2);
    expect(assembler.deadlineMs).toBe(14 + 10);
  });

  it('tells when the last byte of a unit came', () => {
    const assembler = new AccessUnitAssembler();
    const at = (dump: string, nowMs: number): (Millis | string)[] =>
      assembler.push(hex(dump), millis(nowMs)).flatMap(({ lastByteMs, endedBy }) => [lastByteMs, endedBy]);

    at(IDR, 10);
    at('11 22', 20);
    expect(at(P, 30)).toEqual([20, 'next-unit']);
    at('33 00 00', 40); // two bytes of the next start code
    expect(at('01 41 9a', 50)).toEqual([40, 'next-unit']);
    expect(at(`44 ${P}`, 60)).toEqual([60, 'next-unit']);
    expect(assembler.flush()).toMatchObject({ lastByteMs: 60, endedBy: 'flush' });
  });
});

describe('what an assembler leaves out, it counts', () => {
  it('bytes before the first start code', () => {
    const { units, counters } = assemble(hex(`ff d8 ff ${IDR}`), 1);
    expect(typesOf(units)).toEqual(['5']);
    expect(counters.bytesWithoutStartCode).toBe(3);
  });

  it('a unit that grows too large, and goes on with the next', () => {
    for (const chunkBytes of [10_000, 100, 1]) {
      const slice = `${P_REST} ${'ff '.repeat(300)}`;
      const stream = hex(`${P} ${slice} ${slice} ${slice} ${slice} ${P} ${IDR}`);
      const assembler = new AccessUnitAssembler({ maxUnitBytes: 1_000 });
      const { units, counters } = assemble(stream, chunkBytes, assembler);
      expect(typesOf(units)).toEqual(['1', '5']);
      expect(counters).toMatchObject({ droppedTooLarge: 1, bytesWithoutStartCode: 0 });
    }
  });

  it('and holds little more than the limit, whatever comes', () => {
    const assembler = new AccessUnitAssembler({ maxUnitBytes: 10_000 });
    const endless = new Uint8Array(1_000_000).fill(0xab);
    assembler.push(hex(P), millis(0));
    assembler.push(endless, millis(1));
    expect(assembler.pendingBytes).toBeLessThan(10);
    assembler.push(new Uint8Array(1_000_000), millis(2));
    expect(assembler.pendingBytes).toBeLessThan(10);
    expect(typesOf(assembler.push(hex(`${P} ${P}`), millis(3)))).toEqual(['1']);
    expect(assembler.counters.droppedTooLarge).toBe(1);
  });

  it('a unit of more NAL units than any camera sends', () => {
    const { units, counters } = assemble(hex(`${P} ${'00 00 01 0c ff '.repeat(9_000)} ${P} ${IDR}`), 1_000);
    expect(typesOf(units)).toEqual(['1', '5']);
    expect(counters.droppedTooLarge).toBe(1);
  });

  it('parameter sets without a picture at the end', () => {
    const { units, counters } = assemble(hex(`${IDR} ${SPS} ${PPS}`));
    expect(typesOf(units)).toEqual(['5']);
    expect(counters.droppedWithoutPicture).toBe(1);
  });
});

describe('an assembler', () => {
  it('hands over copies: later pushes change nothing, input stays as it was', () => {
    const assembler = new AccessUnitAssembler();
    const input = hex(`${IDR} ${P}`);
    const before = input.slice();
    const [unit] = assembler.push(input, millis(0));
    expect(input).toEqual(before);
    input.fill(0xee);
    assembler.push(hex(`${P} ${P}`), millis(1));
    expect(unit?.data).toEqual(hex(IDR));
  });

  it('starts anew after flush', () => {
    const assembler = new AccessUnitAssembler();
    assembler.push(hex(`${IDR} 00 00`), millis(0));
    expect(assembler.flush()?.data).toEqual(hex(IDR));
    assembler.push(hex(`01 41 ${P}`), millis(1));
    expect(assembler.counters.bytesWithoutStartCode).toBe(2);
    expect(assembler.flush()?.data).toEqual(hex(P));
    expect(assembler.flush()).toBeUndefined();
  });
});
