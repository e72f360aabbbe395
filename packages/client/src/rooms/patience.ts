import { RoomsError } from './rooms-error.ts';

/** How long a promise may take. */
export interface Patience {
  /** It rejects with `rooms/timeout` then. */
  readonly timeoutMs?: number;
  /** It rejects with `rooms/aborted` then. */
  readonly signal?: AbortSignal;
}

/** A promise that settles in any case: by whoever holds this, by time, or by its signal. */
export class Waiting<T> {
  readonly promise: Promise<T>;
  #resolve: (value: T) => void = () => {};
  #reject: (error: RoomsError) => void = () => {};
  #settled = false;
  readonly #free: () => void;

  constructor(what: string, { timeoutMs, signal }: Patience) {
    this.promise = new Promise<T>((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asked hears of it; a promise that nobody looks at ends no program.
    this.promise.catch(() => {});
    const late = (): void =>
      this.reject(new RoomsError('rooms/timeout', `${what} took more than ${timeoutMs} ms`));
    const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
    const aborted = (): void =>
      this.reject(new RoomsError('rooms/aborted', `${what} was given up`, { cause: signal?.reason }));
    signal?.addEventListener('abort', aborted);
    this.#free = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    };
    if (signal?.aborted) aborted();
  }

  get settled(): boolean {
    return this.#settled;
  }

  resolve(value: T): void {
    if (this.#settle()) this.#resolve(value);
  }

  reject(error: RoomsError): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#free?.();
    return true;
  }
}
