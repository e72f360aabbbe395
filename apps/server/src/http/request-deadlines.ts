import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Limits how long a request may take to arrive, body and all. Node's own limit knows no exception, and a stream of
 * pictures that somebody sends in has no end.
 */
export class RequestDeadlines {
  readonly #limitMs: number;
  readonly #timers = new WeakMap<IncomingMessage, NodeJS.Timeout>();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Watches over a request whose headers came; `late` is called when the rest has not, once at most. */
  watch(request: IncomingMessage, response: ServerResponse, late: () => void): void {
    const timer = setTimeout(() => {
      if (!request.complete && !request.destroyed) late();
    }, this.#limitMs);
    timer.unref();
    this.#timers.set(request, timer);
    const done = (): void => clearTimeout(timer);
    request.once('end', done);
    response.once('close', done);
  }

  /** This request may take as long as it likes. */
  lift(request: IncomingMessage): void {
    clearTimeout(this.#timers.get(request));
  }
}
