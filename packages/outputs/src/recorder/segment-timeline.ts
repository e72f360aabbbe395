import { type Micros, micros } from '@pinhole/core';
import type { StreamUnit } from '@pinhole/engine';
import { FrameIntervalEstimator } from '@pinhole/media/fmp4';
import { elapsedBetween } from './segment-cut.ts';

/** Before two pictures have told the real one. */
const FIRST_INTERVAL = micros(33_333);

/** The usual time between pictures, as it is now. */
export class PictureInterval {
  readonly #estimator = new FrameIntervalEstimator(FIRST_INTERVAL);

  get interval(): Micros {
    return micros(this.#estimator.ticks);
  }

  /** Counts in the time from one picture to the next. */
  add(elapsed: Micros): void {
    if (elapsed > 0) this.#estimator.add(elapsed);
  }
}

/**
 * Where the pictures and the sound of one file lie on its time line, which begins at 0 with the first picture's decoding.
 * While the source's time line holds, a position is the exact difference of decode times, so nothing adds up.
 */
export class SegmentTimeline {
  #last: StreamUnit;
  #lastPosition = micros(0);

  constructor(first: StreamUnit) {
    this.#last = first;
  }

  /** Places the unit that follows the last one. */
  place(unit: StreamUnit, interval: Micros): Micros {
    const position = micros(this.#lastPosition + elapsedBetween(this.#last, unit, interval));
    this.#last = unit;
    this.#lastPosition = position;
    return position;
  }

  /** Where a presentation time of the source lies; below 0 before the file's beginning. */
  positionOf(pts: Micros): Micros {
    return micros(this.#lastPosition + (pts - this.#last.dts));
  }
}
