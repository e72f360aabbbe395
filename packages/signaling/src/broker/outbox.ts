import type { Millis } from '@pinhole/core';
import type { IPublishPacket } from 'mqtt-packet';
import type { BrokerCounters } from './counters.ts';
import { WINDOW } from './limits.ts';
import type { BrokerMessage, Delivery } from './message.ts';
import { asBuffer, type ProtocolVersion, serializePacket } from './packets.ts';

/** What an {@link Outbox} works with. */
export interface OutboxOptions {
  readonly version: ProtocolVersion;
  /** How many of QoS 1 and 2 the client takes at once. */
  readonly receiveMaximum: number;
  /** What it takes at most in one packet. */
  readonly maximumPacketSize: number;
  readonly maxQueuedBytes: number;
  /** Bytes that the connection holds already. */
  readonly bufferedBytes: () => number;
  readonly write: (bytes: Uint8Array) => void;
  /** A message of QoS 1 or 2 does not fit any more. */
  readonly overflowed: () => void;
  readonly counters: BrokerCounters;
  readonly now: () => Millis;
}

interface Queued {
  readonly message: BrokerMessage;
  readonly delivery: Delivery;
  readonly bytes: number;
}

/** What a message costs in the queue beside its bytes. */
const MESSAGE_BYTES = 64;
const MAX_IDENTIFIER = 65_535;

/** Messages on their way to one client: at once where possible, in a window and a bounded queue where it must answer. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #window: number;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  /** By packet identifier, what answer is waited for. */
  readonly #unanswered = new Map<number, 'puback' | 'pubrec' | 'pubcomp'>();
  #lastIdentifier = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#window = Math.min(options.receiveMaximum, WINDOW);
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  send(message: BrokerMessage, delivery: Delivery): void {
    const { bufferedBytes, maxQueuedBytes, overflowed, counters } = this.#options;
    const bytes = message.topic.length + message.payload.byteLength + MESSAGE_BYTES;
    if (this.#queuedBytes + bufferedBytes() + bytes > maxQueuedBytes) {
      if (delivery.qos === 0) counters.droppedSlow++;
      else overflowed();
      return;
    }
    if (delivery.qos > 0 && (this.#queue.length > 0 || this.#unanswered.size >= this.#window)) {
      this.#queue.push({ message, delivery, bytes });
      this.#queuedBytes += bytes;
      return;
    }
    this.#write(message, delivery);
  }

  /** PUBACK. */
  acknowledged(identifier: number): void {
    if (this.#unanswered.get(identifier) === 'puback') this.#free(identifier);
  }

  /** PUBREC. @returns whether the message is known, so that PUBREL is the answer. */
  gotReceived(identifier: number, options: { readonly refused: boolean }): boolean {
    if (this.#unanswered.get(identifier) !== 'pubrec') return this.#unanswered.get(identifier) === 'pubcomp';
    if (options.refused) this.#free(identifier);
    else this.#unanswered.set(identifier, 'pubcomp');
    return true;
  }

  /** PUBCOMP. */
  completed(identifier: number): void {
    if (this.#unanswered.get(identifier) === 'pubcomp') this.#free(identifier);
  }

  #free(identifier: number): void {
    this.#unanswered.delete(identifier);
    while (this.#unanswered.size < this.#window) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#queuedBytes -= next.bytes;
      this.#write(next.message, next.delivery);
    }
  }

  #write(message: BrokerMessage, { qos, retain, identifiers }: Delivery): void {
    const { version, counters, maximumPacketSize, now } = this.#options;
    const { expiresAt } = message;
    const at = now();
    if (expiresAt !== undefined && expiresAt <= at) {
      counters.droppedExpired++;
      return;
    }
    const packet: IPublishPacket = {
      cmd: 'publish',
      topic: message.topic,
      payload: asBuffer(message.payload),
      qos,
      retain,
      dup: false,
      ...(qos > 0 && { messageId: this.#nextIdentifier() }),
      ...(version === 5 && {
        properties: {
          ...message.properties,
          ...(expiresAt !== undefined && { messageExpiryInterval: Math.ceil((expiresAt - at) / 1000) }),
          ...(identifiers.length > 0 && { subscriptionIdentifier: [...identifiers] }),
        },
      }),
    };
    const bytes = serializePacket(packet, version);
    if (bytes === undefined || bytes.byteLength > maximumPacketSize) {
      counters.droppedTooLarge++;
      return;
    }
    if (packet.messageId !== undefined) {
      this.#unanswered.set(packet.messageId, qos === 1 ? 'puback' : 'pubrec');
    }
    counters.delivered++;
    this.#options.write(bytes);
  }

  /** One that nobody answers to now; the window is far smaller than there are. */
  #nextIdentifier(): number {
    do this.#lastIdentifier = (this.#lastIdentifier % MAX_IDENTIFIER) + 1;
    while (this.#unanswered.has(this.#lastIdentifier));
    return this.#lastIdentifier;
  }
}
