import { type Micros, type Millis, micros, millis } from '@pinhole/core';

/** The wall clock counts whole milliseconds and is slewed by NTP; further ahead than this, somebody set it. */
const STEP_MS = 25;

/** Where a clock reads its time; tests give their own. */
export interface ClockReadings {
  /** UTC as it was known at the start, and never steps. */
  readonly monotonicMs: () => number;
  /** UTC as the machine knows it now. */
  readonly wallMs: () => number;
}

/**
 * Makes a clock of UTC microseconds that never steps back. It goes forward with the wall clock when that is set, as
 * happens on a board without a battery once the network is there; capture times do the same.
 */
export function createUtcClock({ monotonicMs, wallMs }: ClockReadings): () => Micros {
  let offsetMs = 0;
  return () => {
    const monotonic = monotonicMs();
    const wall = wallMs();
    if (wall - (monotonic + offsetMs) > STEP_MS) offsetMs = wall - monotonic;
    return micros(Math.round((monotonic + offsetMs) * 1000));
  };
}

/** UTC microseconds of this machine. The origin is that of the sources' clock, so that both agree to the microsecond. */
export const utcNow: () => Micros = createUtcClock({
  monotonicMs: () => performance.timeOrigin + performance.now(),
  wallMs: () => Date.now(),
});

/** Milliseconds of a clock that never steps. */
export const monotonicNow = (): Millis => millis(performance.now());
