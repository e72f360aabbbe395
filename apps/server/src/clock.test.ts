import { describe, expect, it } from 'vitest';
import { createUtcClock } from './clock.ts';

describe('createUtcClock', () => {
  const readings = { monotonic: 1000, wall: 1000 };
  const clock = () => {
    Object.assign(readings, { monotonic: 1000, wall: 1000 });
    return createUtcClock({ monotonicMs: () => readings.monotonic, wallMs: () => readings.wall });
  };

  it('counts microseconds, whatever whole milliseconds the wall clock says', () => {
    const now = clock();
    Object.assign(readings, { monotonic: 1000.25, wall: 1000 });

    expect(now()).toBe(1_000_250);
  });

  it('goes forward with a wall clock that is set', () => {
    const now = clock();
    Object.assign(readings, { monotonic: 1001, wall: 9_000_000 });

    expect(now()).toBe(9_000_000_000);
  });

  it('never steps back', () => {
    const now = clock();
    const before = now();
    Object.assign(readings, { monotonic: 1001, wall: 5 });

    expect(now()).toBeGreaterThan(before);
  });
});
