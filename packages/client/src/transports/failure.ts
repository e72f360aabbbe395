import { type Millis, PinholeError } from '@pinhole/core';
import { present } from '../present.ts';

/** What helps against a failure: the same again later, another transport, or nothing but a person. */
export type Remedy = 'retry' | 'other-transport' | 'refused';

/** Why a connection or a player ended, in a form that the ladder can act on and a person can read. */
export interface Failure {
  /** For programs: `area/what`. */
  readonly code: string;
  /** For people: what happened and what to do. */
  readonly reason: string;
  readonly remedy: Remedy;
  /** The server asked not to come back sooner. */
  readonly retryAfterMs?: Millis;
}

/** A {@link Failure} on its way up. */
export class TransportError extends PinholeError {
  override readonly name: string = 'TransportError';
  readonly remedy: Remedy;
  readonly retryAfterMs?: Millis;

  constructor(failure: Failure, options?: { readonly cause?: unknown }) {
    super(failure.code, failure.reason, options);
    this.remedy = failure.remedy;
    if (failure.retryAfterMs !== undefined) this.retryAfterMs = failure.retryAfterMs;
  }

  /** The same without its class, for events and states. */
  get failure(): Failure {
    const { code, message: reason, remedy, retryAfterMs } = this;
    return { code, reason, remedy, ...present({ retryAfterMs }) };
  }
}
