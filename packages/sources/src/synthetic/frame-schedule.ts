import { type Millis, millis } from '@pinhole/core';

/** A hair earlier than its moment is on time: timers and floating point are not exact. */
const TOLERANCE_MS = 0.001;

/**
 * When frames are due: at `start + n / framesPerSecond`, so that late timers neither shift the frames after them nor
 * make them burst. Frames whose moment has passed altogether are left out and counted.
 */
export class FrameSchedule {
  readonly #startMs: Millis;
  readonly #intervalMs: number;
  #next = 0;
  #skipped = 0;

  constructor(startMs: Millis, framesPerSecond: number) {
    this.#startMs = startMs;
    this.#intervalMs = 1000 / framesPerSecond;
  }

  /** Frames left out because they came too late. */
  get skipped(): number {
    return this.#skipped;
  }

  /** How long to wait for the next frame. */
  delay(now: Millis): Millis {
    return millis(Math.max(0, this.#startMs + this.#next * this.#intervalMs - now));
  }

  /** A frame is made now: leaves out those before it and moves on to the next. */
  take(now: Millis): void {
    const due = Math.floor((now - this.#startMs + TOLERANCE_MS) / this.#intervalMs);
    if (due > this.#next) {
      this.#skipped += due - this.#next;
      this.#next = due;
    }
    this.#next++;
  }
}
