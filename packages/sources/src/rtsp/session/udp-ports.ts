import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { RtpRtcpPair } from '@pinhole/protocol/rtsp';
import { RtspError } from './rtsp-error.ts';

const TRIES = 20;
/** Half a second of a fast camera; the system may grant less. */
const RECEIVE_BUFFER_BYTES = 2 ** 20;
/** RTP of version 2 without payload: what a NAT lets out makes it let in what comes back. */
const OPENER = Uint8Array.from([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

/** Where datagrams go; the camera's only. */
export interface UdpPortsSink {
  readonly rtp: (datagram: Uint8Array) => void;
  readonly rtcp: (datagram: Uint8Array) => void;
  /** A datagram of somebody else. */
  readonly foreign: () => void;
}

/** Two UDP ports, RTP on the even one and RTCP on the next. */
export class UdpPorts {
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  readonly #camera: string;
  #cameraPorts: RtpRtcpPair | undefined;

  /** @param sockets bound; they are this object's from now on. */
  constructor(sockets: readonly [Socket, Socket], camera: string, sink: UdpPortsSink) {
    [this.#rtp, this.#rtcp] = sockets;
    this.#camera = camera;
    const isCamera = addressOf(camera);
    for (const [socket, take] of [
      [this.#rtp, sink.rtp],
      [this.#rtcp, sink.rtcp],
    ] as const) {
      socket.on('error', () => {}); // what a host answered to our reports; silence is noticed by who waits
      socket.on('message', (datagram, from) => {
        if (addressOf(from.address) === isCamera) take(datagram);
        else sink.foreign();
      });
    }
  }

  /** Our ports. */
  get ports(): RtpRtcpPair {
    return [this.#rtp.address().port, this.#rtcp.address().port];
  }

  /** Learns where the camera sends from, and opens a way back from there. */
  open(cameraPorts: RtpRtcpPair, report: Uint8Array): void {
    this.#cameraPorts = cameraPorts;
    this.#rtp.send(OPENER, cameraPorts[0], this.#camera, () => {});
    this.report(report);
  }

  /** Sends RTCP to the camera. */
  report(rtcp: Uint8Array): void {
    if (this.#cameraPorts !== undefined) this.#rtcp.send(rtcp, this.#cameraPorts[1], this.#camera, () => {});
  }

  /** Ends both. */
  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }
}

/**
 * Takes a pair of ports on the way to the camera.
 * @throws {RtspError} `source/failed` when there is none
 */
export async function openUdpPorts(
  way: { readonly local: string | undefined; readonly camera: string },
  sink: UdpPortsSink,
): Promise<UdpPorts> {
  for (let tries = 0; tries < TRIES; tries++) {
    const first = await bound(way, 0);
    if (first === undefined) continue;
    const { port } = first.address();
    const neighbour = await bound(way, port % 2 === 0 ? port + 1 : port - 1);
    if (neighbour !== undefined) {
      return new UdpPorts(port % 2 === 0 ? [first, neighbour] : [neighbour, first], way.camera, sink);
    }
    first.close();
  }
  throw new RtspError('source/failed', 'no pair of UDP ports is free here: use ?transport=tcp');
}

async function bound(
  { local, camera }: { readonly local: string | undefined; readonly camera: string },
  port: number,
): Promise<Socket | undefined> {
  const socket = createSocket(camera.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind({ port, ...(local !== undefined && { address: local }), exclusive: true });
    await once(socket, 'listening');
  } catch {
    socket.close();
    return undefined; // taken
  }
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
  } catch {
    // The system's own size has to do.
  }
  return socket;
}

/** Without its zone, and IPv4 as such where it came by a socket of IPv6. */
const addressOf = (address: string): string => address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
