/** A disk serves two readers better than one; more keep it from those who record. */
const AT_ONCE = 2;

/**
 * Lets everybody do a small piece of work in turn, first come, first served: who has much to do waits behind the others after
 * each piece. Between two pieces the event loop does what else there is, live pictures above all.
 */
export class FairTurns {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Does the work when its turn comes. @throws what it throws */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < AT_ONCE) this.#running++;
    else
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    try {
      return await work();
    } finally {
      setImmediate(() => this.#pass());
    }
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running--;
  }
}
