import {
  type InterleavedFrame,
  parseTransport,
  type RtpRtcpPair,
  type RtspResponse,
  type RtspTransport,
  serializeTransport,
} from '@pinhole/protocol/rtsp';
import type { SourceClock } from '../../clock.ts';
import { NO_RTP_COUNTERS, type RtpCounters } from '../../rtp/rtp-counters.ts';
import { RtpReceiver, type RtpReceiverSink } from '../../rtp/rtp-receiver.ts';
import type { DescribedVideo } from './described-video.ts';
import type { RtspConnection } from './rtsp-connection.ts';
import { HandOver, RtspError } from './rtsp-error.ts';
import { openUdpPorts, type UdpPorts } from './udp-ports.ts';

const CHANNELS: RtpRtcpPair = [0, 1];

/** How RTP and RTCP of one stream travel between a camera and its receiver: on the connection, or by two UDP ports. */
export class MediaChannel {
  readonly #clock: SourceClock;
  readonly #sink: RtpReceiverSink;
  #connection: RtspConnection | undefined;
  #ports: UdpPorts | undefined;
  #channels: RtpRtcpPair = CHANNELS;
  #receiver: RtpReceiver | undefined;
  #foreign = 0;
  #closed = false;

  constructor({ clock, sink }: { readonly clock: SourceClock; readonly sink: RtpReceiverSink }) {
    this.#clock = clock;
    this.#sink = sink;
  }

  /** What became of packets and pictures so far. */
  get counters(): RtpCounters {
    const counters = this.#receiver?.counters ?? NO_RTP_COUNTERS;
    return { ...counters, packetsForeign: counters.packetsForeign + this.#foreign };
  }

  /** Makes ready. @returns the Transport header to ask for. @throws {RtspError} when no ports are free, or it is closed */
  async offer(connection: RtspConnection, transport: 'tcp' | 'udp'): Promise<string> {
    this.#connection = connection;
    if (transport === 'tcp') return serializeTransport({ interleaved: CHANNELS });
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
  accept({ headers }: RtspResponse, video: DescribedVideo): void {
    const header = headers.get('Transport');
    // Some cameras leave out what they were asked for, and do it.
    const transport = header === undefined ? undefined : parseTransport(header);
    if (transport !== undefined) this.#check(transport);
    this.#channels = transport?.interleaved ?? CHANNELS;
    const reorder = this.#ports === undefined ? {} : { reorder: {} };
    this.#receiver = new RtpReceiver(
      { ...video, ssrc: transport?.ssrc, ...reorder, clock: this.#clock },
      this.#sink,
    );
    if (transport?.serverPorts !== undefined) {
      this.#ports?.open(transport.serverPorts, this.#receiver.report());
    }
  }

  /** Takes what came on the connection. */
  frame({ channel, payload }: InterleavedFrame): void {
    const [rtp, rtcp] = this.#channels;
    if (channel === rtp) this.#receiver?.rtp(payload);
    else if (channel === rtcp) this.#receiver?.rtcp(payload);
    else this.#foreign++;
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
