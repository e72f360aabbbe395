import { type Micros, micros } from '@pinhole/core';

/** When a frame was taken out of its slot. */
export interface TakenAt {
  /** By the writer's clock, in seconds. */
  readonly writerSeconds: number;
  /** The same moment in UTC. */
  readonly utc: Micros;
}

/** A writer's stamp is believed when its picture is no older than this, and no younger; it may come from another clock. */
const MAX_AGE = micros(10_000_000);
const MAX_AHEAD = micros(20_000);

/** Stamps are rounded, and clocks read one after the other. */
const CLOSE_SECONDS = 0.002;

/** Two clocks are read one after the other, so each offset is off by a little; beyond the step a clock was set. */
const WEIGHT = 1 / 16;
const STEP = micros(50_000);

/**
 * What the writer's clock says, where that is one of several: by the right one a picture is no more than a moment old, and by
 * none is it from the future.
 */
export function likelySeconds(grabbedSeconds: number, clocks: readonly number[]): number {
  const ages = clocks.map((seconds) => seconds - grabbedSeconds);
  const past = ages.filter((age) => age > -CLOSE_SECONDS);
  return grabbedSeconds + (past.length > 0 ? Math.min(...past) : Math.max(...ages));
}

/** Dates pictures in UTC from the stamps of a writer, who counts seconds since the machine was started. */
export class WriterTimes {
  #offset: number | undefined;

  /**
   * When a picture was taken.
   * @param grabbedSeconds the writer's stamp; 0 for placeholders, which are dated by when they came
   */
  date(grabbedSeconds: number, { writerSeconds, utc }: TakenAt): Micros {
    const offset = utc - writerSeconds * 1e6;
    const before = this.#offset;
    this.#offset =
      before === undefined || Math.abs(offset - before) > STEP ? offset : before + (offset - before) * WEIGHT;
    if (grabbedSeconds === 0) return utc;
    const captureTime = micros(Math.round(grabbedSeconds * 1e6 + this.#offset));
    const age = utc - captureTime;
    return age > MAX_AGE || age + MAX_AHEAD < 0 ? utc : micros(Math.min(utc, captureTime));
  }
}
