import type { RoomBusMessage } from '@pinhole/protocol/rooms';
import type { RoomBus, RoomBusHandler } from './room-bus.ts';

/**
 * Rooms within one process. With one bus it reaches nobody, which is what a server alone needs; several buses of one
 * `LocalBusHub` reach each other.
 */
export class LocalBusHub {
  readonly #nodes = new Map<string, RoomBusHandler>();

  /** A bus for one set of rooms. */
  bus(): RoomBus {
    let own = '';
    const deliver = (node: string, message: RoomBusMessage): void => {
      // Later, as by a network: rooms may be in the middle of something.
      queueMicrotask(() => this.#nodes.get(node)?.receive(message));
    };
    return {
      open: (node, handler) => {
        own = node;
        this.#nodes.set(node, handler);
        handler.connected();
      },
      broadcast: (message) => {
        for (const node of this.#nodes.keys()) if (node !== own) deliver(node, message);
      },
      send: deliver,
      close: () => {
        this.#nodes.delete(own);
        return Promise.resolve();
      },
      counters: {},
    };
  }
}
