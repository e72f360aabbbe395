import { type Millis, millis } from '@pinhole/core';
import type { SourceClock } from '../clock.ts';

/** Waits for further changes so long after each, so that a panel that sends five at once costs one restart. */
const QUIET_MS = millis(150);
/** And no longer than this after the first, however long somebody drags a slider. */
const LONGEST_MS = millis(750);

/** Gathers changes that come close together into one call. */
export class ChangeWindow {
  readonly #clock: SourceClock;
  readonly #apply: () => void;
  #firstAt: Millis | undefined;
  #cancel: () => void = () => {};

  /** `apply` is called once for each bunch of changes. */
  constructor(clock: SourceClock, apply: () => void) {
    this.#clock = clock;
    this.#apply = apply;
  }

  /** One more change. */
  add(): void {
    const now = this.#clock.monotonicNow();
    this.#firstAt ??= now;
    this.#cancel();
    const delayMs = millis(Math.max(0, Math.min(QUIET_MS, this.#firstAt + LONGEST_MS - now)));
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#firstAt = undefined;
      this.#apply();
    });
  }

  /** Forgets what was gathered. */
  clear(): void {
    this.#firstAt = undefined;
    this.#cancel();
  }
}
