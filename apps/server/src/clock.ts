import { type Micros, type Millis, micros, millis } from '@pinhole/core';

/** UTC microseconds that never step back, even when somebody sets the machine's clock. */
export const utcNow = (): Micros => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

/** Milliseconds of a clock that never steps. */
export const monotonicNow = (): Millis => millis(performance.now());
