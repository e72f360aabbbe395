import type { Millis } from '@pinhole/core';
import type { MqttPublishOptions, MqttQos } from './mqtt-link.ts';

/** One message on its way out. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: MqttQos;
  readonly retain: boolean;
  /** Monotonic; nobody wants it after that. */
  readonly expiresAt: Millis | undefined;
}

/** How much may wait. */
export interface OutgoingLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** What a message costs beside its bytes: topic, object, place in the queue. */
const MESSAGE_BYTES = 64;
const utf8 = new TextEncoder();

/**
 * What was published and is not with the broker yet, within limits: a new message that does not fit is dropped, as those
 * before it are what it builds on. What is on its way counts, so a broker that reads slowly fills the queue.
 */
export class OutgoingQueue {
  readonly #limits: OutgoingLimits;
  #waiting: Outgoing[] = [];
  readonly #onTheWay = new Set<Outgoing>();
  #bytes = 0;
  readonly counters = { droppedFull: 0, droppedExpired: 0, droppedTooLarge: 0, lostOnTheWay: 0 };

  constructor(limits: OutgoingLimits) {
    this.#limits = limits;
  }

  /** Messages that wait or are on their way. */
  get length(): number {
    return this.#waiting.length + this.#onTheWay.size;
  }

  /** @returns false when it does not fit. */
  add(
    topic: string,
    payload: string | Uint8Array,
    { qos = 0, retain = false, expirySeconds }: MqttPublishOptions,
    now: Millis,
  ): boolean {
    const message: Outgoing = {
      topic,
      payload: typeof payload === 'string' ? utf8.encode(payload) : payload.slice(),
      qos,
      retain,
      expiresAt: expirySeconds === undefined ? undefined : ((now + expirySeconds * 1000) as Millis),
    };
    const bytes = sizeOf(message);
    if (this.length >= this.#limits.messages || this.#bytes + bytes > this.#limits.bytes) {
      this.counters.droppedFull++;
      return false;
    }
    this.#bytes += bytes;
    this.#waiting.push(message);
    return true;
  }

  /**
   * The next message that may go now.
   * @param window.acknowledged how many of QoS 1 and 2 the broker takes at once (MQTT 5 §3.3.4)
   * @param window.packetBytes what it takes at most
   */
  take(
    now: Millis,
    window: { readonly acknowledged: number; readonly packetBytes: number },
  ): Outgoing | undefined {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const unanswered = [...this.#onTheWay].filter(({ qos }) => qos > 0).length;
      if (next.qos > 0 && unanswered >= window.acknowledged) return undefined;
      this.#waiting.shift();
      if (next.expiresAt !== undefined && next.expiresAt <= now) this.counters.droppedExpired++;
      else if (sizeOf(next) > window.packetBytes) this.counters.droppedTooLarge++;
      else {
        this.#onTheWay.add(next);
        return next;
      }
      this.#bytes -= sizeOf(next);
    }
    return undefined;
  }

  /** The broker has it, or refused it. @returns false when that was for an earlier connection. */
  done(message: Outgoing): boolean {
    if (!this.#onTheWay.delete(message)) return false;
    this.#bytes -= sizeOf(message);
    return true;
  }

  /** The connection is gone: what wants an answer goes again with the next one, before all others. */
  takeBack(): void {
    const again = [...this.#onTheWay].filter(({ qos }) => qos > 0);
    const lost = [...this.#onTheWay].filter(({ qos }) => qos === 0);
    this.counters.lostOnTheWay += lost.length;
    for (const message of lost) this.#bytes -= sizeOf(message);
    this.#onTheWay.clear();
    this.#waiting = [...again, ...this.#waiting];
  }

  /** Nothing waits any more. @returns how many were dropped. */
  clear(): number {
    const dropped = this.length;
    this.#waiting = [];
    this.#onTheWay.clear();
    this.#bytes = 0;
    return dropped;
  }
}

/** UTF-16 units for the topic: near enough for a limit. */
const sizeOf = ({ topic, payload }: Outgoing): number => topic.length + payload.byteLength + MESSAGE_BYTES;
