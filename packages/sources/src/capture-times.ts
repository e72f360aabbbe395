import { type Micros, micros } from '@pinhole/core';

/** A camera's clock is believed when its pictures seem no older than this on arrival: encoding and the way take less. */
export const MAX_AGE = micros(1_000_000);

/** Nor younger than this: a picture cannot come before it was taken, but clocks differ a little. */
export const MAX_AHEAD = micros(20_000);

/** The estimate of the shortest way follows the drift between two quartzes (RFC 5905 takes 15 ppm, cheap ones have 100). */
const MAX_DRIFT = 200e-6;

/** Beyond it the camera's time stamps jumped, and what was learnt of them is void. */
const JUMP = micros(2_000_000);

/** Sender reports jitter by some milliseconds; a new one counts for so much until it differs by too much to be jitter. */
const REPORT_WEIGHT = 0.25;
const REPORT_STEP = micros(100_000);

/** UTC less presentation time, of one track, as far as it is known. */
export interface ClockOffsets {
  /** By the camera's clock, as its sender reports tell; it may be off by years, but is the same for all its tracks. */
  readonly camera: number | undefined;
  /** By ours, as if everything had come as fast as the fastest did. */
  readonly arrival: number | undefined;
}

/**
 * Dates when a picture was taken, in UTC, from the time stamp that its camera gave it (by RTP, or in an HTTP header).
 *
 * By the camera's clock, as its sender reports tell, while a picture's age on arrival by that clock lies between −20 ms
 * and 1 s. Else by ours: as if each picture had come as fast as the fastest one did, which takes the jitter of the way
 * out, but not the time that encoding and the way take at least. Either is never later than the arrival, and never falls
 * from a picture to one that is shown later, unless our own clock was set back.
 */
export class CaptureTimes {
  /** UTC less presentation time, by the camera's sender reports. */
  #cameraOffset: number | undefined;
  /** Arrival less presentation time, of the fastest picture. */
  #fastest: number | undefined;
  #last: { readonly pts: Micros; readonly arrival: Micros; readonly captureTime: Micros } | undefined;
  #by: 'camera' | 'arrival' = 'arrival';

  /** Whose clock dated the last picture. */
  get by(): 'camera' | 'arrival' {
    return this.#by;
  }

  get offsets(): ClockOffsets {
    return { camera: this.#cameraOffset, arrival: this.#fastest };
  }

  /** Takes a sender report: it was `utc` by the camera's clock at `pts`. */
  senderReport(utc: Micros, pts: Micros): void {
    const offset = utc - pts;
    const before = this.#cameraOffset;
    this.#cameraOffset =
      before === undefined || Math.abs(offset - before) > REPORT_STEP
        ? offset
        : before + (offset - before) * REPORT_WEIGHT;
  }

  /** When the picture shown at `pts` was taken; `arrival` is when the last of it came. */
  date(pts: Micros, arrival: Micros): Micros {
    const fastest = this.#followFastest(pts, arrival);
    const age =
      this.#cameraOffset === undefined ? Number.POSITIVE_INFINITY : arrival - (pts + this.#cameraOffset);
    this.#by = age + MAX_AHEAD >= 0 && age <= MAX_AGE ? 'camera' : 'arrival';
    const estimate = pts + (this.#by === 'camera' ? (this.#cameraOffset ?? fastest) : fastest);
    // A picture that is shown earlier than the last one (a B-frame) was taken earlier too.
    const floor =
      this.#last !== undefined && pts >= this.#last.pts ? this.#last.captureTime : Number.NEGATIVE_INFINITY;
    const captureTime = micros(Math.round(Math.min(arrival, Math.max(floor, estimate))));
    if (this.#last === undefined || pts >= this.#last.pts || this.#last.pts - pts > JUMP) {
      this.#last = { pts, arrival, captureTime };
    }
    return captureTime;
  }

  #followFastest(pts: Micros, arrival: Micros): number {
    const offset = arrival - pts;
    const before = this.#fastest;
    if (before === undefined || offset < before || offset - before > JUMP) {
      this.#fastest = offset;
      return offset;
    }
    const elapsed = Math.max(0, arrival - (this.#last?.arrival ?? arrival));
    this.#fastest = Math.min(offset, before + elapsed * MAX_DRIFT);
    return this.#fastest;
  }
}
