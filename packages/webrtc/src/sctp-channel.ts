import type { DataChannel } from './data-channel.ts';
import { PAYLOAD_PROTOCOL } from './data-channel-protocol.ts';
import type { Association } from './sctp/association.ts';
import type { InboundMessage } from './sctp/inbound.ts';

/** What may wait in a channel; more is dropped. */
const MAX_BUFFERED_BYTES = 2 ** 20;
/** Messages of it, however short. */
const MAX_WAITING_MESSAGES = 8192;

/** How one channel is made. */
export interface SctpChannelOptions {
  readonly association: Association;
  readonly id: number;
  readonly label: string;
  readonly ordered: boolean;
  readonly maxRetransmits: number | undefined;
  /** The longest message that the peer takes. */
  readonly maxMessageBytes: number;
}

/** One data channel over SCTP. */
export class SctpChannel implements DataChannel {
  readonly id: number;
  readonly label: string;
  readonly #options: SctpChannelOptions;
  readonly #listeners = new Set<(message: string | Uint8Array) => void>();
  readonly #closings: (() => void)[] = [];
  #waits: { readonly bytes: number; readonly listener: () => void }[] = [];
  #state: 'connecting' | 'open' | 'closing' | 'closed' = 'connecting';

  constructor(options: SctpChannelOptions) {
    this.#options = options;
    this.id = options.id;
    this.label = options.label;
  }

  get isClosing(): boolean {
    return this.#state === 'closing';
  }

  get bufferedAmount(): number {
    return this.#options.association.bufferedOf(this.id);
  }

  send(message: string | Uint8Array): boolean {
    const { association, ordered, maxRetransmits, maxMessageBytes } = this.#options;
    if (this.#state !== 'open') return false;
    const bytes = typeof message === 'string' ? Buffer.from(message) : message.slice();
    const waiting = this.bufferedAmount;
    if (bytes.byteLength > maxMessageBytes) return false;
    if (waiting > 0 && waiting + bytes.byteLength > MAX_BUFFERED_BYTES) return false;
    if (association.waitingOn(this.id) >= MAX_WAITING_MESSAGES) return false;
    const { protocol, payload } = framed(bytes, typeof message === 'string');
    association.send({ streamId: this.id, protocol, ordered, maxRetransmits, payload });
    return true;
  }

  whenAtMost(bytes: number, listener: () => void): void {
    if (this.#state === 'closed' || this.bufferedAmount <= bytes) listener();
    else this.#waits.push({ bytes, listener });
  }

  subscribe(listener: (message: string | Uint8Array) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  closed(listener: () => void): void {
    if (this.#state === 'closed') listener();
    else this.#closings.push(listener);
  }

  close(): void {
    if (this.#state === 'closed' || this.#state === 'closing') return;
    this.#state = 'closing';
    this.#options.association.end(this.id);
  }

  /** Messages can be sent from now on. */
  handleOpen(): void {
    if (this.#state === 'connecting') this.#state = 'open';
  }

  /** Less waits than before. */
  handleLighter(): void {
    const waiting = this.bufferedAmount;
    if (!this.#waits.some(({ bytes }) => waiting <= bytes)) return;
    const due = this.#waits.filter(({ bytes }) => waiting <= bytes);
    this.#waits = this.#waits.filter(({ bytes }) => waiting > bytes);
    for (const { listener } of due) listener();
  }

  /** @returns false for one of a kind that nobody sends. */
  handleMessage({ protocol, payload }: InboundMessage): boolean {
    const message = messageOf(protocol, payload);
    if (message === undefined) return false;
    if (this.#state !== 'closed') for (const listener of this.#listeners) listener(message);
    return true;
  }

  /** It is over, whoever ended it. */
  handleClosed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const waits = this.#waits;
    this.#waits = [];
    for (const { listener } of waits) listener();
    for (const closing of this.#closings) closing();
    this.#listeners.clear();
  }
}

/** SCTP has no empty messages: one byte stands for none (RFC 8831 §6.6). */
function framed(
  bytes: Uint8Array,
  isText: boolean,
): { readonly protocol: number; readonly payload: Uint8Array } {
  if (bytes.byteLength > 0) {
    return { protocol: isText ? PAYLOAD_PROTOCOL.text : PAYLOAD_PROTOCOL.binary, payload: bytes };
  }
  const protocol = isText ? PAYLOAD_PROTOCOL.emptyText : PAYLOAD_PROTOCOL.emptyBinary;
  return { protocol, payload: Uint8Array.of(0) };
}

function messageOf(protocol: number, payload: Uint8Array): string | Uint8Array | undefined {
  switch (protocol) {
    case PAYLOAD_PROTOCOL.text:
      return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
    case PAYLOAD_PROTOCOL.emptyText:
      return '';
    case PAYLOAD_PROTOCOL.binary:
      return payload;
    case PAYLOAD_PROTOCOL.emptyBinary:
      return new Uint8Array(0);
    default:
      return undefined;
  }
}
