import { type Micros, micros } from '@pinhole/core';

const LARGEST_DRIFT_MS = 2;

/**
 * Makes a clock that tells UTC in microseconds: the wall clock, with the monotonic one in between its milliseconds.
 * Follows the wall clock when that is set.
 */
export function createCaptureClock(): () => Micros {
  let origin = Date.now() - performance.now();
  return () => {
    const elapsed = performance.now();
    const wall = Date.now();
    if (Math.abs(origin + elapsed - wall) > LARGEST_DRIFT_MS) origin = wall - elapsed;
    return micros(Math.round((origin + elapsed) * 1000));
  };
}
