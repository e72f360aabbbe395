import { type RoomClientMessage, RoomMessageError } from '@pinhole/protocol/rooms';
import type { RoomClient } from './room-client.ts';
import { RoomRefusal } from './room-refusal.ts';
import type { RoomState } from './room-state.ts';

const CODE_OF = {
  'rooms/json': 'bad-message',
  'rooms/message': 'bad-message',
  'rooms/unknown-message': 'unknown-type',
} as const;

/** Tells a client what was wrong with its message. A mistake of our own is thrown on. */
export function answerFault(
  state: RoomState,
  client: RoomClient,
  { thrown, message }: { readonly thrown: unknown; readonly message?: RoomClientMessage | undefined },
): void {
  if (!(thrown instanceof RoomRefusal) && !(thrown instanceof RoomMessageError)) throw thrown;
  state.counters.messagesRefused++;
  const re = thrown.re ?? message?.type;
  const own = message !== undefined && 'requestId' in message ? message.requestId : undefined;
  const requestId = thrown.requestId ?? own ?? undefined;
  const retryAfterMs = thrown instanceof RoomRefusal ? thrown.retryAfterMs : undefined;
  state.tell(client, {
    type: 'error',
    code: thrown instanceof RoomRefusal ? thrown.code : CODE_OF[thrown.code],
    message: thrown.message,
    ...(re !== undefined && { re }),
    ...(requestId !== undefined && { requestId }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
}
