import { type Micros, micros } from '@pinhole/core';
import { TimestampUnwrapper } from '@pinhole/media/rtp';

/** RTP time and our own may drift apart by so much from a picture to the next; beyond it the camera set its time anew. */
const JUMP = micros(10_000_000);

/** Presentation times of RTP time stamps, from 0 at the first picture: past their wrap, and past jumps of the camera's. */
export class PresentationTimes {
  readonly #ticksPerSecond: number;
  #unwrapper = new TimestampUnwrapper();
  /** Of the unwrapped time stamp that is shown at 0. */
  #zeroTicks: number | undefined;
  #last: { readonly timestamp: number; readonly pts: Micros; readonly arrival: Micros } | undefined;
  #jumps = 0;

  constructor(ticksPerSecond: number) {
    this.#ticksPerSecond = ticksPerSecond;
  }

  /** Times the camera's time stamps jumped. */
  get jumps(): number {
    return this.#jumps;
  }

  /** The time of a picture. */
  of(timestamp: number, arrival: Micros): Micros {
    const ticks = this.#unwrapper.unwrap(timestamp);
    this.#zeroTicks ??= ticks;
    let pts = this.#micros(ticks - this.#zeroTicks);
    const last = this.#last;
    if (last !== undefined && Math.abs(pts - last.pts - (arrival - last.arrival)) > JUMP) {
      this.#jumps++;
      pts = micros(last.pts + Math.max(1, arrival - last.arrival));
      this.#zeroTicks = ticks - Math.round((pts / 1e6) * this.#ticksPerSecond);
    }
    this.#last = { timestamp, pts, arrival };
    return pts;
  }

  /** The time of a moment near the last picture; undefined before the first one. */
  near(timestamp: number): Micros | undefined {
    if (this.#last === undefined) return undefined;
    // The difference as a signed number of 32 bits.
    return micros(this.#last.pts + this.#micros((timestamp - this.#last.timestamp) | 0));
  }

  #micros(ticks: number): Micros {
    return micros(Math.round((ticks / this.#ticksPerSecond) * 1e6));
  }
}
