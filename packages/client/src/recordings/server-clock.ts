import { type Micros, micros } from '@pinhole/core';
import { localNow } from '../clock/local-clock.ts';

/** The server's clock as its answers tell it: whole seconds, so each answer only says between which moments it is. */
export class ServerClock {
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  /** Learns from an answer to a request that was sent at `sentMs` on the local clock. */
  heard({ headers }: Response, sentMs: number): void {
    const date = Date.parse(headers.get('date') ?? '');
    if (Number.isNaN(date)) return;
    const least = date - localNow();
    const most = date + 1000 - sentMs;
    // One of the clocks was set: what was known no longer holds.
    const fits = least <= this.#most && most >= this.#least;
    this.#least = fits ? Math.max(this.#least, least) : least;
    this.#most = fits ? Math.min(this.#most, most) : most;
  }

  /** What time it is there, UTC; by the local clock until an answer came. */
  now(): Micros {
    const offset = Number.isFinite(this.#least) ? (this.#least + this.#most) / 2 : 0;
    return micros(Math.round((localNow() + offset) * 1000));
  }
}
