import { PinholeError } from '@pinhole/core';
import type { RoomErrorCode } from '@pinhole/protocol/rooms';

/** A message that is answered with an `error`; never leaves the rooms. */
export class RoomRefusal extends PinholeError<RoomErrorCode> {
  override readonly name = 'RoomRefusal';
  /** What the answer names when the message itself is no longer at hand. */
  readonly re: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    code: RoomErrorCode,
    message: string,
    answers: { readonly re?: string; readonly requestId?: string; readonly retryAfterMs?: number } = {},
  ) {
    super(code, message);
    this.re = answers.re;
    this.requestId = answers.requestId;
    this.retryAfterMs = answers.retryAfterMs;
  }
}
