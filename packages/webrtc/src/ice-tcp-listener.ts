import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { messageOf, PinholeError } from '@pinhole/core';
import type { DatagramListener, IceSocket, RemoteAddress } from './ice-socket.ts';
import type { AgentName } from './shared-udp.ts';
import { localUfragOf, stunClassOf } from './stun-header.ts';
import { TcpConnection } from './tcp-connection.ts';

/** Connections that did not yet say whose they are: of all, and of one network. */
const MAX_STRANGERS = { ofAll: 128, ofOne: 16 } as const;

/** Until then a connection has to say whose it is, and to prove it. */
const CLAIM_MS = 5000;

/** Connections of one peer; it tries some ways and keeps one. */
const MAX_CONNECTIONS = 4;

/** What became of TCP connections to a shared port. */
export interface IceTcpCounters {
  /** Taken for a peer's. */
  claimed: number;
  /** Closed for younger ones, as too many had not said whose they are. */
  crowded: number;
  /** Closed as what came first was no signed request for anybody here. */
  refused: number;
  /** Closed as nothing came in time. */
  late: number;
  /** Datagrams dropped as their peer did not take those before in time. */
  dropped: number;
}

/** Listens for peers that come by TCP, many at one port. @see RFC 6544 §4 (passive candidates), RFC 4571 (framing) */
export class IceTcpListener {
  readonly port: number;
  readonly #server: Server;
  readonly #shares = new Map<string, TcpShare>();
  readonly #strangers = new Set<TcpConnection>();
  readonly #counters: IceTcpCounters = { claimed: 0, crowded: 0, refused: 0, late: 0, dropped: 0 };
  #closed = false;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#meet(socket));
    // A connection that cannot be accepted is lost, the listener is not.
    server.on('error', () => {});
  }

  /**
   * Listens; port 0 is any.
   * @throws {PinholeError} `webrtc/bind`
   */
  static async open(address: string, port: number): Promise<IceTcpListener> {
    const server = createServer({ noDelay: true });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host: address, port, exclusive: true, ipv6Only: true }, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (cause) {
      throw new PinholeError(
        'webrtc/bind',
        `cannot listen at TCP port ${port} of ${address}: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
    return new IceTcpListener(server);
  }

  /** What became of connections. */
  get counters(): Readonly<IceTcpCounters> {
    return this.#counters;
  }

  /** Connections that did not yet say whose they are. */
  get strangers(): number {
    return this.#strangers.size;
  }

  /** An agent's part; to be closed with the agent. */
  join(agent: AgentName, { address, port }: { readonly address: string; readonly port: number }): IceSocket {
    const share = new TcpShare({ address, port, counters: this.#counters }, () => {
      if (this.#shares.get(agent.ufrag) === share) this.#shares.delete(agent.ufrag);
    });
    this.#shares.set(agent.ufrag, share);
    return share;
  }

  /** Closes it and what nobody claimed. May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const stranger of this.#strangers) stranger.close();
    for (const share of this.#shares.values()) await share.close();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #meet(socket: Socket): void {
    const connection = new TcpConnection(socket);
    if (this.#closed) {
      connection.close();
      return;
    }
    this.#makeRoom(networkOf(connection.from));
    this.#strangers.add(connection);
    const late = setTimeout(() => {
      this.#counters.late++;
      connection.close();
    }, CLAIM_MS);
    const known = (): void => {
      clearTimeout(late);
      this.#strangers.delete(connection);
    };
    connection.gone = known;
    connection.take = (datagram) => {
      known();
      const ufrag = stunClassOf(datagram) === 'request' ? localUfragOf(datagram) : undefined;
      const share = ufrag === undefined ? undefined : this.#shares.get(ufrag);
      if (share?.claim(connection, datagram)) {
        this.#counters.claimed++;
      } else {
        this.#counters.refused++;
        connection.close();
      }
    };
  }

  /** For one more of a network: a peer says at once whose it is, and who waits the longest is the least likely one. */
  #makeRoom(network: string): void {
    const ofOne = [...this.#strangers].filter(({ from }) => networkOf(from) === network);
    const isFull = this.#strangers.size >= MAX_STRANGERS.ofAll;
    const [oldest] = ofOne.length >= MAX_STRANGERS.ofOne ? ofOne : isFull ? this.#strangers : [];
    if (!oldest) return;
    this.#counters.crowded++;
    this.#strangers.delete(oldest);
    oldest.close();
  }
}

/** An address; of IPv6 the first half, of which one customer has all the addresses. */
function networkOf([address]: RemoteAddress): string {
  if (!isIPv6(address)) return address;
  const [head = ''] = address.split('::', 1);
  return [...head.split(':'), '', '', ''].slice(0, 4).join(':');
}

/** What one agent sees of a shared TCP port: the connections of its peer. */
class TcpShare implements IceSocket {
  readonly transport = 'tcp';
  readonly address: string;
  readonly port: number;
  readonly #counters: IceTcpCounters;
  readonly #left: () => void;
  /** The oldest first. */
  readonly #connections = new Map<string, TcpConnection>();
  #closed = false;
  #sendFailures = 0;
  listener: DatagramListener = () => false;

  constructor(
    { address, port, counters }: { address: string; port: number; counters: IceTcpCounters },
    left: () => void,
  ) {
    this.address = address;
    this.port = port;
    this.#counters = counters;
    this.#left = left;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get sendFailures(): number {
    return this.#sendFailures;
  }

  /** @returns whether the connection is the peer's, which a signed request shows; it is answered then. */
  claim(connection: TcpConnection, request: Buffer): boolean {
    const { from } = connection;
    const key = from.join(' ');
    if (this.#closed || this.#connections.has(key)) return false;
    // The answer goes by it.
    this.#connections.set(key, connection);
    if (!this.listener(request, from)) {
      this.#connections.delete(key);
      return false;
    }
    connection.take = (datagram) => this.listener(datagram, from);
    connection.gone = () => this.#connections.delete(key);
    const [oldest] = this.#connections.values();
    if (this.#connections.size > MAX_CONNECTIONS) oldest?.close();
    return true;
  }

  queuedBytes(to: RemoteAddress): number {
    return this.#connections.get(to.join(' '))?.queuedBytes ?? 0;
  }

  /** None: the length goes before each datagram. */
  directPath(): undefined {
    return undefined;
  }

  send(datagram: Uint8Array, host: string, port: number): void {
    const connection = this.#connections.get(`${host} ${port}`);
    if (connection?.send(datagram)) return;
    this.#sendFailures++;
    if (connection) this.#counters.dropped++;
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.listener = () => false;
      this.#left();
      for (const connection of this.#connections.values()) connection.end();
    }
    return Promise.resolve();
  }
}
