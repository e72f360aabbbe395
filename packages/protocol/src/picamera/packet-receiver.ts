import { MalformedError } from '@pinhole/core';
import { decodePacket, type Packet } from './packet.ts';
import { TransferTable } from './transfer-table.ts';
import type { ReceiverCounters, ReceiverOptions, TransferEvent } from './transfers.ts';

/** What a packet from a device is: news of a transfer, or an answer that is whole by itself. */
export interface PacketReceived {
  readonly events: readonly TransferEvent[];
  /** The packet, unless it belongs to a transfer or could not be read. */
  readonly packet?: Packet;
}

/**
 * Puts the answers of generations B and C on one channel together, by the id of their stream: a transfer that lost a
 * packet is given up, others go on. Parts must come in order, as these channels keep it.
 */
export class PacketReceiver {
  readonly #table: TransferTable;

  constructor(options: ReceiverOptions = {}) {
    this.#table = new TransferTable(options);
  }

  /** What was received, and what was passed over. */
  get counters(): ReceiverCounters {
    return this.#table.counters;
  }

  /** Bytes held for bodies that are not complete. */
  get heldBytes(): number {
    return this.#table.heldBytes;
  }

  /**
   * Takes a message of the channel. Never throws.
   * @param nowMs of any clock that does not go back
   */
  push(message: Uint8Array, nowMs: number): PacketReceived {
    let packet: Packet;
    try {
      packet = decodePacket(message);
    } catch (thrown) {
      if (thrown instanceof MalformedError) return { events: this.#table.malformed() };
      throw thrown;
    }
    return this.take(packet, nowMs);
  }

  /** Takes a packet that was read already. */
  take(packet: Packet, nowMs: number): PacketReceived {
    if (packet.kind === 'streamHeader') {
      const { type, streamId: id, totalLength: total } = packet;
      return { events: this.#table.start(id, { type, id, total }, nowMs) };
    }
    if (packet.kind === 'streamChunk') {
      const received = this.#table.received(packet.streamId);
      if (received !== undefined && packet.offset !== received) {
        return { events: this.#table.lose(packet.streamId, 'gap') };
      }
      return { events: this.#table.append(packet.streamId, packet.data, nowMs) };
    }
    if (packet.kind === 'streamTrailer') {
      const why = packet.reason === '' ? 'incomplete' : 'aborted';
      return { events: this.#table.end(packet.streamId, why) };
    }
    return { events: [], packet };
  }

  /** Gives up what has been silent for too long. */
  expire(nowMs: number): readonly TransferEvent[] {
    return this.#table.expire(nowMs);
  }
}
