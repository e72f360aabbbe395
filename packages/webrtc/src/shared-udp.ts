import type { DirectPath } from './datagram-path.ts';
import { Demultiplexer, type DemultiplexerCounters, type PortMember } from './demultiplexer.ts';
import type { DatagramListener, IceSocket, RemoteAddress } from './ice-socket.ts';
import { UdpSocket } from './udp-socket.ts';

/** An agent that takes its part of a shared port. */
export type AgentName = Pick<PortMember, 'ufrag' | 'connection'>;

/** Room for the key frames of hundreds of viewers at once; the system gives what it allows (`net.core.wmem_max`). */
const BUFFER_BYTES = 8 * 2 ** 20;

/** One UDP socket for the agents of many peers. */
export class SharedUdp {
  readonly #socket: UdpSocket;
  readonly #demultiplexer = new Demultiplexer();
  /** What the system keeps for it, in bytes. */
  readonly buffers: { readonly send: number; readonly receive: number };

  private constructor(socket: UdpSocket) {
    this.#socket = socket;
    this.buffers = socket.enlargeBuffers(BUFFER_BYTES);
    socket.listener = (datagram, from) => {
      this.#demultiplexer.receive(datagram, from);
      return false;
    };
  }

  /**
   * Binds; port 0 is any.
   * @throws {PinholeError} `webrtc/bind`
   */
  static async open(address: string, port: number): Promise<SharedUdp> {
    return new SharedUdp(await UdpSocket.open(address, { first: port, last: port }));
  }

  get port(): number {
    return this.#socket.port;
  }

  /** Agents that share it. */
  get members(): number {
    return this.#demultiplexer.members;
  }

  /** What came and was nobody's, and what could not be sent. */
  get counters(): Readonly<DemultiplexerCounters> & { readonly sendFailures: number } {
    return { ...this.#demultiplexer.counters, sendFailures: this.#socket.sendFailures };
  }

  /** An agent's part; to be closed with the agent, `left` is called then. */
  join(agent: AgentName, left: () => void): IceSocket {
    return new UdpShare(agent, { socket: this.#socket, demultiplexer: this.#demultiplexer, left });
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

/** What the parts of a socket have in common. */
interface Shared {
  readonly socket: UdpSocket;
  readonly demultiplexer: Demultiplexer;
  readonly left: () => void;
}

/** What one agent sees of a shared socket. */
class UdpShare implements IceSocket, PortMember {
  readonly transport = 'udp';
  readonly ufrag: string;
  readonly connection: object;
  /** The socket counts for all. */
  readonly sendFailures = 0;
  readonly #socket: UdpSocket;
  readonly #demultiplexer: Demultiplexer;
  readonly #left: () => void;
  #closed = false;
  listener: DatagramListener = () => false;

  constructor({ ufrag, connection }: AgentName, { socket, demultiplexer, left }: Shared) {
    this.#socket = socket;
    this.#demultiplexer = demultiplexer;
    this.#left = left;
    this.ufrag = ufrag;
    this.connection = connection;
    demultiplexer.join(this);
  }

  get address(): string {
    return this.#socket.address;
  }

  get port(): number {
    return this.#socket.port;
  }

  get closed(): boolean {
    return this.#closed || this.#socket.closed;
  }

  receive(datagram: Buffer, from: RemoteAddress): boolean {
    return !this.#closed && this.listener(datagram, from);
  }

  queuedBytes(): number {
    return this.#socket.queuedBytes();
  }

  directPath(to: RemoteAddress): DirectPath | undefined {
    return this.#closed ? undefined : this.#socket.directPath(to);
  }

  send(datagram: Uint8Array, host: string, port: number): void {
    if (this.#closed) return;
    this.#demultiplexer.sent(this, datagram);
    this.#socket.send(datagram, host, port);
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#demultiplexer.leave(this);
      this.#left();
    }
    return Promise.resolve();
  }
}
