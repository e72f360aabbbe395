import { setTimeout as sleep } from 'node:timers/promises';
import { type RTCDataChannel, RTCSctpTransport } from 'werift';
import { MAX_CHANNEL_MESSAGE_BYTES, SCTP_PORT } from './answer-sections.ts';
import { countSctpChunks, type SctpHoldings } from './sctp-screen.ts';
import type { TextPipe } from './text-pipe.ts';
import type { WeriftDtls } from './werift-dtls.ts';

/** The label of the channel that carries our messages. */
export const CHANNEL_LABEL = 'pinhole';

/** What waits to be sent beyond this is dropped: these messages are worth nothing late. */
const MAX_WAITING_BYTES = 256 * 1024;

/** Messages a second that a peer may send; more are dropped. */
const MESSAGES_A_SECOND = 50;

/** Chunks a second that werift is shown; SCTP sends again, and more slowly, what is dropped. */
const CHUNKS_A_SECOND = 1000;

/** A peer that opens more channels than this is up to no good: it gets no more. */
const MAX_CHANNELS = 8;

/** DATA_CHANNEL_OPEN (RFC 8832 §5.1). */
const CONTROL_PROTOCOL = 50;
const OPEN_MESSAGE = 3;

/** Parts of werift's SCTP whose rejections nobody takes: one broken message of a peer would end the process. */
interface ChannelReceiver {
  readonly dataChannels: Readonly<Record<number, unknown>>;
  datachannelReceive(stream: number, protocol: number, message: Buffer): Promise<void>;
}
interface PacketReceiver extends SctpHoldings {
  handleData(packet: Buffer): Promise<void>;
}

/** What the association has to send, and what was sent and not confirmed. */
interface SendQueues {
  readonly associationState: number;
  readonly sentQueue: readonly unknown[];
  readonly outboundQueue: readonly unknown[];
}

/** werift's number for an association that carries messages. */
const SCTP_ESTABLISHED = 4;

/** A round trip on a slow link. */
const GOODBYE_PATIENCE_MS = 200;
const GOODBYE_LOOK_MS = 5;

/** The data channels of one peer, by werift; one of them is of use. */
export class WeriftChannels {
  readonly #sctp: RTCSctpTransport;
  readonly #remotePort: number;
  readonly #chunks = new SecondWindow(CHUNKS_A_SECOND);
  #malformed = 0;

  constructor(options: {
    readonly dtls: WeriftDtls;
    readonly remotePort: number;
    readonly remoteMaxMessageBytes: number;
    /** Called when the peer opens the channel labelled `pinhole`; `heard` at each message. */
    readonly opened: (pipe: TextPipe) => void;
    readonly heard: () => void;
    /** Called when the peer ends the association: browsers do so only together with the connection. */
    readonly ended: () => void;
  }) {
    this.#sctp = new RTCSctpTransport(SCTP_PORT, MAX_CHANNEL_MESSAGE_BYTES);
    this.#remotePort = options.remotePort;
    const count = (): void => {
      this.#malformed++;
    };
    const channels = this.#sctp as unknown as ChannelReceiver;
    const receive = channels.datachannelReceive.bind(channels);
    channels.datachannelReceive = (stream, protocol, message) => {
      if (!mayBeTaken(channels, { stream, protocol, message })) {
        count();
        return Promise.resolve();
      }
      return receive(stream, protocol, message).catch(count);
    };
    this.#sctp.setDtlsTransport(options.dtls);
    const packets = this.#sctp.sctp as unknown as PacketReceiver;
    const handle = packets.handleData.bind(packets);
    packets.handleData = (packet) => {
      const chunks = countSctpChunks(packet, packets);
      if (chunks === undefined || !this.#chunks.take(chunks)) {
        count();
        return Promise.resolve();
      }
      return handle(packet).catch(count);
    };
    this.#sctp.setRemoteMaxMessageSize(options.remoteMaxMessageBytes);
    this.#sctp.setRemotePort(options.remotePort);
    this.#sctp.sctp.stateChanged.closed.subscribe(options.ended);
    this.#sctp.onDataChannel.subscribe((channel) => {
      if (channel.label !== CHANNEL_LABEL) return;
      // It is told of before it is open: what is sent by then would be lost.
      onceOpen(channel, () => options.opened(pipeOf(channel, options)));
    });
  }

  /** Messages and packets that could not be read, or were more than a peer may send. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Waits for the peer's association, from the end of the DTLS handshake on. */
  start(): void {
    // Fails only when the transport is gone, which shows elsewhere.
    this.#sctp.start(this.#remotePort).catch(() => {});
  }

  /** Ends it once what was sent has arrived, the goodbye above all; a peer that confirms nothing is not waited for. */
  async close(): Promise<void> {
    const deadline = performance.now() + GOODBYE_PATIENCE_MS;
    while (this.#isSending() && performance.now() < deadline) await sleep(GOODBYE_LOOK_MS);
    await this.#sctp.stop().catch(() => {});
  }

  #isSending(): boolean {
    const { associationState, sentQueue, outboundQueue } = this.#sctp.sctp as unknown as SendQueues;
    return associationState === SCTP_ESTABLISHED && sentQueue.length + outboundQueue.length > 0;
  }
}

function onceOpen(channel: RTCDataChannel, then: () => void): void {
  if (channel.readyState === 'open') {
    then();
    return;
  }
  const { unSubscribe } = channel.stateChanged.subscribe((state) => {
    if (state !== 'connecting') unSubscribe();
    if (state === 'open') then();
  });
}

function pipeOf(
  channel: RTCDataChannel,
  { heard, remoteMaxMessageBytes }: { readonly heard: () => void; readonly remoteMaxMessageBytes: number },
): TextPipe {
  const listeners = new Set<(text: string) => void>();
  const window = new SecondWindow(MESSAGES_A_SECOND);
  channel.onMessage.subscribe((message) => {
    heard();
    if (!window.take(1) || typeof message !== 'string') return;
    for (const listener of listeners) listener(message);
  });
  return {
    send: (text) => {
      if (channel.readyState !== 'open' || channel.bufferedAmount > MAX_WAITING_BYTES) return false;
      if (Buffer.byteLength(text) > remoteMaxMessageBytes) return false;
      channel.send(text);
      return true;
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closed: (listener) => {
      channel.stateChanged.subscribe((state) => {
        if (state === 'closed') listener();
      });
    },
    close: () => channel.close(),
  };
}

/** werift would make a channel of each request for one, and look through all of them at the next. */
function mayBeTaken(
  { dataChannels }: ChannelReceiver,
  { stream, protocol, message }: { stream: number; protocol: number; message: Buffer },
): boolean {
  if (protocol !== CONTROL_PROTOCOL || message[0] !== OPEN_MESSAGE || stream in dataChannels) return true;
  return Object.keys(dataChannels).length < MAX_CHANNELS;
}

/** Lets so many things through in each second. */
class SecondWindow {
  readonly #limit: number;
  #second = 0;
  #taken = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes so many. @returns whether the second had them left. */
  take(count: number): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (this.#second !== second) this.#taken = 0;
    this.#second = second;
    this.#taken += count;
    return this.#taken <= this.#limit;
  }
}
