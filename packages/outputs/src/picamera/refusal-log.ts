import type { Logger, Micros } from '@pinhole/core';
import { micros } from '@pinhole/core';

/** A viewer's refusals of one kind are told no more often. */
const LOG_EVERY = micros(10_000_000);

/** Tells of what a viewer was refused without letting it fill the log: each reason once in ten seconds, with how many came between. */
export class RefusalLog {
  readonly #log: Logger;
  readonly #now: () => Micros;
  readonly #told = new Map<string, { at: Micros; untold: number }>();

  constructor(log: Logger, now: () => Micros) {
    this.#log = log;
    this.#now = now;
  }

  /** Something was refused. */
  note(reason: string, why: string): void {
    const now = this.#now();
    const told = this.#told.get(reason);
    if (told !== undefined && now - told.at < LOG_EVERY) {
      told.untold++;
      return;
    }
    const untold = told?.untold ?? 0;
    this.#told.set(reason, { at: now, untold: 0 });
    this.#log.warn({ reason, why, ...(untold > 0 && { untold }) }, 'a viewer was refused something');
  }
}
