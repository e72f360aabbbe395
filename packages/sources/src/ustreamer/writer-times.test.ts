import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { likelySeconds, WriterTimes } from './writer-times.ts';

const UTC = Date.UTC(2026, 0, 2) * 1000;

describe('which of two clocks a writer has', () => {
  it.each([
    ['the one that is behind', 100, 110, 99.97, 100],
    ['the one that is ahead', 100, 110, 109.97, 110],
    ['either, as they say the same', 100, 100.001, 99.97, 100],
    ['none: what is nearest', 100, 110, 200, 110],
  ])('%s', (_, raw, monotonic, grabbed, expected) => {
    expect(likelySeconds(grabbed, [raw, monotonic])).toBeCloseTo(expected, 6);
  });
});

describe('the stamps of a writer', () => {
  it('are dated by the difference of the clocks', () => {
    const times = new WriterTimes();

    expect(times.date(1302.437, { writerSeconds: 1302.45, utc: micros(UTC) })).toBe(UTC - 13_000);
  });

  it('do not tremble with the moments at which clocks are read', () => {
    const times = new WriterTimes();
    const dated = Array.from({ length: 60 }, (_, i) => {
      const at = i / 30;
      const late = (i % 2) * 3000;
      return times.date(100 + at, { writerSeconds: 100.01 + at, utc: micros(UTC + at * 1e6 + late) });
    });

    const steps = dated.slice(30).map((time, i) => Math.abs(time - (dated[29 + i] ?? 0) - 1e6 / 30));
    expect(Math.max(...steps)).toBeLessThan(400);
  });

  it('follow a clock that was set at once', () => {
    const times = new WriterTimes();
    times.date(100, { writerSeconds: 100.01, utc: micros(UTC) });

    expect(times.date(101, { writerSeconds: 101.01, utc: micros(UTC + 3_601_000_000) })).toBe(
      UTC + 3_600_990_000,
    );
  });

  it.each([
    ['of a placeholder', 0],
    ['of another clock that is behind', 3],
    ['of another clock that is ahead', 200],
  ])('%s count for nothing', (_, grabbed) => {
    const times = new WriterTimes();

    expect(times.date(grabbed, { writerSeconds: 100, utc: micros(UTC) })).toBe(UTC);
  });

  it('never lie in the future', () => {
    const times = new WriterTimes();

    expect(times.date(100.005, { writerSeconds: 100, utc: micros(UTC) })).toBe(UTC);
  });
});
