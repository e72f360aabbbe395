import { type Micros, micros, microsToTicks } from '@pinhole/core';
import { joinAvcc, NAL_TYPE, nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { fixtureUnits } from '../../../../test/support/fixture-units.ts';
import { h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { readFmp4 } from '../../../../test/support/read-fmp4.ts';
import { FragmentMuxer, type MuxedFragment } from './fragment-muxer.ts';
import { initSegment } from './init-segment.ts';

type FixtureName = Parameters<typeof h264Fixture>[0];

/** Init segments of a test stream, one for each SPS in it. */
function initSegmentsOf(name: FixtureName): Uint8Array[] {
  const nals = [...nalUnits(h264Fixture(name))];
  const ofType = (type: number) => nals.filter((nal) => nalType(nal) === type);
  const [pps] = ofType(NAL_TYPE.pps);
  const segments = ofType(NAL_TYPE.sps).map((sps) => {
    const { width, height } = parseSps(sps);
    return Buffer.from(initSegment({ sps, pps: pps ? [pps] : [], width, height })).toString('latin1');
  });
  return [...new Set(segments)].map((segment) => Uint8Array.from(Buffer.from(segment, 'latin1')));
}

/** What a sample holds: its NAL units without parameter sets and delimiters, each behind its length. */
const sampleOf = (nals: readonly Uint8Array[]): Uint8Array =>
  joinAvcc(
    nals.filter(
      (nal) => ![NAL_TYPE.sps, NAL_TYPE.pps, NAL_TYPE.accessUnitDelimiter].includes(nalType(nal) as 7),
    ),
  );

const frame = (at: number): Parameters<FragmentMuxer['push']>[0] => ({
  nalUnits: [hex('41 9a')],
  key: false,
  pts: micros(at),
  dts: micros(at),
});

/** Pushes frames at these times; no B-frames. */
const muxAt = (times: readonly number[], muxer = new FragmentMuxer()): MuxedFragment[] =>
  times.map((at) => muxer.push(frame(at)));

const regular = (count: number, interval: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.round(i * interval));

describe('FragmentMuxer', () => {
  it.each<{ name: FixtureName; interval: Micros }>([
    { name: 'baseline', interval: micros(40_000) },
    { name: 'high-slices', interval: micros(1_001_000_000 / 30_000) },
    { name: 'main-b-frames', interval: micros(40_000) },
    { name: 'open-gop', interval: micros(16_667) },
  ])('mediabunny reads back bytes, times and key frames: $name', async ({ name, interval }) => {
    const units = fixtureUnits(h264Fixture(name), { interval });
    const muxer = new FragmentMuxer({ firstInterval: interval });

    const { packets } = await readFmp4([
      ...initSegmentsOf(name),
      ...units.map((unit) => muxer.push(unit).bytes),
    ]);

    expect(packets.map(({ bytes }) => bytes)).toEqual(units.map((unit) => sampleOf(unit.nalUnits)));
    expect(packets.map(({ key }) => key)).toEqual(units.map(({ key }) => key));
    expect(packets.map(({ timestamp }) => Math.round(timestamp * 90_000))).toEqual(
      units.map(({ pts }) => microsToTicks(pts)),
    );
    for (const { duration } of packets) expect(duration * 1e6).toBeCloseTo(interval, -2);
  });

  it('shows B-frames out of the order in which they are decoded', () => {
    const units = fixtureUnits(h264Fixture('main-b-frames'), { interval: micros(40_000) });
    const muxer = new FragmentMuxer({ firstInterval: micros(40_000) });

    const fragments = units.map((unit) => muxer.push(unit));
    const shown = fragments.map(({ presentationTime }) => presentationTime / 3600 - 2);

    // I, then each P before the two B-frames shown before it, in both GOPs.
    expect(shown).toEqual([0, 3, 1, 2, 5, 4, 6, 9, 7, 8, 11, 10]);
    expect(fragments.map(({ decodeTime }) => decodeTime / 3600)).toEqual(units.map((_, i) => i));
  });

  it('goes on over a size change, which takes another init segment', async () => {
    const units = fixtureUnits(h264Fixture('size-change'), { interval: micros(40_000) });
    const [small, large, ...rest] = initSegmentsOf('size-change');
    if (small === undefined || large === undefined) throw new Error('two sizes wanted');
    const muxer = new FragmentMuxer();
    const fragments = units.map((unit) => muxer.push(unit).bytes);
    const change = units.findLastIndex(({ key }) => key);

    const before = await readFmp4([small, ...fragments.slice(0, change)]);
    const after = await readFmp4([large, ...fragments.slice(change)]);

    expect(rest).toEqual([]);
    expect([before.codedWidth, before.codedHeight]).toEqual([64, 48]);
    expect([after.codedWidth, after.codedHeight]).toEqual([96, 64]);
    expect(after.packets[0]?.key).toBe(true);
    expect(after.packets.map(({ timestamp }) => Math.round(timestamp * 1e6))).toEqual(
      units.slice(change).map(({ pts }) => pts),
    );
  });

  it('does not drift in two hours of 29.97 frames a second', async () => {
    const times = regular(2 * 3600 * 30, 1_001_000_000 / 30_000);
    const muxer = new FragmentMuxer();

    let decodeEnd = 0;
    let worstLag = 0;
    let gaps = 0;
    const tail: Uint8Array[] = [];
    for (const [index, at] of times.entries()) {
      const { bytes, decodeTime, durationTicks, presentationTime } = muxer.push(frame(at));
      if (decodeTime !== decodeEnd) gaps++;
      decodeEnd = decodeTime + durationTicks;
      worstLag = Math.max(worstLag, Math.abs(decodeTime - index * 3003));
      if (presentationTime !== index * 3003) gaps++;
      if (index >= times.length - 3) tail.push(bytes);
    }
    const { packets } = await readFmp4([...initSegmentsOf('baseline'), ...tail]);

    expect(gaps).toBe(0);
    // 3000 is what the first frame was taken to last.
    expect(worstLag).toBeLessThanOrEqual(4);
    expect(packets.at(-1)?.timestamp).toBeCloseTo(((times.length - 1) * 1001) / 30_000, 4);
    expect(packets.at(-1)?.duration).toBeCloseTo(1001 / 30_000, 4);
  });

  test('whatever the frame times, presentation is exact and decoding gapless and never far from it', () => {
    const intervals = fc.array(
      fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 15_000, max: 110_000 }) },
        { weight: 1, arbitrary: fc.constantFrom(0, 1, 2_000_000) },
      ),
      { minLength: 1, maxLength: 200 },
    );
    fc.assert(
      fc.property(intervals, fc.integer({ min: 0, max: 2 ** 50 }), (steps, start) => {
        const times = [start];
        for (const step of steps) times.push((times.at(-1) ?? 0) + step);

        const fragments = muxAt(times);

        let decodeEnd = 0;
        for (const [index, { decodeTime, durationTicks, presentationTime }] of fragments.entries()) {
          expect(presentationTime).toBe(microsToTicks(micros((times[index] ?? 0) - start)));
          expect(decodeTime).toBe(decodeEnd);
          expect(durationTicks).toBeGreaterThan(0);
          decodeEnd = decodeTime + durationTicks;
        }
      }),
    );
  });

  it.each([
    [
      'one frame comes a second late',
      [...regular(30, 33_333), ...regular(90, 33_333).map((t) => t + 2_000_000)],
    ],
    [
      'the rate falls to a third',
      [...regular(30, 33_333), ...regular(90, 100_000).map((t) => t + 1_100_000)],
    ],
    ['the rate trebles', [...regular(30, 100_000), ...regular(90, 33_333).map((t) => t + 3_000_000)]],
    ['frames come in bursts', regular(240, 40_000).map((t, i) => t - (i % 4) * 39_999 + 160_000)],
  ])('decode times come back to the frames when %s', (_, times) => {
    const fragments = muxAt(times);

    const last = fragments
      .slice(-20)
      .map(({ decodeTime, presentationTime }) => presentationTime - decodeTime);
    const interval = ((times.at(-1) ?? 0) - (times.at(-21) ?? 0)) / 20;
    expect(Math.max(...last.map(Math.abs))).toBeLessThan(20 * microsToTicks(micros(interval)));
    // What one frame claims of the buffer stays near what it lasts.
    const late = Math.max(...fragments.map(({ durationTicks }) => durationTicks));
    expect(late).toBeLessThan(0.25 * 90_000);
  });

  it.each([
    ['steps back', -5_000_000],
    ['pauses for longer than it may', 60_000_000],
  ])('begins a new time line behind the old one when the source %s', (_, jump) => {
    const muxer = new FragmentMuxer();
    const start = 100_000_000;
    const old = muxAt(
      regular(10, 40_000).map((t) => t + start),
      muxer,
    );
    const next = muxAt(
      regular(10, 40_000).map((t) => t + start + jump),
      muxer,
    );

    const end = (old.at(-1)?.decodeTime ?? 0) + (old.at(-1)?.durationTicks ?? 0);
    expect(next.map(({ presentationTime }) => presentationTime)).toEqual(
      regular(10, 40_000).map((t) => end + microsToTicks(micros(t))),
    );
    expect(muxer.counters).toEqual({ fragments: 20, timelineBreaks: 1 });
  });

  it('does not change what it is given', () => {
    const unit = frame(0);

    new FragmentMuxer().push(unit);

    expect(unit).toEqual(frame(0));
  });
});
