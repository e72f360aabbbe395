import type { Millis } from '@pinhole/core';
import { topicMatches } from '@pinhole/mqtt';
import type { BrokerLimits } from './limits.ts';
import type { BrokerMessage } from './message.ts';

/** What a kept message costs beside its bytes. */
const MESSAGE_BYTES = 128;

/** The last retained message of each topic, within limits. @see MQTT 5 §3.3.1.3 */
export class RetainedMessages {
  readonly #limits: Pick<BrokerLimits, 'retainedMessages' | 'retainedBytes'>;
  readonly #messages = new Map<string, BrokerMessage>();
  #bytes = 0;

  constructor(limits: Pick<BrokerLimits, 'retainedMessages' | 'retainedBytes'>) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#messages.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps it in place of the one before; an empty payload only takes that away. @returns false when it does not fit. */
  put(message: BrokerMessage): boolean {
    this.#forget(message.topic);
    if (message.payload.byteLength === 0) return true;
    const { retainedMessages, retainedBytes } = this.#limits;
    const bytes = sizeOf(message);
    if (this.#messages.size >= retainedMessages || this.#bytes + bytes > retainedBytes) return false;
    // A view would hold whatever else came with it.
    this.#messages.set(message.topic, { ...message, payload: message.payload.slice() });
    this.#bytes += bytes;
    return true;
  }

  /** Those that a filter covers. */
  matching(filter: string, now: Millis): readonly BrokerMessage[] {
    return [...this.#messages.values()].filter(
      ({ topic, expiresAt }) => (expiresAt === undefined || expiresAt > now) && topicMatches(filter, topic),
    );
  }

  /** Lets go what expired. */
  tick(now: Millis): void {
    for (const { topic, expiresAt } of this.#messages.values()) {
      if (expiresAt !== undefined && expiresAt <= now) this.#forget(topic);
    }
  }

  #forget(topic: string): void {
    const old = this.#messages.get(topic);
    if (old === undefined) return;
    this.#messages.delete(topic);
    this.#bytes -= sizeOf(old);
  }
}

const sizeOf = ({ topic, payload }: BrokerMessage): number =>
  topic.length + payload.byteLength + MESSAGE_BYTES;
