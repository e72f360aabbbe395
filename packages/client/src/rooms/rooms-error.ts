import { type Millis, millis, PinholeError } from '@pinhole/core';
import type { RoomServerMessageOf } from './room-messages.ts';

/** What a client of rooms rejects with, and tells by `error`. Switch on `code`; the message is for people. */
export class RoomsError extends PinholeError {
  override readonly name = 'RoomsError';
  /** What the server calls it, e.g. `camera-id-taken`, when it was the server that refused. */
  readonly roomCode?: string;
  /** The server asked not to try again sooner. */
  readonly retryAfterMs?: Millis;

  constructor(
    code: string,
    message: string,
    options: { readonly cause?: unknown; readonly roomCode?: string; readonly retryAfterMs?: number } = {},
  ) {
    super(code, message, options.cause === undefined ? {} : { cause: options.cause });
    if (options.roomCode !== undefined) this.roomCode = options.roomCode;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = millis(options.retryAfterMs);
  }
}

/** Refusals that the same again does not help. */
const FINAL: readonly string[] = ['forbidden', 'unauthenticated'];

/** An `error` message of the server. */
export const refusalOf = ({ code, message, retryAfterMs }: RoomServerMessageOf<'error'>): RoomsError =>
  new RoomsError('rooms/refused', message, {
    roomCode: code,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });

/** Whether the server would refuse the same again. */
export const isFinal = ({ roomCode }: RoomsError): boolean =>
  roomCode !== undefined && FINAL.includes(roomCode);

/** Whatever was thrown, in our words. */
export const roomsErrorOf = (thrown: unknown, code: string, message: string): RoomsError =>
  thrown instanceof RoomsError ? thrown : new RoomsError(code, message, { cause: thrown });
