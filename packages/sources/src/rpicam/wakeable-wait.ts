import type { Abort, Millis } from '@pinhole/core';
import type { SourceClock } from '../clock.ts';

/** A wait that somebody may end before its time. */
export class WakeableWait {
  readonly #clock: SourceClock;
  #wake: () => void = () => {};

  /** Waits by this clock. */
  constructor(clock: SourceClock) {
    this.#clock = clock;
  }

  /** Resolves after `delayMs`, at `wake`, or when `signal` aborts. */
  wait(delayMs: Millis, signal: Abort): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal.removeEventListener('abort', wake);
        this.#wake = () => {};
        resolve();
      };
      this.#wake = wake;
      const cancel = this.#clock.after(delayMs, wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted) wake();
    });
  }

  /** Ends the wait there may be. */
  wake(): void {
    this.#wake();
  }
}
