import { type Millis, millis } from '@pinhole/core';
import type { JanusReply } from '../janus/index.ts';
import type { JanusClock } from './janus-link.ts';

/** A reply; undefined when none came in time, or the link was lost. */
export type ReplyHandler = (reply: JanusReply | undefined) => void;

/** A reply has to come by then. */
const REPLY_MS: Millis = millis(10_000);
/** Requests that wait for their replies. */
const MAX_IN_FLIGHT = 256;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

interface Waiting {
  readonly answered: ReplyHandler;
  readonly cancel: () => void;
}

/** Finds for each reply who asked. */
export class RequestsInFlight {
  readonly #clock: JanusClock;
  readonly #random: () => number;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: { readonly clock: JanusClock; readonly random: () => number }) {
    this.#clock = options.clock;
    this.#random = options.random;
  }

  /** Waits for the reply to a new request. @returns its transaction */
  add(answered: ReplyHandler): string {
    const transaction = Array.from({ length: 12 }, () =>
      LETTERS.charAt(Math.floor(this.#random() * LETTERS.length)),
    ).join('');
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size >= MAX_IN_FLIGHT && oldest !== undefined) this.#settle(oldest, undefined);
    const cancel = this.#clock.after(REPLY_MS, () => this.#settle(transaction, undefined));
    this.#waiting.set(transaction, { answered, cancel });
    return transaction;
  }

  /** Gives a reply to who asked. @returns false when nobody did, or not any more */
  settle(reply: JanusReply): boolean {
    return reply.transaction !== undefined && this.#settle(reply.transaction, reply);
  }

  /** Nobody gets a reply any more. */
  forget(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #settle(transaction: string, reply: JanusReply | undefined): boolean {
    const waiting = this.#waiting.get(transaction);
    if (!waiting) return false;
    this.#waiting.delete(transaction);
    waiting.cancel();
    waiting.answered(reply);
    return true;
  }
}
