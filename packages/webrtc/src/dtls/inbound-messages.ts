import { ByteReader } from '@pinhole/core';
import { MESSAGE } from './code-points.ts';
import type { HandshakeMessage } from './handshake-message.ts';

/** Longer than any message but a chain of many certificates, of which we need the first. */
const MAX_MESSAGE_BYTES = 16 * 1024;

/** Messages that may come ahead of one that is missing: more than a flight has. */
const MAX_AHEAD = 10;

/** What came of a record. */
export interface Arrival {
  /** Messages that are whole, in their order. */
  readonly messages: readonly HandshakeMessage[];
  /** Parts of messages that were complete before: the peer sends its flight again. */
  readonly repeats: number;
}

/**
 * Puts the messages of a handshake together, of parts that come in any order and any number of times. What cannot be a part
 * of one, or contradicts the part that came first, is passed over.
 * @see RFC 6347 §4.2.2, §4.2.3
 */
export class InboundMessages {
  readonly #pending = new Map<number, PendingMessage>();
  #next = 0;
  #refused = 0;

  /** Parts that were passed over. */
  get refused(): number {
    return this.#refused;
  }

  /** Takes the payload of a record; copies of it what it keeps. */
  add(payload: Uint8Array, epoch: number): Arrival {
    const reader = new ByteReader(payload);
    let repeats = 0;
    while (reader.remaining >= 12) {
      const head = {
        type: reader.u8(),
        length: reader.u24(),
        sequence: reader.u16(),
        at: reader.u24(),
        partLength: reader.u24(),
      };
      if (head.partLength > reader.remaining) {
        this.#refused++;
        break;
      }
      const part = reader.bytes(head.partLength);
      if (head.sequence < this.#next) repeats++;
      else if (!this.#keep(head, part, epoch)) this.#refused++;
    }
    return { messages: this.#whole(), repeats };
  }

  #keep(head: FragmentHead, part: Uint8Array, epoch: number): boolean {
    const { type, length, sequence, at } = head;
    if (sequence >= this.#next + MAX_AHEAD || length > MAX_MESSAGE_BYTES) return false;
    // Only what proves that both have the keys is protected, and it never comes otherwise.
    if (at + part.byteLength > length || (type === MESSAGE.finished) !== (epoch === 1)) return false;
    let pending = this.#pending.get(sequence);
    if (!pending) {
      pending = new PendingMessage(type, sequence, length);
      this.#pending.set(sequence, pending);
    }
    return pending.add(head, part);
  }

  #whole(): readonly HandshakeMessage[] {
    const messages: HandshakeMessage[] = [];
    for (let next = this.#pending.get(this.#next); next?.isWhole; next = this.#pending.get(this.#next)) {
      this.#pending.delete(this.#next++);
      messages.push(next);
    }
    return messages;
  }
}

interface FragmentHead {
  readonly type: number;
  readonly length: number;
  readonly sequence: number;
  readonly at: number;
}

class PendingMessage implements HandshakeMessage {
  readonly type: number;
  readonly sequence: number;
  readonly body: Uint8Array;
  readonly #came: Uint8Array;
  #missing: number;
  #begun = false;

  constructor(type: number, sequence: number, length: number) {
    this.type = type;
    this.sequence = sequence;
    this.body = new Uint8Array(length);
    this.#came = new Uint8Array(length);
    this.#missing = length;
  }

  get isWhole(): boolean {
    return this.#begun && this.#missing === 0;
  }

  /** @returns false for a part of another message. */
  add({ type, length, at }: FragmentHead, part: Uint8Array): boolean {
    if (type !== this.type || length !== this.body.byteLength) return false;
    this.#begun = true;
    for (let i = 0; i < part.byteLength; i++) {
      if (this.#came[at + i] === 1) continue;
      this.#came[at + i] = 1;
      this.body[at + i] = part[i] ?? 0;
      this.#missing--;
    }
    return true;
  }
}
