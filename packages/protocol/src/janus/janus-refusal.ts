import { MalformedError } from '@pinhole/core';
import { JANUS_ERROR, type JanusErrorName } from './error-codes.ts';

/** A request that is answered with an error of the Janus API; the message is the error's `reason`. */
export class JanusRefusal extends MalformedError<'janus/request'> {
  override readonly name = 'JanusRefusal';
  readonly error: JanusErrorName;

  constructor(error: JanusErrorName, reason: string) {
    super('janus/request', reason);
    this.error = error;
  }

  /** The error's number in the Janus API. */
  get number(): number {
    return JANUS_ERROR[this.error];
  }
}
