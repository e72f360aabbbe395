import {
  isRtcp,
  parseRtcp,
  parseRtp,
  type RtcpPacket,
  type RtpPacket,
  serializeRtcp,
  type WritableRtcp,
} from '@pinhole/media/rtp';
import nodeDataChannel, { type DataChannel, type PeerConnection, type Track } from 'node-datachannel';

const H264_PAYLOAD_TYPE = 102;
const RTX_PAYLOAD_TYPE = 103;

/** A viewer by libdatachannel: another implementation of ICE, DTLS, SRTP and SCTP than the one under test. */
export class RtpViewer {
  readonly packets: RtpPacket[] = [];
  /** Packets that came again in a stream of their own, as they came. */
  readonly repairs: RtpPacket[] = [];
  readonly datagrams: Uint8Array[] = [];
  readonly rtcp: RtcpPacket[] = [];
  readonly messages: string[] = [];
  /** States of the connection, in the order they came. */
  readonly states: string[] = [];
  readonly channel: DataChannel;
  readonly #connection: PeerConnection;
  readonly #track: Track;

  /** @param repairs whether it takes lost packets in a stream of their own */
  constructor(repairs: 'rtx' | 'as sent' = 'as sent') {
    this.#connection = new nodeDataChannel.PeerConnection('viewer', {
      iceServers: [],
      disableAutoNegotiation: true,
    });
    this.#connection.onStateChange((state) => this.states.push(state));
    const video = new nodeDataChannel.Video('0', 'SendRecv');
    video.addH264Codec(
      H264_PAYLOAD_TYPE,
      'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1',
    );
    if (repairs === 'rtx') video.addRTXCodec(RTX_PAYLOAD_TYPE, H264_PAYLOAD_TYPE, 90_000);
    this.#track = this.#connection.addTrack(video);
    this.#track.onMessage((datagram) => this.#take(new Uint8Array(datagram)));
    this.channel = this.#connection.createDataChannel('pinhole');
    this.channel.onMessage((message) => this.messages.push(Buffer.from(message as string).toString()));
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

  /** SSRC of what is received. */
  get ssrc(): number {
    return this.packets[0]?.ssrc ?? 0;
  }

  /** Sends RTCP. */
  report(...packets: readonly WritableRtcp[]): void {
    this.#track.sendMessageBinary(Buffer.from(serializeRtcp(packets)));
  }

  /** Sends any bytes as RTCP: signed and encrypted as they are. */
  reportRaw(bytes: Uint8Array): void {
    this.#track.sendMessageBinary(Buffer.from(bytes));
  }

  close(): void {
    this.channel.close();
    this.#connection.close();
  }

  #take(datagram: Uint8Array): void {
    if (isRtcp(datagram)) {
      this.rtcp.push(...parseRtcp(datagram));
      return;
    }
    this.datagrams.push(datagram);
    const packet = parseRtp(datagram);
    if (packet.payloadType === RTX_PAYLOAD_TYPE) this.repairs.push(packet);
    else this.packets.push(packet);
  }
}

/** To be called once all viewers are closed: threads of theirs keep the process otherwise. */
export const endViewers = (): void => nodeDataChannel.cleanup();
