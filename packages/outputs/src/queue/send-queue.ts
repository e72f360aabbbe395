import { type Micros, micros } from '@pinhole/core';

/** How much may wait for one viewer. */
export interface SendQueueLimits {
  /** How long the oldest unit may have waited for the network. */
  readonly wait: Micros;
  /** The same while units of the cached GOP are on their way: a burst that the live edge must wait for. */
  readonly catchUpWait: Micros;
  /** Bytes that wait, whatever their age. */
  readonly bytes: number;
  /** The same while units of the cached GOP are on their way. */
  readonly catchUpBytes: number;
}

/** What a viewer's queue may hold when nothing else is said. */
export const DEFAULT_QUEUE_LIMITS: SendQueueLimits = {
  wait: micros(250_000),
  catchUpWait: micros(3_000_000),
  bytes: 4 * 2 ** 20,
  catchUpBytes: 32 * 2 ** 20,
};

const NEVER = micros(Number.POSITIVE_INFINITY);

interface Waiting {
  readonly bytes: number;
  readonly at: Micros;
  readonly catchUp: boolean;
}

/**
 * What was handed to a connection and not yet taken by the operating system, oldest first. It holds sizes and times, not
 * the units: those wait in the socket.
 */
export class SendQueue {
  readonly #limits: SendQueueLimits;
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #takenAt = micros(0);

  constructor(limits: SendQueueLimits = DEFAULT_QUEUE_LIMITS) {
    this.#limits = limits;
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A unit was handed to the connection. */
  push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#bytes += waiting.bytes;
  }

  /** The oldest unit was taken. */
  shift(now: Micros): void {
    const taken = this.#waiting.shift();
    if (!taken) return;
    this.#bytes -= taken.bytes;
    this.#takenAt = now;
  }

  /** 0 when nothing waits, 1 and above when it is full. */
  pressure(now: Micros): number {
    const [oldest] = this.#waiting;
    if (!oldest) return 0;
    const { wait, catchUpWait, bytes, catchUpBytes } = this.#limits;
    const waited = Math.max(0, now - oldest.at);
    return oldest.catchUp
      ? Math.max(waited / catchUpWait, this.#bytes / catchUpBytes)
      : Math.max(waited / wait, this.#bytes / bytes);
  }

  /**
   * For how long nothing moved while something waited, here or, since `alsoSince`, elsewhere on the way to the viewer.
   * A long queue that drains is slow, not stalled.
   */
  stalledFor(now: Micros, alsoSince: Micros = NEVER): Micros {
    const since = Math.min(this.#waiting[0]?.at ?? NEVER, alsoSince);
    return micros(Math.max(0, now - Math.max(since, this.#takenAt)));
  }
}
