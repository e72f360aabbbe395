import {
  Candidate,
  candidateFoundation,
  candidatePriority,
  classes,
  Message,
  methods,
  parseMessage,
  StunOverTurnProtocol,
  TcpTransport,
  TlsTransport,
  TurnProtocol,
  UdpTransport,
} from 'werift';
import { within } from './within.ts';

/** A TURN server, and how it is asked. */
export interface RelayServer {
  readonly address: readonly [host: string, port: number];
  readonly username: string;
  readonly credential: string;
  readonly transport: 'udp' | 'tcp' | 'tls';
}

/** Who relays for whom. */
export interface RelayOptions {
  readonly generation: number;
  readonly ufrag: string;
}

/** The part of werift's TURN that asks again before an allocation runs out; its types keep it to itself. */
interface Refreshing {
  refresh: (seconds: number) => void;
}

/** What a TURN server gives without being asked for more. @see RFC 8656 §3.2 */
const LIFETIME_SECONDS = 600;
/** Of the time that an allocation holds, it is asked for again after so much. */
const REFRESH_AFTER = 5 / 6;
/** A refresh that failed is tried again so soon. */
const TRY_AGAIN_SECONDS = 10;
/** Over UDP a server that has not answered by then is asked over TCP. */
const UDP_PATIENCE_MS = 1000;
/** A server that does not confirm by then that the relay is given back keeps it until it runs out. */
const RELEASE_PATIENCE_MS = 500;

const TRANSPORTS = {
  udp: () => UdpTransport.init('udp4'),
  tcp: (address: RelayServer['address']) => TcpTransport.init(address),
  tls: (address: RelayServer['address']) => TlsTransport.init(address),
} as const;

/**
 * An address of a TURN server whose datagrams come to us, and ours go out from. By werift's client, but for how long it
 * holds: werift never gives one back, and a server lets each account have so many.
 */
export class Relay {
  readonly protocol: StunOverTurnProtocol;
  readonly #turn: TurnProtocol;
  #refresh: NodeJS.Timeout | undefined;
  #released = false;

  private constructor(turn: TurnProtocol) {
    this.#turn = turn;
    this.protocol = new StunOverTurnProtocol(turn);
    (turn as unknown as Refreshing).refresh = (seconds) => this.#keep(seconds);
  }

  /**
   * Asks for an address; by UDP, where the server is to be asked so, and by TCP where that is not answered.
   * @throws {Error} what the server or the system said against it
   */
  static async open(server: RelayServer, options: RelayOptions): Promise<Relay> {
    if (server.transport !== 'udp') return await Relay.#ask(server, options);
    const answered = await Relay.inTime(UDP_PATIENCE_MS, Relay.#ask(server, options));
    return answered ?? (await Relay.#ask({ ...server, transport: 'tcp' }, options));
  }

  /** @returns the relay, or undefined when it is not there after `ms`; then it is given back as soon as it is */
  static async inTime(ms: number, opening: Promise<Relay>): Promise<Relay | undefined> {
    const relay = await within(ms, opening);
    if (relay === undefined) {
      opening.then(
        (late) => late.release(),
        () => {},
      );
    }
    return relay;
  }

  static async #ask(server: RelayServer, { generation, ufrag }: RelayOptions): Promise<Relay> {
    const { address, username, credential, transport } = server;
    const socket = await TRANSPORTS[transport](address);
    const turn = new TurnProtocol(address, username, credential, LIFETIME_SECONDS, socket);
    const relay = new Relay(turn);
    try {
      await allocated(turn);
    } catch (thrown) {
      await turn.close();
      throw thrown;
    }
    const [host, port] = turn.relayedAddress;
    relay.protocol.localCandidate = new Candidate(
      candidateFoundation('relay', 'udp', host),
      1,
      'udp',
      candidatePriority('relay'),
      host,
      port,
      'relay',
      ...turn.mappedAddress,
      undefined,
      generation,
      ufrag,
    );
    return relay;
  }

  /** Gives the address back, and closes the way to the server. May be called again. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    clearTimeout(this.#refresh);
    await within(RELEASE_PATIENCE_MS, this.#holdFor(0)).catch(() => {});
    await this.protocol.close();
  }

  #keep(seconds: number): void {
    this.#refresh = setTimeout(
      () => {
        this.#holdFor(LIFETIME_SECONDS).then(
          (held) => this.#released || this.#keep(held),
          () => this.#released || this.#keep(TRY_AGAIN_SECONDS / REFRESH_AFTER),
        );
      },
      seconds * REFRESH_AFTER * 1000,
    ).unref();
  }

  /** @returns for how long the server lets it; 0: until now (RFC 8656 §7) */
  async #holdFor(seconds: number): Promise<number> {
    const request = new Message(methods.REFRESH, classes.REQUEST).setAttribute('LIFETIME', seconds);
    const [answer] = await this.#turn.requestWithRetry(request, this.#turn.server);
    return Number(answer.getAttributeValue('LIFETIME'));
  }
}

/**
 * Waits until there is an address. The first refusal only asks who we are; to the second one werift would not listen, as it is
 * not signed by a server that does not know us (RFC 8489 §9.2.4).
 */
async function allocated(turn: TurnProtocol): Promise<void> {
  const made = turn.connectionMade();
  const { transport } = turn;
  const receive = transport.onData;
  let refusals = 0;
  const refused = new Promise<never>((_, reject) => {
    transport.onData = (datagram, from) => {
      const answer = parseMessage(datagram);
      if (answer?.messageClass === classes.ERROR && ++refusals > 1) {
        const [code, words] = answer.getAttributeValue('ERROR-CODE') as readonly [number, string];
        reject(new Error(`it refuses: ${code} ${words}`));
      }
      receive(datagram, from);
    };
  });
  try {
    await Promise.race([made, refused]);
  } finally {
    transport.onData = receive;
  }
}
