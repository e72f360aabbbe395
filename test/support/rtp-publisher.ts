import { type Micros, micros } from '@pinhole/core';
import { nalUnits } from '@pinhole/media/h264';
import {
  isRtcp,
  microsToNtp,
  packetizeH264,
  parseRtcp,
  type RtcpPacket,
  type RtpPacket,
  serializeRtcp,
  serializeRtp,
} from '@pinhole/media/rtp';
import nodeDataChannel, { type PeerConnection, type Track } from 'node-datachannel';

const VIDEO = { payloadType: 102, ssrc: 4242 };
const AUDIO = { payloadType: 111, ssrc: 4343 };

/** A publisher by libdatachannel, the stack of OBS, which can be made to lose packets. */
export class RtpPublisher {
  /** Says which of the packets, by count, does not go out. */
  loses: (count: number) => boolean = () => false;
  /** Sends again what is asked for, as OBS does. */
  answersNacks = true;
  readonly rtcp: RtcpPacket[] = [];
  readonly states: string[] = [];
  readonly #connection: PeerConnection;
  readonly #video: Track;
  readonly #audio: Track | undefined;
  readonly #sent = new Map<number, Uint8Array>();
  #count = 0;
  #sequence = 65_500;
  #audioSequence = 0;

  constructor(options: { readonly sound?: true; readonly codec?: 'VP8' } = {}) {
    this.#connection = new nodeDataChannel.PeerConnection('publisher', {
      iceServers: [],
      disableAutoNegotiation: true,
    });
    this.#connection.onStateChange((state) => this.states.push(state));
    const video = new nodeDataChannel.Video('video', 'SendOnly');
    if (options.codec === 'VP8') video.addVP8Codec(VIDEO.payloadType);
    else
      video.addH264Codec(
        VIDEO.payloadType,
        'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1',
      );
    video.addSSRC(VIDEO.ssrc, 'publisher', 'stream', 'video');
    this.#video = this.#connection.addTrack(video);
    this.#video.onMessage((datagram) => this.#take(new Uint8Array(datagram)));
    if (!options.sound) return;
    const audio = new nodeDataChannel.Audio('audio', 'SendOnly');
    audio.addOpusCodec(AUDIO.payloadType);
    audio.addSSRC(AUDIO.ssrc, 'publisher', 'stream', 'audio');
    this.#audio = this.#connection.addTrack(audio);
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
    while (!this.#video.isOpen()) await new Promise((later) => setTimeout(later, 10));
  }

  /** Sends one picture. */
  picture(data: Uint8Array, at: { readonly ticks: number }): void {
    const payloads = packetizeH264([...nalUnits(data)]);
    payloads.forEach((payload, index) => {
      const packet = this.#packet(payload, { ...at, marker: index === payloads.length - 1 });
      this.#sent.set(packet.sequence, serializeRtp(packet));
      if (!this.loses(this.#count++)) this.#send(packet.sequence);
    });
  }

  /** Sends one packet of sound. */
  sound(payload: Uint8Array, at: { readonly ticks: number }): void {
    const bytes = serializeRtp({
      marker: false,
      ...AUDIO,
      sequence: this.#audioSequence++,
      timestamp: at.ticks,
      payload,
    });
    this.#audio?.sendMessageBinary(Buffer.from(bytes));
  }

  /** Tells when a time stamp of the pictures was on the wall clock. */
  report(at: { readonly ticks: number; readonly utc: Micros }): void {
    const report = serializeRtcp([
      {
        kind: 'sender-report',
        ssrc: VIDEO.ssrc,
        ntp: microsToNtp(at.utc),
        rtpTimestamp: at.ticks,
        packetsSent: this.#count,
        bytesSent: 1,
        reports: [],
      },
    ]);
    this.#video.sendMessageBinary(Buffer.from(report));
  }

  /** What was asked of it, by kind. */
  asked<K extends RtcpPacket['kind']>(kind: K): Extract<RtcpPacket, { kind: K }>[] {
    return this.rtcp.filter((packet): packet is Extract<RtcpPacket, { kind: K }> => packet.kind === kind);
  }

  close(): void {
    this.#connection.close();
  }

  #packet(payload: Uint8Array, { ticks, marker }: { ticks: number; marker: boolean }): RtpPacket {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    return { marker, ...VIDEO, sequence, timestamp: ticks, payload };
  }

  #send(sequence: number): void {
    const bytes = this.#sent.get(sequence);
    if (bytes && this.#video.isOpen()) this.#video.sendMessageBinary(Buffer.from(bytes));
  }

  #take(datagram: Uint8Array): void {
    if (!isRtcp(datagram)) return;
    for (const packet of parseRtcp(datagram)) {
      this.rtcp.push(packet);
      if (packet.kind === 'nack' && this.answersNacks)
        for (const sequence of packet.sequences) this.#send(sequence);
    }
  }
}

/** UTC of this process. */
export const utcNow = (): Micros => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));
