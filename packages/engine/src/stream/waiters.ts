import type { Micros, PinholeError } from '@pinhole/core';

interface Waiter {
  readonly deadline: Micros;
  /** Takes what it waits for, when that has come. @returns whether it had */
  readonly look: () => boolean;
  readonly reject: (error: PinholeError) => void;
}

/** Those who wait for something of a camera, each with a deadline. */
export class Waiters {
  readonly #waiting = new Set<Waiter>();

  /**
   * Waits until `look` finds something.
   * @throws {PinholeError} what `expire` or `refuse` was told, should that come first
   */
  wait<T>(look: () => T | undefined, deadline: Micros): Promise<T> {
    return new Promise((resolve, reject) => {
      const found = (): boolean => {
        const value = look();
        if (value !== undefined) resolve(value);
        return value !== undefined;
      };
      this.#waiting.add({ deadline, look: found, reject });
    });
  }

  /** Something came: whoever finds what it waits for is done. */
  look(): void {
    for (const waiter of this.#waiting) if (waiter.look()) this.#waiting.delete(waiter);
  }

  /** Ends those whose deadline has passed. */
  expire(now: Micros, error: () => PinholeError): void {
    for (const waiter of this.#waiting) {
      if (now < waiter.deadline) continue;
      this.#waiting.delete(waiter);
      waiter.reject(error());
    }
  }

  /** Ends all. */
  refuse(error: () => PinholeError): void {
    for (const waiter of this.#waiting) waiter.reject(error());
    this.#waiting.clear();
  }
}
