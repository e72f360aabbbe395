import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import type { CapturedFrame } from '../device/v4l2-access.ts';
import { FrameDates } from './frame-dates.ts';
import type { BufferLine } from './parse-buffer-line.ts';

const UTC_ORIGIN = 1_700_000_000_000_000;

function rig(): {
  readonly dates: FrameDates;
  readonly handed: CapturedFrame[];
  readonly at: (monotonic: number) => void;
} {
  let now = 0;
  const handed: CapturedFrame[] = [];
  const clock = { monotonicNow: () => micros(now), utcNow: () => micros(UTC_ORIGIN + now) };
  const dates = new FrameDates(clock, (frame) => handed.push(frame));
  return {
    dates,
    handed,
    at: (monotonic) => {
      now = monotonic;
    },
  };
}

const line = (sequence: number, monotonic: number | undefined, sizeBytes = 3): BufferLine => ({
  sequence,
  sizeBytes,
  monotonic: monotonic === undefined ? undefined : micros(monotonic),
  written: true,
});
const frame = (sizeBytes = 3): Uint8Array => new Uint8Array(sizeBytes);
const offsets = (handed: readonly CapturedFrame[]): number[] =>
  handed.map(({ captureTime }) => captureTime - UTC_ORIGIN);

describe('FrameDates', () => {
  it('hands a frame over when its word comes, dated by the driver', () => {
    const { dates, handed, at } = rig();

    at(1_040_000);
    dates.frame(frame());
    expect(handed).toEqual([]);
    dates.line(line(0, 1_000_000));

    expect(offsets(handed)).toEqual([1_000_000]);
  });

  it('takes words and frames of a busy moment in their order', () => {
    const { dates, handed, at } = rig();

    at(1_100_000);
    for (let i = 0; i < 3; i++) dates.frame(frame());
    for (let i = 0; i < 3; i++) dates.line(line(i, 1_000_000 + i * 33_000));
    dates.line(line(3, 1_099_000));
    dates.frame(frame());

    expect(offsets(handed)).toEqual([1_000_000, 1_033_000, 1_066_000, 1_099_000]);
    expect(dates.counters).toEqual({ frames: 4, lostFrames: 0, datedByArrival: 0 });
  });

  it('dates a frame by its arrival that waited in vain, and does not give its late word to the next', () => {
    const { dates, handed, at } = rig();

    at(1_040_000);
    dates.frame(frame());
    dates.flush();
    dates.line(line(0, 1_000_000));
    at(1_075_000);
    dates.frame(frame());
    dates.line(line(1, 1_033_000));

    expect(offsets(handed)).toEqual([1_040_000, 1_033_000]);
    expect(dates.counters.datedByArrival).toBe(1);
  });

  it.each([
    ['no time', undefined],
    ['a time of another clock', 5],
    ['a time to come', 9_000_000],
  ])('does not believe %s', (_, monotonic) => {
    const { dates, handed, at } = rig();

    at(5_000_000);
    dates.frame(frame());
    dates.line(line(0, monotonic));

    expect(offsets(handed)).toEqual([5_000_000]);
    expect(dates.counters.datedByArrival).toBe(1);
  });

  it('counts what the driver left out or marked as damaged', () => {
    const { dates } = rig();

    dates.line(line(7, 1));
    dates.line(line(10, 2));
    dates.line({ ...line(11, 3), written: false });

    expect(dates.counters.lostFrames).toBe(3);
  });

  it('does not gather without end what has no counterpart', () => {
    const { dates, handed } = rig();

    for (let i = 0; i < 100; i++) dates.frame(frame());

    expect(dates.waiting).toBeLessThanOrEqual(8);
    expect(handed.length).toBeGreaterThanOrEqual(92);
  });
});
