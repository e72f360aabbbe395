import { type Micros, micros } from '@pinhole/core';
import { type AudioFrame, Stream, type StreamUnit } from '@pinhole/engine';
import { boxesIn, type Fragment, parseFragment, parseMovie } from '@pinhole/media/fmp4';
import { joinAnnexB } from '@pinhole/media/h264';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { fixtureUnits } from '../../../../test/support/fixture-units.ts';
import { h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { SegmentMuxer } from './segment-muxer.ts';

const FRAGMENT = micros(500_000);
const INTERVAL = micros(40_000);

/** Pictures of a fixture as a stream hands them over, again and again, at these decode times. */
function streamUnits(name: 'baseline' | 'main-b-frames', times: readonly number[]): StreamUnit[] {
  const pictures = fixtureUnits(h264Fixture(name), { interval: INTERVAL });
  const stream = new Stream();
  const units: StreamUnit[] = [];
  stream.attach({ pressure: 0, write: (unit) => units.push(unit) }, { now: () => micros(0) });
  for (const [sequence, time] of times.entries()) {
    const { nalUnits, key, pts, dts } = pictures[sequence % pictures.length] ?? {
      nalUnits: [],
      key: false,
      pts: 0,
      dts: 0,
    };
    const at = micros(time);
    const shown = micros(time + pts - dts);
    stream.write(
      { data: joinAnnexB(nalUnits), key, captureTime: micros(1e15 + time), pts: shown, dts: at, sequence },
      at,
    );
  }
  return units;
}

/** The whole file of these units. */
function mux(units: readonly StreamUnit[], { sound = [] }: { sound?: readonly AudioFrame[] } = {}) {
  const [first] = units;
  if (first === undefined) throw new Error('no units');
  const muxer = new SegmentMuxer({ first, fragment: FRAGMENT });
  const outcomes: string[] = [];
  let heard = 0;
  const chunks = units.flatMap((unit) => {
    for (let frame = sound[heard]; frame !== undefined && frame.pts < unit.dts; frame = sound[heard]) {
      outcomes.push(muxer.pushAudio(frame));
      heard++;
    }
    return muxer.push(unit, INTERVAL);
  });
  const { chunks: last, patches, duration } = muxer.finish(undefined, INTERVAL);
  const bytes = new Uint8Array(Buffer.concat([...chunks, ...last].map((chunk) => chunk.bytes)));
  for (const patch of patches) bytes.set(patch.bytes, patch.offset);
  return { bytes, duration, outcomes, fragments: fragmentsOf(bytes), units: [...chunks, ...last] };
}

function fragmentsOf(file: Uint8Array): readonly Fragment[] {
  const found: Fragment[] = [];
  let start = 0;
  for (const { type, offset, sizeBytes } of boxesIn(file)) {
    if (type === 'prft') start = offset;
    if (type === 'moof') found.push(parseFragment(file.subarray(start, offset + sizeBytes)));
  }
  return found;
}

const samplesOf = (fragments: readonly Fragment[], trackId = 1) =>
  fragments.flatMap(({ runs }) =>
    runs.filter((run) => run.trackId === trackId).flatMap(({ samples }) => samples),
  );

const every = (count: number, interval: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.round(i * interval));

describe('SegmentMuxer', () => {
  it('begins a fragment with each key unit and after half a second', () => {
    const { fragments, bytes } = mux(streamUnits('baseline', every(40, 100_000)));

    for (const { runs } of fragments) {
      const samples = runs[0]?.samples ?? [];
      const span = samples.reduce((sum, { durationTicks }) => sum + durationTicks, 0);
      expect(span).toBeLessThanOrEqual(45_000);
      expect(samples.slice(1).some(({ key }) => key)).toBe(false);
    }
    expect(parseMovie(bytes).duration).toBe(354_600);
  });

  it('tells B-frames as they are shown', () => {
    const units = streamUnits('main-b-frames', every(12, INTERVAL));

    const samples = samplesOf(mux(units).fragments);

    expect(
      samples.map(({ decodeTime, compositionOffsetTicks }) => decodeTime + compositionOffsetTicks),
    ).toEqual(units.map(({ pts }) => Math.round((pts * 9) / 100)));
  });

  test('whatever the times, pictures lie where they were decoded, gapless, and add up to the length', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 1_900_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(steps, (intervals) => {
        let at = 0;
        const times = [
          0,
          ...intervals.map((step) => {
            at += step;
            return at;
          }),
        ];

        const { fragments, duration, units } = mux(streamUnits('baseline', times));

        const samples = samplesOf(fragments);
        expect(samples.map(({ decodeTime }) => decodeTime)).toEqual(
          times.map((time) => Math.round((time * 9) / 100)),
        );
        for (const [index, { decodeTime, durationTicks }] of samples.entries()) {
          expect(decodeTime + durationTicks).toBe(
            samples[index + 1]?.decodeTime ?? Math.round((duration * 9) / 100),
          );
        }
        expect(duration).toBe((times.at(-1) ?? 0) + INTERVAL);
        expect(units.reduce((sum, chunk) => sum + chunk.units, 0)).toBe(times.length);
        for (const { producerTime, runs } of fragments) {
          const first = runs[0]?.samples[0];
          expect(producerTime?.mediaTime).toBe(
            (first?.decodeTime ?? 0) + (first?.compositionOffsetTicks ?? 0),
          );
          expect(Math.round((((producerTime?.captureTime ?? 0) - 1e15) * 9) / 100)).toBe(first?.decodeTime);
        }
      }),
      { numRuns: 50 },
    );
  });

  describe('sound', () => {
    const parameters = { codec: 'aac', sampleRate: 48_000, channels: 1 } as const;
    const frame = (index: number, at: Micros): AudioFrame => ({
      data: Uint8Array.of(index),
      parameters,
      captureTime: at,
      pts: at,
      duration: micros(21_333),
    });
    const times = every(30, INTERVAL);

    it('follows without a gap although its times were rounded', () => {
      const sound = Array.from({ length: 40 }, (_, i) =>
        frame(i, micros(Math.round((i * 1024e6) / 48_000) + (i % 3) * 500)),
      );

      const samples = samplesOf(mux(streamUnits('baseline', times), { sound }).fragments, 2);

      expect(samples.map(({ decodeTime }) => decodeTime)).toEqual(samples.map((_, i) => i * 1024));
    });

    it('is moved where some is missing, and never back', () => {
      const at = [0, 21_333, 42_667, 400_000, 421_333, 100_000, 442_667];
      const sound = at.map((time, index) => frame(index, micros(time)));
      const units = streamUnits('baseline', times);
      const [first] = units;
      if (first === undefined) throw new Error('no units');
      const muxer = new SegmentMuxer({ first, fragment: FRAGMENT });
      muxer.push(first, INTERVAL);

      const outcomes = sound.map((each) => muxer.pushAudio(each));

      expect(outcomes).toEqual(sound.map(() => 'taken'));
      expect(muxer.soundDropped).toBe(1);
      const { chunks } = muxer.finish(undefined, INTERVAL);
      const bytes = new Uint8Array(Buffer.concat(chunks.map((chunk) => chunk.bytes)));
      expect(samplesOf(fragmentsOf(bytes), 2).map(({ decodeTime }) => decodeTime)).toEqual([
        0, 1024, 2048, 19_200, 20_224, 21_248,
      ]);
    });

    it('from before the first picture, and of another kind, is not of this file', () => {
      const units = streamUnits(
        'baseline',
        times.map((time) => time + 1_000_000),
      );
      const [first] = units;
      if (first === undefined) throw new Error('no units');
      const muxer = new SegmentMuxer({ first, fragment: FRAGMENT });
      muxer.push(first, INTERVAL);

      expect(muxer.pushAudio(frame(0, micros(900_000)))).toBe('early');
      expect(muxer.pushAudio(frame(1, micros(1_000_000)))).toBe('taken');
      expect(
        muxer.pushAudio({ ...frame(2, micros(1_020_000)), parameters: { ...parameters, channels: 2 } }),
      ).toBe('unfit');
      expect(muxer.pushAudio({ ...frame(3, micros(1_020_000)), parameters: { ...parameters } })).toBe(
        'taken',
      );
    });
  });
});
