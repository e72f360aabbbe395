import { createSocket, type Socket, type SocketOptions } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { messageOf, PinholeError } from '@pinhole/core';
import type { DirectPath } from './datagram-path.ts';
import type { DatagramListener, IceSocket, RemoteAddress } from './ice-socket.ts';

/** A port range, both ends included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Ports tried before a range counts as used up. */
const MAX_TRIES = 64;

/** A UDP socket on one local address. What cannot be sent is counted and lost, as UDP is. */
export class UdpSocket implements IceSocket {
  readonly transport = 'udp';
  readonly address: string;
  readonly port: number;
  readonly #socket: Socket;
  #closed = false;
  #sendFailures = 0;
  listener: DatagramListener = () => false;

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
    throw new PinholeError(
      'webrtc/bind',
      `cannot bind ${inWords(range)} of ${address}: ${messageOf(cause)}`,
      {
        cause,
      },
    );
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

  queuedBytes(): number {
    return this.#closed ? 0 : this.#socket.getSendQueueSize();
  }

  directPath([host, port]: RemoteAddress): DirectPath | undefined {
    const { descriptor } = this;
    // A link-local address says nothing without its interface.
    if (descriptor === undefined || host.startsWith('fe80:')) return undefined;
    return { descriptor, socket: this, host, port };
  }

  /**
   * Asks the system to keep so many bytes that come or go; it gives what it allows.
   * @returns what there is now; Linux counts its own book-keeping, too
   */
  enlargeBuffers(bytes: number): { readonly send: number; readonly receive: number } {
    const socket = this.#socket;
    // Some systems refuse what is too much, instead of giving what they can.
    for (let wanted = bytes; wanted >= 2 ** 17; wanted /= 2) {
      try {
        socket.setSendBufferSize(wanted);
        socket.setRecvBufferSize(wanted);
        break;
      } catch (error) {
        if (!isSystemError(error)) throw error;
      }
    }
    return { send: socket.getSendBufferSize(), receive: socket.getRecvBufferSize() };
  }

  send(datagram: Uint8Array, host: string, port: number): void {
    if (this.#closed) return;
    this.#socket.send(datagram, port, host);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // What the system had no room for is lost if the socket closes first; it mostly has within a turn.
    if (this.#socket.getSendQueueSize() > 0) await new Promise((resolve) => setImmediate(resolve));
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

function inWords(range: PortRange | undefined): string {
  if (!range) return 'any port';
  return range.first === range.last ? `port ${range.first}` : `ports ${range.first}…${range.last}`;
}

/** Every address here is a number; Node would ask a thread about each datagram's all the same. */
const lookup: NonNullable<SocketOptions['lookup']> = (address, _options, found) => {
  found(null, address, isIPv6(address) ? 6 : 4);
};

async function bind(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address), lookup });
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

const isSystemError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_SOCKET_BUFFER_SIZE';
