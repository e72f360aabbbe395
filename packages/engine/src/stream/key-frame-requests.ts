import { type Micros, micros } from '@pinhole/core';

/** What became of the wishes for a key frame. */
export interface KeyFrameRequestCounters {
  /** Wishes that went to the source. */
  readonly sent: number;
  /** Wishes that one already on its way answers, or that came too soon after it. */
  readonly coalesced: number;
}

/**
 * Turns any number of wishes for a key frame into as few requests to the encoder as answer them: one at a time, and
 * never two within `interval`. A wish that came too soon is not lost: it is sent once the interval is over, unless a key
 * frame came meanwhile.
 */
export class KeyFrameRequests {
  readonly #interval: Micros;
  readonly #send: () => void;
  #lastSentAt = micros(Number.NEGATIVE_INFINITY);
  #waiting = false;
  #sent = 0;
  #coalesced = 0;

  constructor(options: { readonly interval: Micros; readonly send: () => void }) {
    this.#interval = options.interval;
    this.#send = options.send;
  }

  get counters(): KeyFrameRequestCounters {
    return { sent: this.#sent, coalesced: this.#coalesced };
  }

  /** Whether a wish now would reach the source at once. */
  ready(now: Micros): boolean {
    return now - this.#lastSentAt >= this.#interval;
  }

  /** Wishes for a key frame. */
  request(now: Micros): void {
    if (!this.ready(now)) {
      this.#coalesced++;
      this.#waiting = true;
      return;
    }
    this.#waiting = false;
    this.#lastSentAt = now;
    this.#sent++;
    this.#send();
  }

  /** A key frame came: it answers every wish so far. */
  answered(): void {
    this.#waiting = false;
  }

  /** Sends the wish that had to wait, once its time has come. */
  tick(now: Micros): void {
    if (this.#waiting && this.ready(now)) this.request(now);
  }
}
