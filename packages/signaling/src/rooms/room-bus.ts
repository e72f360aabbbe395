import type { RoomBusMessage } from '@pinhole/protocol/rooms';

/** What rooms do with what other processes say. Neither may throw. */
export interface RoomBusHandler {
  receive(message: RoomBusMessage): void;
  /** The others can be reached, for the first time or again. */
  connected(): void;
}

/**
 * Carries messages between processes that have rooms in common. What one process says to all arrives in order, or is
 * lost; the rooms notice. Nothing here throws or waits.
 */
export interface RoomBus {
  /** Begins; called once. */
  open(node: string, handler: RoomBusHandler): void;
  /** To all other processes. */
  broadcast(message: RoomBusMessage): void;
  /** To one other process. */
  send(node: string, message: RoomBusMessage): void;
  /** Sends what was said so far, then ends. */
  close(): Promise<void>;
  /** What happened, by name. */
  readonly counters: Readonly<Record<string, number>>;
}
