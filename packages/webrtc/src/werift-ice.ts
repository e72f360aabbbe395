import { randomBytes } from 'node:crypto';
import { isIP, isIPv4 } from 'node:net';
import type { Logger } from '@pinhole/core';
import type { IceCandidate } from '@pinhole/media/sdp';
import {
  type Candidate,
  type Connection,
  parseIceServers,
  RTCIceGatherer,
  RTCIceTransport,
  type StunProtocol,
  serverReflexiveCandidate,
} from 'werift';
import { ChosenPair } from './chosen-pair.ts';
import type { DatagramPath, DirectPath } from './datagram-path.ts';
import type { IceServer } from './ice-server.ts';
import type { IceSocket, RemoteAddress } from './ice-socket.ts';
import { KnownPaths } from './known-paths.ts';
import { mayCheck } from './remote-address.ts';
import { watchNomination } from './watch-nomination.ts';
import { announcedCandidates, fromWerift, hostCandidate, toWerift } from './werift-candidate.ts';
import { openStun, receiveStun, stunKind } from './werift-stun.ts';

/** What gathering needs. */
export interface IceOptions {
  readonly iceServers: readonly IceServer[];
  /** Addresses by which peers reach the first socket of the same family, e.g. behind a port forwarding. */
  readonly announced: readonly string[];
  /** Opens the sockets of each local address, for the agent that peers call by `ufrag`. */
  readonly openSockets: (ufrag: string) => Promise<readonly PromiseSettledResult<readonly IceSocket[]>[]>;
  readonly log: Logger;
}

/** Parts of werift's ICE agent that its types keep to itself: we bring the sockets, it does the checks. */
interface IceAgent {
  /** Checks that came before `start`, which it looks at then. */
  readonly earlyChecks: unknown[];
  localCandidatesStart: boolean;
  readonly protocols: StunProtocol[];
  ensureProtocol(protocol: StunProtocol): void;
  pairLocalProtocol(protocol: StunProtocol): void;
  appendLocalCandidate(candidate: Candidate): void;
  getCandidatePromises(addresses: readonly string[], timeoutSeconds: number): Promise<unknown>[];
}

/** Remote candidates beyond these are passed over: each costs a socket's worth of checks. */
const MAX_REMOTE_CANDIDATES = 32;

/** Checks kept until the peer's answer is there; they come again and again, and an answer may never. */
const MAX_EARLY_CHECKS = 64;

const GATHERING_SECONDS = 3;

/**
 * ICE by werift over our own sockets, bound to the addresses wanted and no others. Datagrams are looked at before werift
 * sees them: a STUN request must be signed with our password, anything else must come from where such a request came.
 */
export class WeriftIce implements DatagramPath {
  readonly #transport: RTCIceTransport;
  readonly #connection: Connection;
  readonly #agent: IceAgent;
  readonly #sockets = new Map<StunProtocol, IceSocket>();
  readonly #announced: readonly string[];
  readonly #known = new KnownPaths();
  readonly #chosen: ChosenPair;
  #selected: { readonly socket: IceSocket; readonly to: RemoteAddress } | undefined;
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
    this.#chosen = new ChosenPair(this.#connection, () => this.#select());
    // Many agents at one port are told apart by these, and werift's own names have 16 bits.
    this.#connection.localUsername = randomBytes(6).toString('base64');
    this.#connection.localPassword = randomBytes(18).toString('base64');
    // A check that comes before `start` is of a peer that answers our offer, and faster than its answer: then we control
    // (RFC 8445 §6.1.1). Told of a conflict, it would change its part, and nobody would nominate.
    this.#connection.iceControlling = true;
    // werift asks a public server of its own choice when it is given none.
    if (servers.stunServer === undefined) delete this.#connection.stunServer;
  }

  /**
   * Opens the sockets and gathers all candidates.
   * @throws {PinholeError} `webrtc/bind` when not one address could be bound.
   */
  static async open(options: IceOptions): Promise<WeriftIce> {
    const ice = new WeriftIce(options);
    const agent = ice.#agent;
    agent.localCandidatesStart = true;
    const opened = await options.openSockets(ice.#connection.localUsername);
    const failures = opened.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    for (const reason of failures) options.log.warn({ reason: String(reason) }, 'no candidate on an address');
    const protocols = opened
      .flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
      .map((socket) => ice.#addSocket(socket));
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
    const own = localCandidates.map(fromWerift);
    return { ufrag, password, candidates: [...own, ...announcedCandidates(this.#announced, own)] };
  }

  /** Datagrams from strangers, or not signed. */
  get refusedDatagrams(): number {
    return this.#refusedDatagrams;
  }

  /** Datagrams that the system would not send. */
  get sendFailures(): number {
    const sockets = [...this.#sockets.values()];
    return sockets.reduce((sum, { sendFailures }) => sum + sendFailures, this.#relayFailures);
  }

  /** In words, e.g. `host/udp`; undefined until a pair was nominated. */
  get path(): string | undefined {
    const pair = this.#connection.nominated;
    return pair && `${pair.localCandidate.type}/${pair.localCandidate.transport}`;
  }

  get queuedBytes(): number {
    return this.#selected ? this.#selected.socket.queuedBytes(this.#selected.to) : 0;
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
    const own = [...this.#sockets.values()].map((socket) => socket.address);
    if (!mayCheck(address, own)) return;
    this.#remoteCandidates++;
    await this.#connection.addRemoteCandidate(toWerift({ ...candidate, component: 1 }));
  }

  send(datagram: Uint8Array): void {
    const selected = this.#selected;
    if (selected) selected.socket.send(datagram, ...selected.to);
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

  #addSocket(socket: IceSocket): StunProtocol {
    const protocol = openStun(socket);
    const { transport, address, port } = socket;
    const { generation, localUsername: ufrag } = this.#connection;
    this.#sockets.set(protocol, socket);
    const rank = this.#sockets.size;
    socket.listener = (datagram, from) => this.#receive(protocol, datagram, from);
    protocol.localCandidate = hostCandidate({ transport, address, port, rank, generation, ufrag });
    this.#agent.ensureProtocol(protocol);
    this.#agent.protocols.push(protocol);
    this.#agent.pairLocalProtocol(protocol);
    this.#agent.appendLocalCandidate(protocol.localCandidate);
    return protocol;
  }

  async #addReflexive(protocol: StunProtocol): Promise<void> {
    const server = this.#connection.stunServer;
    const isUdp = this.#sockets.get(protocol)?.transport === 'udp';
    if (!server || !isUdp || !isIPv4(protocol.localIp ?? '')) return;
    const timeout = new Promise<undefined>((resolve) => {
      setTimeout(resolve, GATHERING_SECONDS * 1000, undefined).unref();
    });
    const candidate = await Promise.race([serverReflexiveCandidate(protocol, server), timeout]);
    if (candidate) this.#agent.appendLocalCandidate(candidate);
  }

  /** @returns whether the peer signed it */
  #receive(protocol: StunProtocol, datagram: Buffer, from: RemoteAddress): boolean {
    const first = datagram[0] ?? 0;
    if (first < 4) return this.#receiveStun(protocol, datagram, from);
    if (!this.#known.has(this.#pathKey(protocol, from))) this.#refusedDatagrams++;
    else this.#onDatagram(datagram);
    return false;
  }

  #receiveStun(protocol: StunProtocol, datagram: Buffer, from: RemoteAddress): boolean {
    const kind = stunKind(datagram, this.#connection.localPassword);
    if (kind === 'unsigned-request' || kind === 'no-stun') {
      this.#refusedDatagrams++;
      return false;
    }
    const path = this.#pathKey(protocol, from);
    if (kind === 'response') {
      // A peer that makes no checks of its own (RFC 8445 §2.5) shows in this way where it is.
      return receiveStun(protocol, datagram, from) && this.#known.admit(path);
    }
    if (!this.#known.admit(path)) {
      this.#refusedDatagrams++;
      return false;
    }
    receiveStun(protocol, datagram, from);
    const { earlyChecks } = this.#agent;
    if (earlyChecks.length > MAX_EARLY_CHECKS) earlyChecks.shift();
    if (kind === 'nomination') this.#chosen.choose(protocol, from);
    return true;
  }

  #select(): void {
    const pair = this.#connection.nominated;
    if (!pair) return;
    // What is relayed has no socket of ours.
    const socket = this.#sockets.get(pair.protocol as StunProtocol);
    this.#selected = socket && { socket, to: pair.remoteAddr };
    this.#direct = this.#selected?.socket.directPath(this.#selected.to);
  }

  #pathKey(protocol: StunProtocol, [host, port]: RemoteAddress): string {
    const socket = this.#sockets.get(protocol);
    return `${socket?.transport} ${socket?.address} ${host} ${port}`;
  }
}
