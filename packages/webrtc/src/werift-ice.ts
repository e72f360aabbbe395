import { isIP, isIPv4 } from 'node:net';
import type { Logger } from '@pinhole/core';
import type { IceCandidate } from '@pinhole/media/sdp';
import {
  type Candidate,
  type Connection,
  parseIceServers,
  RTCIceGatherer,
  RTCIceTransport,
  StunProtocol,
  serverReflexiveCandidate,
} from 'werift';
import type { DatagramPath, DirectPath } from './datagram-path.ts';
import { KnownPaths } from './known-paths.ts';
import { mayCheck } from './remote-address.ts';
import { type PortRange, UdpSocket } from './udp-socket.ts';
import { watchNomination } from './watch-nomination.ts';
import { announcedCandidates, fromWerift, hostCandidate, toWerift } from './werift-candidate.ts';
import { openStun, receiveStun, stunKind } from './werift-stun.ts';

/** A STUN or TURN server, as browsers take it. */
export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** What gathering needs. */
export interface IceOptions {
  readonly iceServers: readonly IceServer[];
  /** Local addresses to bind, one socket each. */
  readonly addresses: readonly string[];
  /** Addresses by which peers reach the first socket of the same family, e.g. behind a port forwarding. */
  readonly announced: readonly string[];
  readonly portRange?: PortRange;
  readonly log: Logger;
}

/** Parts of werift's ICE agent that its types keep to itself: we bring the sockets, it does the checks. */
interface IceAgent {
  localCandidatesStart: boolean;
  readonly protocols: StunProtocol[];
  ensureProtocol(protocol: StunProtocol): void;
  pairLocalProtocol(protocol: StunProtocol): void;
  appendLocalCandidate(candidate: Candidate): void;
  getCandidatePromises(addresses: readonly string[], timeoutSeconds: number): Promise<unknown>[];
}

/** Remote candidates beyond these are passed over: each costs a socket's worth of checks. */
const MAX_REMOTE_CANDIDATES = 32;

const GATHERING_SECONDS = 3;

/**
 * ICE by werift over our own sockets, bound to the addresses wanted and no others. Datagrams are looked at before werift
 * sees them: a STUN request must be signed with our password, anything else must come from where such a request came.
 */
export class WeriftIce implements DatagramPath {
  readonly #transport: RTCIceTransport;
  readonly #connection: Connection;
  readonly #agent: IceAgent;
  readonly #sockets: UdpSocket[] = [];
  readonly #announced: readonly string[];
  readonly #known = new KnownPaths();
  #selected: { readonly socket: UdpSocket; readonly host: string; readonly port: number } | undefined;
  #direct: DirectPath | undefined;
  #refusedDatagrams = 0;
  #relayFailures = 0;
  #remoteCandidates = 0;
  #onDatagram: (datagram: Buffer) => void = () => {};

  private constructor(options: IceOptions) {
    const servers = parseIceServers(
      options.iceServers.map(({ urls, ...server }) => ({
        ...server,
        urls: typeof urls === 'string' ? urls : [...urls],
      })),
    );
    this.#announced = options.announced;
    const gatherer = new RTCIceGatherer({ ...servers, useIpv4: false, useIpv6: false });
    this.#transport = new RTCIceTransport(gatherer);
    this.#connection = gatherer.connection as Connection;
    this.#agent = this.#connection as unknown as IceAgent;
    // werift asks a public server of its own choice when it is given none.
    if (servers.stunServer === undefined) delete this.#connection.stunServer;
  }

  /**
   * Binds the sockets and gathers all candidates.
   * @throws {PinholeError} `webrtc/bind` when not one address could be bound.
   */
  static async open(options: IceOptions): Promise<WeriftIce> {
    const ice = new WeriftIce(options);
    const agent = ice.#agent;
    agent.localCandidatesStart = true;
    const bound = await Promise.allSettled(
      options.addresses.map((address) => UdpSocket.open(address, options.portRange)),
    );
    const failures = bound.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    for (const reason of failures) options.log.warn({ reason: String(reason) }, 'no candidate on an address');
    const protocols = bound.flatMap((result) =>
      result.status === 'fulfilled' ? [ice.#addSocket(result.value)] : [],
    );
    if (protocols.length === 0 && failures.length > 0) throw failures[0];
    await Promise.allSettled([
      ...protocols.map((protocol) => ice.#addReflexive(protocol)),
      ...agent.getCandidatePromises([], GATHERING_SECONDS),
    ]);
    ice.#connection.localCandidatesEnd = true;
    // With this state werift opens the path to data at the nomination, and not up to 20 ms later.
    ice.#connection.state = 'completed';
    return ice;
  }

  get local(): {
    readonly ufrag: string;
    readonly password: string;
    readonly candidates: readonly IceCandidate[];
  } {
    const { localUsername: ufrag, localPassword: password, localCandidates } = this.#connection;
    const candidates = localCandidates.map(fromWerift);
    return {
      ufrag,
      password,
      candidates: [...candidates, ...announcedCandidates(this.#announced, candidates)],
    };
  }

  /** Datagrams from strangers, or not signed. */
  get refusedDatagrams(): number {
    return this.#refusedDatagrams;
  }

  /** Datagrams that the system would not send. */
  get sendFailures(): number {
    return this.#sockets.reduce((sum, { sendFailures }) => sum + sendFailures, this.#relayFailures);
  }

  /** In words, e.g. `host/udp`; undefined until a pair was nominated. */
  get path(): string | undefined {
    const pair = this.#connection.nominated;
    return pair && `${pair.localCandidate.type}/${pair.localCandidate.transport}`;
  }

  get queuedBytes(): number {
    return this.#selected?.socket.queuedBytes ?? 0;
  }

  get direct(): DirectPath | undefined {
    return this.#direct;
  }

  /** Starts the checks; `nominated` is called once, at once when there is a path. */
  start(remote: {
    readonly ufrag: string;
    readonly password: string;
    readonly lite: boolean;
    readonly role?: 'controlling' | 'controlled';
    readonly nominated: () => void;
    readonly failed: (why: string) => void;
    /** Takes what comes of the peer and is not of ICE. */
    readonly datagram: (datagram: Buffer) => void;
  }): void {
    const connection = this.#connection;
    this.#onDatagram = remote.datagram;
    // What is relayed comes by werift's TURN; all else comes by sockets of ours.
    connection.onData.subscribe((datagram) => this.#onDatagram(datagram));
    watchNomination(connection, () => {
      this.#select();
      remote.nominated();
    });
    // RFC 8445 §6.1.1: opposite a lite agent the full one controls.
    connection.iceControlling = remote.lite || remote.role === 'controlled';
    connection.setRemoteParams({
      iceLite: remote.lite,
      usernameFragment: remote.ufrag,
      password: remote.password,
    });
    this.#transport.onStateChange.subscribe((state) => {
      if (state === 'failed') remote.failed('ICE: no answer from the peer');
    });
    this.#transport.start().catch((error: unknown) => remote.failed(`ICE: ${String(error)}`));
  }

  /**
   * Adds a candidate of the peer; one that needs a look-up, that no check may go to, or that is one too many, is passed
   * over.
   */
  async addRemote(candidate: IceCandidate): Promise<void> {
    const { address, transport, component, type } = candidate;
    // Chromium tells candidates of a pool (`iceCandidatePoolSize`) as of component 0.
    if (!isIP(address) || transport !== 'udp' || component > 1 || type === 'prflx') return;
    if (candidate.port === 0 || this.#remoteCandidates >= MAX_REMOTE_CANDIDATES) return;
    const own = this.#sockets.map((socket) => socket.address);
    if (!mayCheck(address, own)) return;
    this.#remoteCandidates++;
    await this.#connection.addRemoteCandidate(toWerift({ ...candidate, component: 1 }));
  }

  send(datagram: Uint8Array): void {
    const selected = this.#selected;
    if (selected) selected.socket.send(datagram, selected.host, selected.port);
    // Relayed: TURN has its own way of sending.
    else if (this.#connection.nominated)
      this.#connection
        .send(Buffer.from(datagram.buffer, datagram.byteOffset, datagram.byteLength))
        .catch(() => this.#relayFailures++);
  }

  /** Forgets what the agent only ever adds to. Called now and then. */
  tidy(): void {
    for (const pair of this.#connection.candidatePairs) {
      // Grows by one with each STUN request of the peer, for hours.
      (pair as unknown as { readonly requestTransactionIds: Set<string> }).requestTransactionIds.clear();
    }
  }

  async close(): Promise<void> {
    // The number may mean another file soon.
    this.#direct = undefined;
    this.#onDatagram = () => {};
    await this.#transport.stop();
  }

  #addSocket(socket: UdpSocket): StunProtocol {
    const protocol = openStun(socket);
    const { address, port } = socket;
    const { generation, localUsername: ufrag } = this.#connection;
    const rank = this.#sockets.push(socket);
    socket.listener = (datagram, from) => this.#receive(protocol, datagram, from);
    protocol.localCandidate = hostCandidate({ address, port, rank, generation, ufrag });
    this.#agent.ensureProtocol(protocol);
    this.#agent.protocols.push(protocol);
    this.#agent.pairLocalProtocol(protocol);
    this.#agent.appendLocalCandidate(protocol.localCandidate);
    return protocol;
  }

  async #addReflexive(protocol: StunProtocol): Promise<void> {
    const server = this.#connection.stunServer;
    if (!server || !isIPv4(protocol.localIp ?? '')) return;
    const timeout = new Promise<undefined>((resolve) => {
      setTimeout(resolve, GATHERING_SECONDS * 1000, undefined).unref();
    });
    const candidate = await Promise.race([serverReflexiveCandidate(protocol, server), timeout]);
    if (candidate) this.#agent.appendLocalCandidate(candidate);
  }

  #receive(protocol: StunProtocol, datagram: Buffer, from: readonly [string, number]): void {
    const first = datagram[0] ?? 0;
    if (first < 4) this.#receiveStun(protocol, datagram, from);
    else if (!this.#known.has(pathKey(protocol, from))) this.#refusedDatagrams++;
    else this.#onDatagram(datagram);
  }

  #receiveStun(protocol: StunProtocol, datagram: Buffer, from: readonly [string, number]): void {
    const kind = stunKind(datagram, this.#connection.localPassword);
    if (kind === 'unsigned-request' || kind === 'no-stun') {
      this.#refusedDatagrams++;
      return;
    }
    if (kind !== 'response' && !this.#known.admit(pathKey(protocol, from))) {
      this.#refusedDatagrams++;
      return;
    }
    receiveStun(protocol, datagram, from);
    if (kind === 'nomination') this.#follow(protocol, from);
  }

  /** The peer chose another path than its first; werift keeps to the first one for good. */
  #follow(protocol: StunProtocol, [host, port]: readonly [string, number]): void {
    const connection = this.#connection;
    const current = connection.nominated;
    if (!current || current.protocol.type !== StunProtocol.type) return;
    const pair = connection.candidatePairs.find(
      ({ protocol: own, remoteAddr }) => own === protocol && remoteAddr[0] === host && remoteAddr[1] === port,
    );
    if (!pair || pair === current) return;
    connection.nominated = pair;
    this.#select();
  }

  #select(): void {
    const pair = this.#connection.nominated;
    if (!pair) return;
    const { localIp } = pair.protocol;
    const socket = this.#sockets.find(({ address }) => address === localIp);
    const [host, port] = pair.remoteAddr;
    this.#selected = socket && pair.protocol.type === StunProtocol.type ? { socket, host, port } : undefined;
    const descriptor = this.#selected?.socket.descriptor;
    // A link-local address says nothing without its interface.
    this.#direct =
      descriptor === undefined || host.startsWith('fe80:') ? undefined : { descriptor, host, port };
  }
}

const pathKey = ({ localIp }: StunProtocol, [host, port]: readonly [string, number]): string =>
  `${localIp} ${host} ${port}`;
