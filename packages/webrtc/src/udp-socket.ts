import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { messageOf, PinholeError } from '@pinhole/core';

/** Takes one datagram and where it came from; the memory is the taker's. */
export type DatagramListener = (datagram: Buffer, from: readonly [host: string, port: number]) => void;

/** A port range, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Ports tried before a range counts as used up. */
const MAX_TRIES = 64;

/** A UDP socket on one local address. What cannot be sent is counted and lost, as UDP is. */
export class UdpSocket {
  readonly address: string;
  readonly port: number;
  readonly #socket: Socket;
  #closed = false;
  #sendFailures = 0;
  listener: DatagramListener = () => {};

  private constructor(socket: Socket) {
    const { address, port } = socket.address();
    this.#socket = socket;
    this.address = address;
    this.port = port;
    socket.on('message', (datagram, { address: from, port: fromPort }) => {
      // A link-local sender has its interface behind a percent sign.
      this.listener(datagram, [from.split('%', 1)[0] ?? from, fromPort]);
    });
    socket.on('error', () => {
      this.#sendFailures++;
    });
  }

  /**
   * Binds to a port of the range, or to any when there is none.
   * @throws {PinholeError} `webrtc/bind`
   */
  static async open(address: string, range?: PortRange): Promise<UdpSocket> {
    let cause: unknown;
    for (const port of portsToTry(range)) {
      try {
        return new UdpSocket(await bind(address, port));
      } catch (error) {
        cause = error;
      }
    }
    const ports = range ? `ports ${range.first}…${range.last}` : 'any port';
    throw new PinholeError('webrtc/bind', `cannot bind ${ports} of ${address}: ${messageOf(cause)}`, {
      cause,
    });
  }

  /** Its file descriptor; undefined once closed, or where Node keeps it elsewhere than today. */
  get descriptor(): number | undefined {
    return this.#closed ? undefined : descriptorOf(this.#socket);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Datagrams that the system refused. */
  get sendFailures(): number {
    return this.#sendFailures;
  }

  /** Bytes that wait for the system to take them. */
  get queuedBytes(): number {
    return this.#closed ? 0 : this.#socket.getSendQueueSize();
  }

  /** Sends one datagram; `host` is an IP address. */
  send(datagram: Uint8Array, host: string, port: number): void {
    if (this.#closed) return;
    this.#socket.send(datagram, port, host);
  }

  /** Ends it; what was sent before still goes out. May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // A datagram looks its address up, even a numeric one, before it is on its way, and is lost if the socket closes first.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

/** Node has no public way to it. */
function descriptorOf(socket: Socket): number | undefined {
  const state = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  );
  const states = socket as unknown as Readonly<
    Record<symbol, { readonly handle?: { readonly fd?: number } }>
  >;
  const descriptor = state && states[state]?.handle?.fd;
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined;
}

function* portsToTry(range: PortRange | undefined): Generator<number> {
  if (!range) return yield 0;
  const count = range.last - range.first + 1;
  const start = Math.floor(Math.random() * count);
  for (let i = 0; i < Math.min(count, MAX_TRIES); i++) yield range.first + ((start + i) % count);
}

async function bind(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) });
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', fail);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', fail);
      // Without a listener an error would end the process.
      socket.on('error', () => {});
      resolve();
    });
  });
  return socket;
}
