import { type Micros, micros } from '@pinhole/core';

/** Ticks of Opus a second, whatever was sampled (RFC 7587 §4.1). */
export const OPUS_TICKS_PER_SECOND = 48_000;

/** Capture times of sound jitter by less than this; beyond it something is missing, or a clock was set. */
const LONGEST_DRIFT_TICKS = 2880;

/**
 * RTP time stamps of one viewer's sound: frame follows frame by what it lasts, and only where the capture clock says
 * that something is missing there is a gap. `at` follows the capture clock all the same, so that sender reports tell how
 * both stand to each other however a sound card's clock drifts.
 */
export class SoundTimeline {
  #next: number;
  #last: { readonly ticks: number; readonly captureTime: Micros } | undefined;

  constructor(firstTicks: number) {
    this.#next = firstTicks;
  }

  /** The time stamp of the next frame, 0…2^32−1; `gap` when it does not follow the one before. */
  next(frame: { readonly captureTime: Micros; readonly duration: Micros }): {
    readonly timestamp: number;
    readonly gap: boolean;
  } {
    const late = this.#last ? this.#ticksAt(frame.captureTime, this.#last) - this.#next : 0;
    const gap = this.#last === undefined || Math.abs(late) > LONGEST_DRIFT_TICKS;
    // A clock that went back changes the relation to it, not the order of the frames.
    const ticks = gap && late > 0 ? this.#next + late : this.#next;
    this.#last = { ticks, captureTime: frame.captureTime };
    this.#next = ticks + ticksOf(frame.duration);
    return { timestamp: modulo32(ticks), gap };
  }

  /** The RTP time at a moment of the capture clock; undefined before the first frame. */
  at(captureTime: Micros): number | undefined {
    return this.#last && modulo32(this.#ticksAt(captureTime, this.#last));
  }

  #ticksAt(captureTime: Micros, last: { readonly ticks: number; readonly captureTime: Micros }): number {
    return last.ticks + ticksOf(micros(captureTime - last.captureTime));
  }
}

const ticksOf = (duration: Micros): number => Math.round((duration * OPUS_TICKS_PER_SECOND) / 1e6);

const modulo32 = (ticks: number): number => ((ticks % 2 ** 32) + 2 ** 32) % 2 ** 32;
