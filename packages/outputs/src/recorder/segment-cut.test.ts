import { micros } from '@pinhole/core';
import type { StreamParameters, StreamUnit } from '@pinhole/engine';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { boundaryAfter, cutBefore, elapsedBetween, type OpenSegment } from './segment-cut.ts';

const PARAMETERS: StreamParameters = {
  sps: new Uint8Array(),
  pps: [],
  codec: '',
  profileLevelId: '',
  width: 2,
  height: 2,
  bFrames: false,
};
const MINUTE = micros(60_000_000);
const INTERVAL = micros(40_000);
const NOON = Date.UTC(2026, 0, 1, 12) * 1000;

/** A unit so many seconds after noon; its decode time counts from another origin. */
const unit = (seconds: number, over: Partial<StreamUnit> = {}): StreamUnit => ({
  data: new Uint8Array(),
  nalUnits: [],
  droppable: false,
  key: true,
  captureTime: micros(NOON + seconds * 1e6),
  pts: micros(seconds * 1e6),
  dts: micros(seconds * 1e6),
  sequence: 0,
  parameters: PARAMETERS,
  ...over,
});

const open = (first: StreamUnit, last: StreamUnit, over: Partial<OpenSegment> = {}): OpenSegment => ({
  first,
  last,
  parameters: PARAMETERS,
  bytes: 1000,
  soundChanged: false,
  interval: INTERVAL,
  ...over,
});

describe('cutBefore', () => {
  it('begins with a key unit', () => {
    expect(cutBefore(unit(0, { key: false }), undefined, MINUTE)).toBeUndefined();
    expect(cutBefore(unit(0), undefined, MINUTE)).toBe('first');
  });

  it('ends on the minute, whenever it began', () => {
    const file = open(unit(37), unit(59.96));

    expect(cutBefore(unit(59.99), file, MINUTE)).toBeUndefined();
    expect(cutBefore(unit(60, { key: false }), file, MINUTE)).toBeUndefined();
    expect(cutBefore(unit(60), file, MINUTE)).toBe('boundary');
    expect(cutBefore(unit(61), open(unit(37), unit(60.96)), MINUTE)).toBe('boundary');
  });

  it('tells other parameters, sound, a large file', () => {
    const [first, last, next] = [unit(0), unit(1), unit(1.04)];

    expect(cutBefore({ ...next, parameters: { ...PARAMETERS } }, open(first, last), MINUTE)).toBe(
      'parameters',
    );
    expect(cutBefore(next, open(first, last, { soundChanged: true }), MINUTE)).toBe('sound');
    expect(cutBefore(next, open(first, last, { bytes: 4_000_000_001 }), MINUTE)).toBe('size');
    expect(cutBefore(next, open(first, last), MINUTE)).toBeUndefined();
  });

  it('tells a gap from a slow camera', () => {
    const file = open(unit(0), unit(1));

    expect(cutBefore(unit(3), file, MINUTE)).toBeUndefined();
    expect(cutBefore(unit(3.1), file, MINUTE)).toBe('gap');
    expect(
      cutBefore(unit(11), open(unit(0), unit(1), { interval: micros(5_000_000) }), MINUTE),
    ).toBeUndefined();
  });

  it('tells a clock that was set, and not a network that was slow for a moment', () => {
    const first = unit(0);
    const stepped = unit(5, { captureTime: micros(NOON + 5e6 - 3.6e9) });
    const late = unit(5, { captureTime: micros(NOON + 5.9e6) });

    expect(cutBefore(stepped, open(first, unit(4.96)), MINUTE)).toBe('clock');
    expect(cutBefore(late, open(first, unit(4.96)), MINUTE)).toBeUndefined();
  });
});

test('a boundary is a multiple of the length, and the next one', () => {
  fc.assert(
    fc.property(fc.nat(4e15), fc.integer({ min: 1e5, max: 4.32e10 }), (time, length) => {
      const boundary = boundaryAfter(micros(time), micros(length));

      expect(boundary % length).toBe(0);
      expect(boundary).toBeGreaterThan(time);
      expect(boundary - time).toBeLessThanOrEqual(length);
    }),
  );
  expect(boundaryAfter(micros(5), micros(Number.POSITIVE_INFINITY))).toBe(Number.POSITIVE_INFINITY);
});

describe('elapsedBetween', () => {
  it.each([
    ['the decode times, as long as they hold', { dts: 0.04, capture: 0.09 }, 0.04],
    ['them too when the clock was set', { dts: 0.04, capture: -3600 }, 0.04],
    ['them too over a pause that the clock has seen', { dts: 30, capture: 29.5 }, 30],
    ['the capture times when the source began anew', { dts: -500, capture: 0.5 }, 0.5],
    ['the capture times when decode times leap', { dts: 90_000, capture: 0.08 }, 0.08],
    ['the usual interval when both make no sense', { dts: -500, capture: -1 }, 0.04],
  ])('is %s', (_, { dts, capture }, seconds) => {
    const next = unit(0, { dts: micros(dts * 1e6), captureTime: micros(NOON + capture * 1e6) });

    expect(elapsedBetween(unit(0), next, INTERVAL)).toBe(seconds * 1e6);
  });

  test('whatever the clocks say, time neither steps back nor leaps beyond an hour', () => {
    const time = fc.integer({ min: -1e13, max: 1e13 });
    fc.assert(
      fc.property(time, time, (dts, capture) => {
        const next = unit(0, { dts: micros(dts), captureTime: micros(NOON + capture) });
        const elapsed = elapsedBetween(unit(0), next, INTERVAL);

        expect(elapsed).toBeGreaterThanOrEqual(0);
        expect(elapsed).toBeLessThanOrEqual(3_600_000_000);
      }),
    );
  });
});
