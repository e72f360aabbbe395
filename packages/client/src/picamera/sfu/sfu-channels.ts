import {
  CHANNEL_LABEL,
  ChannelId,
  decodeSfuData,
  encodeSfuData,
  SFU_IPC_TOPIC,
} from '@pinhole/protocol/picamera';
import type { IpcMode } from '../picamera-options.ts';
import type { SfuPeer } from './sfu-peer.ts';

/** What may wait to be sent on a channel, in bytes. */
const MAX_QUEUED_BYTES = 8 * 2 ** 20;

/** Bytes around a message on its way by an SFU server. */
export const SFU_FRAMING_BYTES = 64;

/** What happens on the channels. */
export interface SfuChannelHandlers {
  open(id: ChannelId): void;
  /** A message for `sendMessage`'s other end, without what the SFU server has around it. */
  message(payload: Uint8Array): void;
}

/** The channels to and from an SFU server: out by those that were opened here, in by those that the server opens. */
export class SfuChannels {
  readonly #mode: IpcMode | undefined;
  readonly #handlers: SfuChannelHandlers;
  readonly #signal: AbortSignal;
  readonly #out: ReadonlyMap<IpcMode, RTCDataChannel>;
  #malformed = 0;

  constructor(publisher: SfuPeer, mode: IpcMode | undefined, handlers: SfuChannelHandlers) {
    this.#mode = mode;
    this.#handlers = handlers;
    this.#signal = publisher.signal;
    const reliable = publisher.openChannel(CHANNEL_LABEL[ChannelId.Reliable], { ordered: true });
    const lossy = publisher.openChannel(CHANNEL_LABEL[ChannelId.Lossy], {
      ordered: false,
      maxRetransmits: 0,
    });
    for (const [id, channel] of [
      [ChannelId.Reliable, reliable],
      [ChannelId.Lossy, lossy],
    ] as const) {
      channel.addEventListener('open', () => handlers.open(id), { signal: this.#signal });
    }
    this.#out = new Map([
      ['reliable', reliable],
      ['lossy', lossy],
    ]);
  }

  /** Messages that nobody could read. */
  get malformed(): number {
    return this.#malformed;
  }

  /** A channel that the server opened. */
  listen(channel: RTCDataChannel): void {
    const id = this.#mode === 'lossy' ? ChannelId.Lossy : ChannelId.Reliable;
    if (this.#mode === undefined || channel.label !== CHANNEL_LABEL[id]) return;
    channel.binaryType = 'arraybuffer';
    channel.addEventListener(
      'message',
      ({ data: message }: MessageEvent<unknown>) => {
        if (message instanceof ArrayBuffer) this.#receive(new Uint8Array(message));
      },
      { signal: this.#signal },
    );
  }

  /** @returns false when it was not sent: the channel is not open, or too much waits */
  send(payload: Uint8Array): boolean {
    const mode = this.#mode ?? 'reliable';
    const channel = this.#out.get(mode);
    if (channel?.readyState !== 'open' || channel.bufferedAmount > MAX_QUEUED_BYTES) return false;
    channel.send(encodeSfuData({ kind: mode, payload, topic: SFU_IPC_TOPIC }) as Uint8Array<ArrayBuffer>);
    return true;
  }

  #receive(message: Uint8Array): void {
    try {
      const packet = decodeSfuData(message);
      if (packet?.topic === SFU_IPC_TOPIC) this.#handlers.message(packet.payload);
    } catch {
      // A stranger's message must not end the conversation of the others.
      this.#malformed++;
    }
  }
}
