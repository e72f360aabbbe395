import { type Millis, millis } from '@pinhole/core';
import type { SourceClock } from './clock.ts';

/** Notices that nothing came for too long. */
export class StallWatch {
  readonly #clock: SourceClock;
  readonly #stalled: () => void;
  #limitMs: Millis;
  #fedAt: Millis;
  #cancel: () => void = () => {};
  #over = false;

  /** Starts watching; `stalled` is called once at most, when `limitMs` passed without `feed`. */
  constructor(options: {
    readonly clock: SourceClock;
    readonly limitMs: Millis;
    readonly stalled: () => void;
  }) {
    this.#clock = options.clock;
    this.#stalled = options.stalled;
    this.#limitMs = options.limitMs;
    this.#fedAt = options.clock.monotonicNow();
    this.#wait(options.limitMs);
  }

  /** Something came; the next has to within `limitMs`. */
  feed(limitMs: Millis): void {
    const isSooner = limitMs < this.#limitMs;
    this.#limitMs = limitMs;
    this.#fedAt = this.#clock.monotonicNow();
    if (!isSooner || this.#over) return;
    this.#cancel();
    this.#wait(limitMs);
  }

  /** Ends watching. */
  stop(): void {
    this.#over = true;
    this.#cancel();
  }

  #wait(delayMs: Millis): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      const leftMs = this.#fedAt + this.#limitMs - this.#clock.monotonicNow();
      if (leftMs > 0) {
        this.#wait(millis(leftMs));
        return;
      }
      this.#over = true;
      this.#stalled();
    });
  }
}
