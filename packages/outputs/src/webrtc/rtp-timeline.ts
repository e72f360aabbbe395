import { type Micros, micros, microsToTicks } from '@pinhole/core';

/** A capture clock that moves further than this between two pictures was set, or the camera was away. */
const LONGEST_STEP = micros(10_000_000);

/** A capture clock that goes back no further than this only jitters. */
const LONGEST_JITTER = micros(500_000);

/**
 * Turns capture times into RTP time stamps: one straight line for a stream, the same for all its viewers, at 90 kHz of
 * the capture clock. Nothing is ever counted up by a configured frame rate, so nothing drifts.
 *
 * Time stamps rise from each picture to the next: a capture time that falls behind by jitter is taken as one tick later
 * than the picture before. When the capture clock was set, the line is moved so that the picture after it follows the
 * one before by what `pts` says, and sender reports tell the new relation.
 */
export class RtpTimeline {
  /** Where the line passes through; ticks unwrapped. */
  #anchor: { readonly ticks: number; readonly captureTime: Micros };
  #last: { readonly ticks: number; readonly captureTime: Micros; readonly pts: Micros } | undefined;
  #moves = 0;

  constructor(options: { readonly firstTicks: number; readonly captureTime: Micros }) {
    this.#anchor = { ticks: options.firstTicks, captureTime: options.captureTime };
  }

  /** How often the line had to be moved. */
  get moves(): number {
    return this.#moves;
  }

  /** The time stamp of the next picture in decoding order, 0…2^32−1. */
  next({ captureTime, pts }: { readonly captureTime: Micros; readonly pts: Micros }): number {
    const last = this.#last;
    if (last) {
      const step = captureTime - last.captureTime;
      if (step > LONGEST_STEP || step + LONGEST_JITTER < 0) {
        const shown = pts - last.pts;
        const gap = shown > 0 && shown <= LONGEST_STEP ? microsToTicks(micros(shown)) : 1;
        this.#anchor = { ticks: last.ticks + gap, captureTime };
        this.#moves++;
      }
    }
    const ticks = Math.max(this.#ticksAt(captureTime), (last?.ticks ?? Number.NEGATIVE_INFINITY) + 1);
    this.#last = { ticks, captureTime, pts };
    return modulo32(ticks);
  }

  /** The RTP time at any moment of the capture clock; for sender reports. */
  at(captureTime: Micros): number {
    return modulo32(this.#ticksAt(captureTime));
  }

  #ticksAt(captureTime: Micros): number {
    return this.#anchor.ticks + microsToTicks(micros(captureTime - this.#anchor.captureTime));
  }
}

const modulo32 = (ticks: number): number => ((ticks % 2 ** 32) + 2 ** 32) % 2 ** 32;
