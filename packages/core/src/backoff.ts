import { type Millis, millis } from './units.ts';

/** How long to wait between tries. */
export interface BackoffOptions {
  /** Wait before the second try. */
  readonly firstMs: Millis;
  /** No wait is longer. */
  readonly maxMs: Millis;
  /** Source of jitter in [0, 1); tests give their own. */
  readonly random?: () => number;
}

/**
 * Capped exponential waits with jitter: each lies between half of its step and the step, steps double. Whoever opened
 * the connection owns the one instance; nobody else retries.
 */
export class Backoff {
  readonly #options: Required<BackoffOptions>;
  #tries = 0;

  constructor(options: BackoffOptions) {
    this.#options = { random: Math.random, ...options };
  }

  /** Tries that failed since the last success. */
  get tries(): number {
    return this.#tries;
  }

  /** The wait after one more failure. */
  next(): Millis {
    const { firstMs, maxMs, random } = this.#options;
    const step = Math.min(maxMs, firstMs * 2 ** Math.min(this.#tries, 30));
    this.#tries++;
    return millis(Math.round(step * (0.5 + 0.5 * random())));
  }

  /** Success: the next failure waits `firstMs` again. */
  reset(): void {
    this.#tries = 0;
  }
}
