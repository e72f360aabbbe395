import { type Logger, messageOf } from '@pinhole/core';

/** How a sweep is repeated. */
export interface PeriodicSweepOptions {
  readonly everyMs: number;
  readonly log: Logger;
}

/** Looks through the folders again and again, and never twice at a time. */
export class PeriodicSweep {
  readonly #sweep: (signal: AbortSignal) => Promise<unknown>;
  readonly #options: PeriodicSweepOptions;
  readonly #ending = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #fault: string | undefined;

  constructor(sweep: (signal: AbortSignal) => Promise<unknown>, options: PeriodicSweepOptions) {
    this.#sweep = sweep;
    this.#options = options;
  }

  /** Why the last one failed. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Begins the first one. */
  start(): void {
    void this.#once();
  }

  /** Does one that begins now or later. */
  async now(): Promise<void> {
    await this.#running;
    await this.#once();
  }

  /** Breaks off the one that runs, and begins no other. */
  async end(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  #once(): Promise<void> {
    clearTimeout(this.#timer);
    this.#running ??= this.#look().finally(() => {
      this.#running = undefined;
      if (this.#ending.signal.aborted) return;
      this.#timer = setTimeout(() => void this.#once(), this.#options.everyMs);
      this.#timer.unref();
    });
    return this.#running;
  }

  async #look(): Promise<void> {
    const { log } = this.#options;
    try {
      await this.#sweep(this.#ending.signal);
      if (this.#fault !== undefined) log.info({}, 'the recordings can be read again');
      this.#fault = undefined;
    } catch (thrown) {
      const fault = messageOf(thrown);
      if (this.#fault === undefined) log.warn({ error: fault }, 'the recordings cannot be looked through');
      this.#fault = fault;
    }
  }
}
