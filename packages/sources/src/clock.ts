import { type Micros, type Millis, micros, millis } from '@pinhole/core';

/** Time as a source that makes or replays pictures needs it; tests give their own. */
export interface SourceClock {
  /** Never steps, origin unspecified: for deadlines and time stamps. */
  monotonicNow(): Millis;
  /** UTC: for capture times. */
  utcNow(): Micros;
  /**
   * Calls `run` once, no sooner than `delayMs` from now.
   * @returns a function that keeps it from being called.
   */
  after(delayMs: Millis, run: () => void): () => void;
}

/** `Date.now()` counts whole milliseconds and is slewed by NTP; further off than this, the wall clock was set. */
const STEP_MS = 25;

/** The machine's clock: UTC with microseconds, which follows the wall clock when that is set. */
export class SystemClock implements SourceClock {
  #utcOffsetMs = performance.timeOrigin;

  monotonicNow(): Millis {
    return millis(performance.now());
  }

  utcNow(): Micros {
    const monotonic = performance.now();
    const wall = Date.now();
    if (Math.abs(wall - (monotonic + this.#utcOffsetMs)) > STEP_MS) this.#utcOffsetMs = wall - monotonic;
    return micros(Math.round((monotonic + this.#utcOffsetMs) * 1000));
  }

  after(delayMs: Millis, run: () => void): () => void {
    const timer = setTimeout(run, Math.ceil(delayMs));
    return () => clearTimeout(timer);
  }
}
