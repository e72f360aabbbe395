import { ssnAfter } from './serial.ts';

/** What is wanted of a message. */
export interface MessageToSend {
  readonly streamId: number;
  readonly protocol: number;
  readonly ordered: boolean;
  /** How often each of its chunks is sent again at most; undefined: until it arrives. */
  readonly maxRetransmits: number | undefined;
  readonly payload: Uint8Array;
}

/** A message on its way out. */
export interface OutboundMessage extends MessageToSend {
  /** Counts from 0 for each stream; set when its first chunk goes. */
  ssn: number;
  /** Bytes that were cut off its front. */
  taken: number;
  abandoned: boolean;
}

/** The next part of the next message. */
export interface Fragment {
  readonly message: OutboundMessage;
  readonly payload: Uint8Array;
  readonly first: boolean;
  readonly last: boolean;
}

interface StreamQueue {
  readonly messages: OutboundMessage[];
  nextSsn: number;
}

/**
 * Messages that wait, by stream. Streams take turns message by message: a long transfer on one does not hold up the
 * others by more than the message that is being sent.
 */
export class MessageQueues {
  readonly #streams = new Map<number, StreamQueue>();
  /** Streams with something to send, the one whose turn it is first. */
  readonly #turns: number[] = [];
  /** Whose chunks must follow each other without a gap (RFC 9260 §6.9). */
  #begun: OutboundMessage | undefined;

  get empty(): boolean {
    return this.#begun === undefined && this.#turns.length === 0;
  }

  push(message: MessageToSend): void {
    const stream = this.#streamOf(message.streamId);
    if (stream.messages.push({ ...message, ssn: 0, taken: 0, abandoned: false }) === 1)
      this.#turns.push(message.streamId);
  }

  /** The next fragment of at most so many bytes; undefined when nothing waits. */
  take(maxBytes: number): Fragment | undefined {
    if (this.#begun?.abandoned) this.#begun = undefined;
    const message = this.#begun ?? this.#nextMessage();
    if (!message) return undefined;
    const first = message.taken === 0;
    const payload = message.payload.subarray(message.taken, message.taken + maxBytes);
    message.taken += payload.byteLength;
    const last = message.taken === message.payload.byteLength;
    this.#begun = last ? undefined : message;
    return { message, payload, first, last };
  }

  /** Messages of a stream that were not begun. */
  waitingOn(streamId: number): number {
    return this.#streams.get(streamId)?.messages.length ?? 0;
  }

  /** Whether anything of a stream is in here. */
  holds(streamId: number): boolean {
    return this.#begun?.streamId === streamId || this.waitingOn(streamId) > 0;
  }

  /** The stream's messages count from 0 again. */
  restart(streamId: number): void {
    const stream = this.#streams.get(streamId);
    if (stream) stream.nextSsn = 0;
  }

  #nextMessage(): OutboundMessage | undefined {
    const streamId = this.#turns.shift();
    if (streamId === undefined) return undefined;
    const stream = this.#streamOf(streamId);
    const message = stream.messages.shift();
    if (stream.messages.length > 0) this.#turns.push(streamId);
    if (message?.ordered) {
      message.ssn = stream.nextSsn;
      stream.nextSsn = ssnAfter(stream.nextSsn);
    }
    return message;
  }

  #streamOf(streamId: number): StreamQueue {
    const known = this.#streams.get(streamId);
    if (known) return known;
    const made: StreamQueue = { messages: [], nextSsn: 0 };
    this.#streams.set(streamId, made);
    return made;
  }
}
