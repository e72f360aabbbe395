import {
  isRtcp,
  parseRtcp,
  parseRtp,
  type RtcpPacket,
  type RtpPacket,
  serializeRtp,
} from '@pinhole/media/rtp';
import nodeDataChannel, { type DataChannel, type PeerConnection, type Track } from 'node-datachannel';

const OPUS = 111;
const SSRC = 0x1234_5678;

/** How a channel is opened that both ends know of. */
export interface KnownChannel {
  readonly id: number;
  readonly label: string;
  readonly unordered?: boolean;
  readonly maxRetransmits?: number;
}

/** A viewer of data channels and sound by libdatachannel, which is another implementation of SCTP than ours. */
export class ChannelViewer {
  readonly channels = new Map<string, DataChannel>();
  readonly messages = new Map<string, (string | Buffer)[]>();
  readonly sound: RtpPacket[] = [];
  readonly rtcp: RtcpPacket[] = [];
  readonly #connection: PeerConnection;
  readonly #track: Track | undefined;
  #sequence = 65_530;

  constructor(options: { readonly channels: readonly KnownChannel[]; readonly sound: 'none' | 'both-ways' }) {
    this.#connection = new nodeDataChannel.PeerConnection('viewer', {
      iceServers: [],
      disableAutoNegotiation: true,
      maxMessageSize: 262_144,
    });
    if (options.sound === 'both-ways') {
      const audio = new nodeDataChannel.Audio('1', 'SendRecv');
      audio.addOpusCodec(OPUS);
      audio.addSSRC(SSRC, 'viewer');
      this.#track = this.#connection.addTrack(audio);
      this.#track.onMessage((datagram) => {
        const bytes = new Uint8Array(datagram);
        if (isRtcp(bytes)) this.rtcp.push(...parseRtcp(bytes));
        else this.sound.push(parseRtp(bytes));
      });
    }
    for (const { id, label, ...reliability } of options.channels) {
      const channel = this.#connection.createDataChannel(label, { negotiated: true, id, ...reliability });
      const messages: (string | Buffer)[] = [];
      channel.onMessage((message) => messages.push(message as string | Buffer));
      this.channels.set(label, channel);
      this.messages.set(label, messages);
    }
  }

  /** Makes an offer, gives it to `answer` and connects. */
  async connect(answer: (offer: string) => Promise<string>): Promise<void> {
    const described = new Promise<string>((resolve) => {
      this.#connection.onGatheringStateChange((state) => {
        if (state === 'complete') resolve(this.#connection.localDescription()?.sdp ?? '');
      });
    });
    this.#connection.setLocalDescription('offer' as never);
    this.#connection.setRemoteDescription(await answer(await described), 'answer' as never);
  }

  /** Whether every channel is open. */
  get isOpen(): boolean {
    return [...this.channels.values()].every((channel) => channel.isOpen());
  }

  /** Says 20 ms. */
  say(payload: Uint8Array): void {
    const sequence = this.#sequence++ & 0xffff;
    const timestamp = (sequence * 960) >>> 0;
    const packet = serializeRtp({
      marker: false,
      payloadType: OPUS,
      sequence,
      timestamp,
      ssrc: SSRC,
      payload,
    });
    this.#track?.sendMessageBinary(Buffer.from(packet));
  }

  close(): void {
    this.#connection.close();
  }
}
