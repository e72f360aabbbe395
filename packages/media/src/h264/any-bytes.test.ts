import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { H264_FIXTURES, h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { AccessUnitAssembler } from './access-unit-assembler.ts';
import { findStartCode, nalUnits } from './annex-b.ts';
import type { AssembledUnit } from './assembled-unit.ts';
import { parseAvcDecoderConfiguration } from './avc-decoder-configuration.ts';
import { type AvccLengthSize, splitAvcc } from './avcc.ts';
import { removeEmulationPrevention } from './emulation-prevention.ts';
import { lowDelaySps } from './low-delay-sps.ts';
import { NAL_TYPE, nalType } from './nal-type.ts';
import { ParameterSets } from './parameter-sets.ts';
import { PictureOrderInspector } from './picture-order-inspector.ts';
import { parsePps } from './pps.ts';
import { parseRecoveryPoint, parseSei } from './sei.ts';
import { parseSliceHeader, parseSliceStart, type SliceContext } from './slice-header.ts';
import { parseSps } from './sps.ts';

/** Whole numbers below `limit`, the same ones for the same seed (mulberry32). */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const STREAMS = H264_FIXTURES.map(h264Fixture);

const CONTEXTS: readonly SliceContext[] = STREAMS.flatMap((stream) => {
  const sets = new ParameterSets();
  for (const nal of nalUnits(stream)) sets.add(nal);
  return sets.contextOf(0) ?? [];
});

/** Gives `nal` to every parser; throws only when one throws something else than its documented error. */
function parseAll(nal: Uint8Array, context: SliceContext | undefined): readonly string[] {
  const parsers = [parseSps, parsePps, parseSei, parseRecoveryPoint, parseSliceStart, lowDelaySps];
  const readSlice = () => new ParameterSets().readSlice(nal);
  return [...parsers.map((parse) => codeOf(() => parse(nal))), codeOf(readSlice), parseFitting(nal, context)];
}

/** Gives `nal` to the parser of its type. */
function parseFitting(nal: Uint8Array, context: SliceContext | undefined): string {
  return codeOf(() => {
    const type = nalType(nal);
    if (type === NAL_TYPE.sps) expectLowDelay(nal);
    else if (type === NAL_TYPE.pps) parsePps(nal);
    else if (type === NAL_TYPE.sei) parseRecoveryPoint(nal);
    else if (context) parseSliceHeader(nal, context);
  });
}

function expectLowDelay(nal: Uint8Array): void {
  const rewritten = lowDelaySps(nal);
  if (rewritten === nal) return;
  const before = parseSps(nal);
  const after = parseSps(rewritten);
  const { width, height, maxNumRefFrames, framesPerSecond } = before;
  expect(after).toMatchObject({ width, height, maxNumRefFrames, maxNumReorderFrames: 0 });
  expect(after.framesPerSecond).toBe(framesPerSecond);
  expect(findStartCode(rewritten, 0)).toBe(-1);
}

/** What libFuzzer does to an input: flips bits, cuts, doubles, overwrites, puts two inputs together. */
function mutate(stream: Uint8Array, random: (limit: number) => number): Uint8Array {
  let bytes: Uint8Array = stream.slice();
  for (let change = 1 + random(6); change > 0 && bytes.byteLength > 0; change--) {
    const from = random(bytes.byteLength);
    const to = from + random(Math.min(bytes.byteLength - from, 200) + 1);
    const part = bytes.subarray(from, to);
    const kind = random(7);
    if (kind === 0) bytes[from] = (bytes[from] ?? 0) ^ (1 << random(8));
    else if (kind === 1) bytes[from] = random(256);
    else if (kind === 2) bytes = bytes.slice(0, to);
    else if (kind === 3) bytes = concat(bytes.subarray(0, from), bytes.subarray(to));
    else if (kind === 4) bytes = concat(bytes.subarray(0, to), part, bytes.subarray(to));
    else if (kind === 5) part.fill(random(3) === 0 ? 0xff : random(2));
    else bytes = concat(bytes.subarray(0, from), pick(STREAMS, random).subarray(random(400)));
  }
  return bytes.subarray(0, 20_000);
}

const concat = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

function pick<T>(list: readonly T[], random: (limit: number) => number): T {
  return list[random(list.length)] as T;
}

describe('any bytes at all', () => {
  it('either parse or throw MalformedError with an h264 code: 120 000 random NAL units', () => {
    const random = seeded(1);
    const seen = new Set<string>();
    for (let round = 0; round < 120_000; round++) {
      const nal = Uint8Array.from({ length: random(48) }, () => random(random(4) === 0 ? 4 : 256));
      // Most get a header that some parser takes, and a profile that the SPS parser knows.
      if (nal.byteLength > 4 && random(8) > 0) nal.set([pick([0x67, 0x68, 0x06, 0x65, 0x41, 0x01], random)]);
      if (nal.byteLength > 1 && nalType(nal) === 7) nal.set([pick([66, 77, 100, 122, 244], random)], 1);
      const context = pick(CONTEXTS, random);
      seen.add(parseFitting(nal, context));
      if (round % 16 === 0) for (const code of parseAll(nal, context)) seen.add(code);
    }
    expect([...seen].filter((code) => code !== 'parsed' && !code.startsWith('h264/'))).toEqual([]);
    expect([...seen].sort()).toEqual([
      'h264/exp-golomb',
      'h264/nal-type',
      'h264/parameter-sets-missing',
      'h264/pps',
      'h264/slice-header',
      'h264/sps',
      'h264/truncated',
      'parsed',
    ]);
  }, 60_000);

  it('either split as AVCC and read as avcC or throw MalformedError: 20 000 random ones', () => {
    const random = seeded(2);
    for (let round = 0; round < 20_000; round++) {
      const bytes = Uint8Array.from({ length: random(40) }, () => random(random(2) === 0 ? 4 : 256));
      const size = pick<AvccLengthSize>([1, 2, 4], random);
      expect(codeOf(() => splitAvcc(bytes, size))).toMatch(/^(parsed|h264\/avcc)$/);
      if (bytes.byteLength > 0) bytes[0] = 1;
      const code = codeOf(() => parseAvcDecoderConfiguration(bytes));
      expect(code).toMatch(/^(parsed|h264\/avc-decoder-configuration)$/);
    }
  });
});

/** All units of `stream`, pushed in chunks of up to `maxChunk` bytes. */
function assemble(
  stream: Uint8Array,
  nextChunk: () => number,
  assembler: AccessUnitAssembler,
): AssembledUnit[] {
  const units: AssembledUnit[] = [];
  for (let at = 0; at < stream.byteLength; ) {
    const length = nextChunk();
    units.push(...assembler.push(stream.subarray(at, at + length), millis(at)));
    at += length;
  }
  const last = assembler.flush();
  return last ? [...units, last] : units;
}

describe('mutated real streams', () => {
  it('never make a parser or the inspector throw anything else: 5 000 of them', () => {
    const random = seeded(3);
    let parsed = 0;
    for (let round = 0; round < 5_000; round++) {
      const stream = mutate(pick(STREAMS, random), random);
      const inspector = new PictureOrderInspector();
      const nals = [...nalUnits(stream)];
      for (const nal of nals.slice(0, 12)) {
        if (parseFitting(nal, pick(CONTEXTS, random)) === 'parsed') parsed++;
        inspector.inspect([nal]);
        removeEmulationPrevention(nal);
      }
      inspector.inspect(nals);
    }
    expect(parsed).toBeGreaterThan(20_000);
  }, 60_000);

  it('give the same units in chunks of any size, and pass on every NAL unit: 3 000 of them', () => {
    const random = seeded(4);
    for (let round = 0; round < 3_000; round++) {
      const stream = mutate(pick(STREAMS, random), random);
      const whole = new AccessUnitAssembler();
      const inOne = assemble(stream, () => stream.byteLength, whole);
      const inParts = assemble(
        stream,
        () => 1 + random(random(4) === 0 ? 3 : 700),
        new AccessUnitAssembler(),
      );

      expect(inParts.map(({ data }) => Buffer.from(data).toString('latin1'))).toEqual(
        inOne.map(({ data }) => Buffer.from(data).toString('latin1')),
      );
      const passedOn = inOne.flatMap(({ data }) => [...nalUnits(data)]);
      const all = [...nalUnits(stream)];
      // Only parameter sets and messages behind the last picture may be missing.
      expect(Buffer.concat(passedOn).equals(Buffer.concat(all.slice(0, passedOn.length)))).toBe(true);
      const allPassedOn = passedOn.length === all.length;
      expect(allPassedOn || whole.counters.droppedWithoutPicture === 1).toBe(true);
    }
  }, 60_000);

  it('give no byte twice and none that was not there when the pipe falls idle anywhere: 2 000 of them', () => {
    const random = seeded(5);
    for (let round = 0; round < 2_000; round++) {
      const stream = mutate(pick(STREAMS, random), random);
      const assembler = new AccessUnitAssembler({ maxUnitBytes: 200 + random(20_000) });
      let now = 0;
      let at = 0;
      let cursor = 0;
      const take = ({ data }: AssembledUnit): void => {
        const found = Buffer.from(stream).indexOf(data, cursor);
        expect(found).toBeGreaterThanOrEqual(cursor);
        expect(findStartCode(data.subarray(0, 4), 0)).toBeGreaterThan(0);
        cursor = found + data.byteLength;
      };
      while (at < stream.byteLength) {
        const length = 1 + random(300);
        for (const unit of assembler.push(stream.subarray(at, at + length), millis(now))) take(unit);
        at += length;
        now += random(3) === 0 ? 50 : 1;
        const unit = assembler.idle(millis(now));
        if (unit) take(unit);
      }
      const last = assembler.flush();
      if (last) take(last);
    }
  }, 60_000);
});
