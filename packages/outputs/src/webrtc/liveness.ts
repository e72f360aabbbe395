import { type Micros, micros } from '@pinhole/core';

/** `heard` is told this often at most. */
const HEARD_EVERY = micros(500_000);

/** A viewer that is there reports at least once a second. */
const SILENT_AFTER = micros(3_500_000);

/** Whether a viewer is still there, by what is heard of it. */
export class Liveness {
  #heardAt: Micros | undefined;
  #toldAt = micros(Number.NEGATIVE_INFINITY);
  #silent = false;

  /** It connected. */
  begin(now: Micros): void {
    this.#heardAt = now;
  }

  /** @returns whether that is worth telling. */
  hear(now: Micros): boolean {
    this.#heardAt = now;
    if (now - this.#toldAt < HEARD_EVERY && !this.#silent) return false;
    this.#silent = false;
    this.#toldAt = now;
    return true;
  }

  /** @returns whether it fell silent since the last time. */
  fellSilent(now: Micros): boolean {
    if (this.#silent || this.#heardAt === undefined || now - this.#heardAt <= SILENT_AFTER) return false;
    this.#silent = true;
    return true;
  }
}
