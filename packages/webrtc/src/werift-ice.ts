import { isIPv4 } from 'node:net';
import type { Logger } from '@pinhole/core';
import type { IceCandidate } from '@pinhole/media/sdp';
import {
  type Connection,
  type RTCIceTransport,
  type StunOverTurnProtocol,
  type StunProtocol,
  serverReflexiveCandidate,
} from 'werift';
import { ChosenPair } from './chosen-pair.ts';
import { Consent, type ConsentOptions } from './consent.ts';
import type { DatagramPath, DirectPath } from './datagram-path.ts';
import type { IceServer } from './ice-server.ts';
import type { IceSocket, RemoteAddress } from './ice-socket.ts';
import { KnownPaths } from './known-paths.ts';
import type { Relay, RelayServer } from './relay.ts';
import type { Relays } from './relays.ts';
import { mayCheck } from './remote-address.ts';
import { watchNomination } from './watch-nomination.ts';
import { agentOf, type IceAgent, identityOf, openAgent } from './werift-agent.ts';
import { announcedCandidates, fromWerift, hostCandidate, isUsable, toWerift } from './werift-candidate.ts';
import { openStun, receiveStun, stunKind } from './werift-stun.ts';
import { within } from './within.ts';

/** What gathering needs. */
export interface IceOptions {
  readonly iceServers: readonly IceServer[];
  /** The same for all peers. */
  readonly relays: Relays;
  /** Addresses by which peers reach the first socket of the same family, e.g. behind a port forwarding. */
  readonly announced: readonly string[];
  /** Opens the sockets of each local address, for the agent that peers call by `ufrag`. */
  readonly openSockets: (ufrag: string) => Promise<readonly PromiseSettledResult<readonly IceSocket[]>[]>;
  readonly log: Logger;
}

/** Remote candidates beyond these are passed over: each costs a socket's worth of checks. */
const MAX_REMOTE_CANDIDATES = 32;

/** Checks kept until the peer's answer is there; they come again and again, and an answer may never. */
const MAX_EARLY_CHECKS = 64;

const GATHERING_MS = 3000;

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
  readonly #relayServer: RelayServer | undefined;
  readonly #known = new KnownPaths();
  readonly #chosen: ChosenPair;
  #selected: { readonly socket: IceSocket; readonly to: RemoteAddress } | undefined;
  #consent: Consent | undefined;
  #direct: DirectPath | undefined;
  #refusedDatagrams = 0;
  #relay: Relay | undefined;
  #relayFailures = 0;
  #remoteCandidates = 0;
  #onDatagram: (datagram: Buffer) => void = () => {};

  private constructor(options: IceOptions) {
    this.#announced = options.announced;
    const { transport, connection, relayServer } = openAgent(options.iceServers);
    this.#relayServer = relayServer;
    this.#transport = transport;
    this.#connection = connection;
    this.#agent = agentOf(connection);
    this.#chosen = new ChosenPair(connection, () => {
      this.#select();
      this.#consent?.begin();
    });
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
      ice.#addRelay(options.relays),
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
    const unanswered = (): void => remote.failed('ICE: no answer from the peer');
    this.#transport.onStateChange.subscribe((state) => {
      if (state === 'failed') unanswered();
    });
    this.#keepConsent(remote, unanswered);
    this.#transport.start().catch((error: unknown) => remote.failed(`ICE: ${String(error)}`));
  }

  /**
   * Adds a candidate of the peer; one that needs a look-up, that no check may go to, or that is one too many, is passed
   * over.
   */
  async addRemote(candidate: IceCandidate): Promise<void> {
    if (!isUsable(candidate) || this.#remoteCandidates >= MAX_REMOTE_CANDIDATES) return;
    const own = [...this.#sockets.values()].map((socket) => socket.address);
    if (!mayCheck(candidate.address, own)) return;
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
    this.#consent?.end();
    await this.#relay?.release();
    await this.#transport.stop();
  }

  /** What is relayed is werift's to keep. */
  #keepConsent(remote: ConsentOptions['remote'] & { readonly lite: boolean }, expired: () => void): void {
    const agent = this.#agent;
    const connection = this.#connection;
    const keepByWerift = agent.queryConsent;
    agent.queryConsent = () => {
      const isOurs = this.#sockets.has(connection.nominated?.protocol as StunProtocol);
      if (!isOurs) return keepByWerift();
      this.#consent ??= new Consent({
        ...identityOf(connection),
        remote,
        isLite: remote.lite,
        send: (datagram) => this.send(datagram),
        expired,
      });
      this.#consent.begin();
    };
  }

  #addSocket(socket: IceSocket): StunProtocol {
    const protocol = openStun(socket);
    const { transport, address, port } = socket;
    const { generation, localUsername: ufrag } = this.#connection;
    this.#sockets.set(protocol, socket);
    const rank = this.#sockets.size;
    socket.listener = (datagram, from) => this.#receive(protocol, datagram, from);
    protocol.localCandidate = hostCandidate({ transport, address, port, rank, generation, ufrag });
    this.#addProtocol(protocol);
    return protocol;
  }

  #addProtocol(protocol: StunProtocol | StunOverTurnProtocol): void {
    this.#agent.ensureProtocol(protocol);
    this.#agent.protocols.push(protocol);
    this.#agent.pairLocalProtocol(protocol);
    if (protocol.localCandidate) this.#agent.appendLocalCandidate(protocol.localCandidate);
  }

  async #addReflexive(protocol: StunProtocol): Promise<void> {
    const server = this.#connection.stunServer;
    const isUdp = this.#sockets.get(protocol)?.transport === 'udp';
    if (!server || !isUdp || !isIPv4(protocol.localIp ?? '')) return;
    const candidate = await within(GATHERING_MS, serverReflexiveCandidate(protocol, server));
    if (candidate) this.#agent.appendLocalCandidate(candidate);
  }

  async #addRelay(relays: Relays): Promise<void> {
    const { generation, localUsername: ufrag } = this.#connection;
    this.#relay = this.#relayServer && (await relays.open(this.#relayServer, { generation, ufrag }));
    if (this.#relay) this.#addProtocol(this.#relay.protocol);
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
    const verdict = this.#isSelected(protocol, from) ? this.#consent?.receive(datagram, from) : undefined;
    if (verdict === 'nomination') this.#chosen.choose(protocol, from);
    if (verdict !== undefined)
      return verdict !== 'answer' && this.#known.admit(this.#pathKey(protocol, from));
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

  #isSelected(protocol: StunProtocol, [host, port]: RemoteAddress): boolean {
    const selected = this.#selected;
    if (selected?.to[1] !== port || selected.to[0] !== host) return false;
    return this.#sockets.get(protocol) === selected.socket;
  }

  #pathKey(protocol: StunProtocol, [host, port]: RemoteAddress): string {
    const socket = this.#sockets.get(protocol);
    return `${socket?.transport} ${socket?.address} ${host} ${port}`;
  }
}
