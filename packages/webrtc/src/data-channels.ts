import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_CHANNEL_MESSAGE_BYTES, SCTP_PORT } from './answer-sections.ts';
import type { DataChannel, NegotiatedChannel } from './data-channel.ts';
import { ACK_MESSAGE, PAYLOAD_PROTOCOL, parseOpen } from './data-channel-protocol.ts';
import { Association } from './sctp/association.ts';
import type { InboundMessage } from './sctp/inbound.ts';
import { SctpChannel } from './sctp-channel.ts';
import { SecondWindow } from './second-window.ts';

/** What a peer sends beyond this in a second is dropped; SCTP sends it again, and more slowly. */
const BYTES_A_SECOND = 16 * 2 ** 20;
/** Two acknowledgements for each millisecond of the fastest download, and some. */
const PACKETS_A_SECOND = 20_000;

/** What of a peer's may wait for the rest of it. */
const WINDOW_BYTES = 2 ** 20;

/** A peer that opens more channels than this at a time is up to no good: it gets no more. */
const MAX_OPENED = 8;

/** A round trip on a slow link. */
const GOODBYE_PATIENCE_MS = 200;
const GOODBYE_LOOK_MS = 5;

/** What the data channels of a peer are made with. */
export interface DataChannelsOptions {
  readonly remotePort: number;
  readonly remoteMaxMessageBytes: number;
  /** Channels that are there without being opened. */
  readonly negotiated: readonly NegotiatedChannel[];
  /** Sends one SCTP packet. */
  readonly send: (packet: Uint8Array) => void;
  /** Called with each of `negotiated` once it is open. */
  readonly ready: (channel: DataChannel) => void;
  /** Called with each channel that the peer opens. */
  readonly opened: (channel: DataChannel) => void;
  /** A message came. */
  readonly heard: () => void;
  /** The peer ended the association: browsers do so only together with the connection. */
  readonly ended: () => void;
}

/**
 * The data channels of one peer: those that were negotiated, and those that it opens.
 * @see RFC 8831, RFC 8832
 */
export class DataChannels {
  readonly #options: DataChannelsOptions;
  readonly #association: Association;
  readonly #channels = new Map<number, SctpChannel>();
  readonly #bytes = new SecondWindow(BYTES_A_SECOND);
  readonly #packets = new SecondWindow(PACKETS_A_SECOND);
  #malformed = 0;
  #closing = false;

  constructor(options: DataChannelsOptions) {
    this.#options = options;
    this.#association = new Association({
      localPort: SCTP_PORT,
      remotePort: options.remotePort,
      limits: { messageBytes: MAX_CHANNEL_MESSAGE_BYTES, windowBytes: WINDOW_BYTES },
      nowMs: () => performance.now(),
      after: (ms, done) => {
        const timer = setTimeout(done, ms);
        return () => clearTimeout(timer);
      },
      random: () => randomInt(1, 2 ** 32),
      send: options.send,
      up: () => this.#handleUp(),
      message: (message) => this.#handleMessage(message),
      lighter: (streamId) => this.#channels.get(streamId)?.handleLighter(),
      ended: (streamIds) => {
        for (const streamId of streamIds) this.#handleEnded(streamId);
      },
      down: () => this.#handleDown(),
    });
    for (const { id, label, ordered, maxRetransmits } of options.negotiated) {
      this.#add({ id, label, ordered, maxRetransmits });
    }
  }

  /** Messages and packets that could not be read, or were more than a peer may send. */
  get malformed(): number {
    return this.#malformed;
  }

  /** The way to the peer is there. */
  start(): void {
    this.#association.start();
  }

  /** Takes one SCTP packet. */
  receive(packet: Uint8Array): void {
    const bounded = this.#packets.take(1) && this.#bytes.take(packet.byteLength);
    if (!bounded || !this.#association.receive(packet)) this.#malformed++;
  }

  /** What was on the way took a path that is no more. */
  changePath(): void {
    this.#association.changePath();
  }

  /** Ends all once what was sent has arrived, the goodbye above all; a peer that confirms nothing is not waited for. */
  async close(): Promise<void> {
    this.#closing = true;
    const deadline = performance.now() + GOODBYE_PATIENCE_MS;
    while (this.#association.isUp && !this.#association.idle && performance.now() < deadline) {
      await sleep(GOODBYE_LOOK_MS);
    }
    this.#association.abort();
  }

  #add(options: {
    readonly id: number;
    readonly label: string;
    readonly ordered: boolean;
    readonly maxRetransmits: number | undefined;
  }): SctpChannel {
    const { remoteMaxMessageBytes: maxMessageBytes } = this.#options;
    const channel = new SctpChannel({ ...options, association: this.#association, maxMessageBytes });
    this.#channels.set(options.id, channel);
    return channel;
  }

  #handleUp(): void {
    for (const channel of this.#channels.values()) {
      channel.handleOpen();
      this.#options.ready(channel);
    }
  }

  #handleMessage(message: InboundMessage): void {
    this.#options.heard();
    if (message.protocol === PAYLOAD_PROTOCOL.control) this.#handleControl(message);
    else if (this.#channels.get(message.streamId)?.handleMessage(message) !== true) this.#malformed++;
  }

  #handleControl({ streamId, payload }: InboundMessage): void {
    const request = parseOpen(payload);
    if (
      !request ||
      this.#channels.has(streamId) ||
      this.#channels.size >= this.#options.negotiated.length + MAX_OPENED
    ) {
      this.#malformed++;
      return;
    }
    const { label, ordered, maxRetransmits } = request;
    const channel = this.#add({ id: streamId, label, ordered, maxRetransmits });
    this.#association.send({
      streamId,
      protocol: PAYLOAD_PROTOCOL.control,
      ordered: true,
      maxRetransmits: undefined,
      payload: ACK_MESSAGE,
    });
    channel.handleOpen();
    this.#options.opened(channel);
  }

  /** One side ended a channel: the other does, too. */
  #handleEnded(streamId: number): void {
    const channel = this.#channels.get(streamId);
    if (!channel) return;
    this.#channels.delete(streamId);
    if (!channel.isClosing) this.#association.end(streamId);
    channel.handleClosed();
  }

  #handleDown(): void {
    for (const channel of this.#channels.values()) channel.handleClosed();
    this.#channels.clear();
    if (!this.#closing) this.#options.ended();
  }
}
