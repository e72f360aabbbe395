import type { Millis } from '@pinhole/core';

/** Waits that end when their time has come; whoever has the clock says when that is. */
export class Alarms {
  readonly #waiting = new Set<{ readonly at: Millis; readonly ring: () => void }>();

  /** Resolves at `at`, or when everything ends. */
  until(at: Millis): Promise<void> {
    return new Promise((ring) => {
      this.#waiting.add({ at, ring });
    });
  }

  /** Ends the waits whose time has come. */
  tick(now: Millis): void {
    for (const alarm of this.#waiting) if (now >= alarm.at) this.#end(alarm);
  }

  /** Ends them all. */
  close(): void {
    for (const alarm of this.#waiting) this.#end(alarm);
  }

  #end(alarm: { readonly at: Millis; readonly ring: () => void }): void {
    this.#waiting.delete(alarm);
    alarm.ring();
  }
}
