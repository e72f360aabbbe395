import { setTimeout } from 'node:timers/promises';

/** No pause is shorter: a timer is not exact, and a burst of this length harms nobody. */
const SHORTEST_WAIT_MS = 5;

/** Time; tests give their own. */
export interface PaceOptions {
  /** Milliseconds of a clock that never steps. */
  readonly now?: () => number;
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Lets through so many bytes a second, for all who share it. */
export class Pace {
  readonly #bytesPerSecond: number;
  readonly #now: () => number;
  readonly #wait: NonNullable<PaceOptions['wait']>;
  /** Until when what was let through has taken its time. */
  #busyUntilMs = 0;

  constructor(bytesPerSecond: number, options: PaceOptions = {}) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#now = options.now ?? (() => performance.now());
    this.#wait = options.wait ?? ((ms, signal) => setTimeout(ms, undefined, signal && { signal }));
  }

  /** Resolves when so many bytes may go. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    if (!Number.isFinite(this.#bytesPerSecond)) return;
    const now = this.#now();
    const start = Math.max(now, this.#busyUntilMs);
    this.#busyUntilMs = start + (bytes * 1000) / this.#bytesPerSecond;
    if (start - now >= SHORTEST_WAIT_MS) await this.#wait(start - now, signal);
  }
}
