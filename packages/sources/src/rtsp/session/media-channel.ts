import {
  type InterleavedFrame,
  parseTransport,
  type RtpRtcpPair,
  type RtspResponse,
  type RtspTransport,
  serializeTransport,
} from '@pinhole/protocol/rtsp';
import type { RtspConnection } from './rtsp-connection.ts';
import { HandOver, RtspError } from './rtsp-error.ts';
import { openUdpPorts, type UdpPorts } from './udp-ports.ts';

/** What receives one stream by RTP. */
export interface PacketReceiver {
  rtp(bytes: Uint8Array): void;
  rtcp(bytes: Uint8Array): void;
  /** A receiver report to be sent now. */
  report(): Uint8Array | undefined;
  close(): void;
}

/** What is known of a stream when it is set up. */
export interface SetUpStream {
  readonly ssrc: number | undefined;
  /** Packets come in another order than they were sent in, or not at all. */
  readonly byUdp: boolean;
}

/** How RTP and RTCP of one stream travel between a camera and its receiver: on the connection, or by two UDP ports. */
export class MediaChannel<Receiver extends PacketReceiver> {
  /** Asked for. */
  readonly #wanted: RtpRtcpPair;
  #connection: RtspConnection | undefined;
  #ports: UdpPorts | undefined;
  #channels: RtpRtcpPair;
  #receiver: Receiver | undefined;
  #foreign = 0;
  #closed = false;

  /** @param channels which ones to ask for on a connection */
  constructor(channels: RtpRtcpPair) {
    this.#wanted = channels;
    this.#channels = channels;
  }

  /** What receives it, once it is set up. */
  get receiver(): Receiver | undefined {
    return this.#receiver;
  }

  /** Datagrams of somebody else. */
  get foreign(): number {
    return this.#foreign;
  }

  /** Makes ready. @returns the Transport header to ask for. @throws {RtspError} when no ports are free, or it is closed */
  async offer(connection: RtspConnection, transport: 'tcp' | 'udp'): Promise<string> {
    this.#connection = connection;
    if (transport === 'tcp') return serializeTransport({ interleaved: this.#wanted });
    const ports = await openUdpPorts(
      { local: connection.localAddress, camera: connection.remoteAddress },
      {
        rtp: (datagram) => this.#receiver?.rtp(datagram),
        rtcp: (datagram) => this.#receiver?.rtcp(datagram),
        foreign: () => this.#foreign++,
      },
    );
    if (this.#closed) {
      ports.close();
      throw new RtspError('source/ended', 'stopped');
    }
    this.#ports = ports;
    return serializeTransport({ clientPorts: ports.ports });
  }

  /**
   * Takes the answer to SETUP; what comes from now on is received.
   * @throws {RtspError} for another way than the one asked for; {HandOver} for encryption; {MalformedError} `rtsp/transport`
   */
  accept({ headers }: RtspResponse, open: (stream: SetUpStream) => Receiver): void {
    const header = headers.get('Transport');
    // Some cameras leave out what they were asked for, and do it.
    const transport = header === undefined ? undefined : parseTransport(header);
    if (transport !== undefined) this.#check(transport);
    this.#channels = transport?.interleaved ?? this.#wanted;
    const receiver = open({ ssrc: transport?.ssrc, byUdp: this.#ports !== undefined });
    this.#receiver = receiver;
    if (transport?.serverPorts !== undefined) {
      this.#ports?.open(transport.serverPorts, receiver.report() ?? new Uint8Array());
    }
  }

  /** Takes what came on the connection. @returns whether it was for this stream */
  frame({ channel, payload }: InterleavedFrame): boolean {
    const [rtp, rtcp] = this.#channels;
    if (channel === rtp) this.#receiver?.rtp(payload);
    else if (channel === rtcp) this.#receiver?.rtcp(payload);
    return channel === rtp || channel === rtcp;
  }

  /** Tells the camera how its packets come. */
  report(): void {
    const report = this.#receiver?.report();
    if (report === undefined) return;
    if (this.#ports === undefined) this.#connection?.send(interleaved(this.#channels[1], report));
    else this.#ports.report(report);
  }

  /** Ends it. */
  close(): void {
    this.#closed = true;
    this.#receiver?.close();
    this.#ports?.close();
  }

  #check({ profile, lower, serverPorts }: RtspTransport): void {
    if (!/^AVPF?$/.test(profile)) throw new HandOver(`it sends RTP/${profile}`);
    if (this.#ports === undefined && lower === 'UDP' && serverPorts !== undefined) {
      throw new RtspError('source/failed', 'the camera sends by UDP only: add ?transport=udp');
    }
    if (this.#ports !== undefined && lower === 'TCP') {
      throw new RtspError('source/failed', 'the camera sends by TCP only: leave ?transport=udp out');
    }
  }
}

function interleaved(channel: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + payload.byteLength);
  frame.set([0x24, channel, payload.byteLength >> 8, payload.byteLength & 0xff]);
  frame.set(payload, 4);
  return frame;
}
