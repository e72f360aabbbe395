import type { RoomServerMessage, RoomServerMessageOf } from './room-messages.ts';

/** What is done with messages of the server, by their type. Those of other types are for somebody else. */
export type MessageHandlers = {
  readonly [Type in RoomServerMessage['type']]?: (message: RoomServerMessageOf<Type>) => void;
};

/** Gives a message to its handler. @returns whether there is one */
export function dispatch(handlers: MessageHandlers, message: RoomServerMessage): boolean {
  const handler = handlers[message.type] as ((message: RoomServerMessage) => void) | undefined;
  handler?.(message);
  return handler !== undefined;
}
