import type { MessagePipe } from '@pinhole/engine';
import { type RTCDataChannel, RTCSctpTransport } from 'werift';
import { MAX_CHANNEL_MESSAGE_BYTES, SCTP_PORT } from './viewer-answer.ts';
import type { WeriftDtls } from './werift-dtls.ts';

/** The label of the channel that carries our messages. */
export const CHANNEL_LABEL = 'pinhole';

/** What waits to be sent beyond this is dropped: these messages are worth nothing late. */
const MAX_WAITING_BYTES = 256 * 1024;

/** Messages a second that a viewer may send; more are dropped. */
const MESSAGES_A_SECOND = 50;

/** A viewer that opens more channels than this is up to no good: what comes after is not looked at. */
const MAX_CHANNELS = 8;

/** Parts of werift's SCTP whose rejections nobody takes: one broken message of a viewer would end the process. */
interface ChannelReceiver {
  datachannelReceive(...message: readonly unknown[]): Promise<void>;
}
interface PacketReceiver {
  handleData(packet: Buffer): Promise<void>;
}

/** The data channels of one viewer, by werift; one of them is of use. */
export class WeriftChannels {
  readonly #sctp: RTCSctpTransport;
  readonly #remotePort: number;
  #opened = 0;
  #malformed = 0;

  constructor(options: {
    readonly dtls: WeriftDtls;
    readonly remotePort: number;
    readonly remoteMaxMessageBytes: number;
    /** Called when the viewer opens the channel labelled `pinhole`; `heard` at each message. */
    readonly opened: (pipe: MessagePipe) => void;
    readonly heard: () => void;
    /** Called when the viewer ends the association: browsers do so only together with the connection. */
    readonly ended: () => void;
  }) {
    this.#sctp = new RTCSctpTransport(SCTP_PORT, MAX_CHANNEL_MESSAGE_BYTES);
    this.#remotePort = options.remotePort;
    const count = (): void => {
      this.#malformed++;
    };
    const channels = this.#sctp as unknown as ChannelReceiver;
    const receive = channels.datachannelReceive.bind(channels);
    channels.datachannelReceive = (...message) => receive(...message).catch(count);
    this.#sctp.setDtlsTransport(options.dtls);
    const packets = this.#sctp.sctp as unknown as PacketReceiver;
    const handle = packets.handleData.bind(packets);
    packets.handleData = (packet) => handle(packet).catch(count);
    this.#sctp.setRemoteMaxMessageSize(options.remoteMaxMessageBytes);
    this.#sctp.setRemotePort(options.remotePort);
    this.#sctp.sctp.stateChanged.closed.subscribe(options.ended);
    this.#sctp.onDataChannel.subscribe((channel) => {
      if (++this.#opened > MAX_CHANNELS) return;
      if (channel.label === CHANNEL_LABEL) options.opened(pipeOf(channel, options));
    });
  }

  /** Messages and packets that could not be read. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Waits for the viewer's association, from the end of the DTLS handshake on. */
  start(): void {
    // Fails only when the transport is gone, which shows elsewhere.
    this.#sctp.start(this.#remotePort).catch(() => {});
  }

  async close(): Promise<void> {
    await this.#sctp.stop().catch(() => {});
  }
}

function pipeOf(
  channel: RTCDataChannel,
  { heard, remoteMaxMessageBytes }: { readonly heard: () => void; readonly remoteMaxMessageBytes: number },
): MessagePipe {
  const listeners = new Set<(text: string) => void>();
  let window = { second: 0, messages: 0 };
  channel.onMessage.subscribe((message) => {
    heard();
    const second = Math.floor(performance.now() / 1000);
    if (window.second !== second) window = { second, messages: 0 };
    if (++window.messages > MESSAGES_A_SECOND || typeof message !== 'string') return;
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
