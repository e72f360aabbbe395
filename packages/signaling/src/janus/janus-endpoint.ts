import { type Logger, type Millis, messageOf, millis, PinholeError } from '@pinhole/core';
import { type JanusReply, serializeJanusMessage } from '@pinhole/protocol/janus';
import { Budget, type BudgetRate } from '../rooms/message-budget.ts';
import type { JanusGateway } from './gateway.ts';
import type { JanusClient } from './janus-client.ts';
import type { JanusVisitor } from './janus-identity.ts';

/** A WebSocket as the gateway needs it. Nothing here throws, also after the end. */
export interface JanusSocket {
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  send(text: string): void;
  ping(): void;
  /** Begins the closing handshake. */
  close(code: number, reason: string): void;
  /** Ends the connection at once. */
  terminate(): void;
}

/** What the gateway does with what a WebSocket brings. Nothing in here throws. */
export interface JanusSocketSink {
  /** A message in UTF-8, text or not. */
  message(bytes: Uint8Array): void;
  /** The other side answered a ping, or sent one. */
  alive(): void;
  /** It is over, for whatever reason; called once. */
  closed(): void;
}

/** What {@link JanusEndpoint} works with. */
export interface JanusEndpointOptions {
  readonly gateway: JanusGateway;
  readonly limits: { readonly sockets: number; readonly socketsPerAddress: number };
  readonly householdOf?: (address: string) => string;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly log: Logger;
}

/** A browser sends some twenty candidates at once, and then one message in half a minute. */
const REQUESTS: BudgetRate = { perSecond: 50, burst: 400 };
/** What a request costs beyond the usual when it was no use. */
const REFUSED_COST = 2;
/** A socket that sends so much more than it may, one after the other, goes. */
const MAX_LIMITED_IN_A_ROW = 200;
/** A client that does not take what it is sent may keep so much waiting, then it goes. */
const MAX_BUFFERED_BYTES = 1_048_576;
/** How often a socket is pinged; one of which nothing is heard for twice as long is gone. */
const HEARTBEAT_MS = 20_000;
const GOODBYE_MS = 1000;
/** The largest message that a client may send. */
export const MAX_JANUS_MESSAGE_BYTES = 524_288;

interface Connection {
  readonly socket: JanusSocket;
  readonly client: JanusClient;
  readonly household: string;
  readonly budget: Budget;
  heardAt: Millis;
  pingAt: Millis;
  limitedInARow: number;
}

/** The Janus API over WebSockets: heartbeats, rates and bounded queues. */
export class JanusEndpoint {
  readonly #options: JanusEndpointOptions;
  readonly #householdOf: (address: string) => string;
  readonly #open = new Set<Connection>();
  readonly #closing = new Map<JanusSocket, Millis>();

  constructor(options: JanusEndpointOptions) {
    this.#options = options;
    this.#householdOf = options.householdOf ?? ((address) => address);
  }

  get sockets(): number {
    return this.#open.size;
  }

  /**
   * Asks whether one more socket may come, before it becomes one.
   * @throws {PinholeError} `janus/too-many-sockets`
   */
  admit(address: string): void {
    const { sockets, socketsPerAddress } = this.#options.limits;
    const household = this.#householdOf(address);
    const here = [...this.#open].filter((connection) => connection.household === household).length;
    if (this.#open.size < sockets && here < socketsPerAddress) return;
    this.#options.gateway.counters.socketsRefused++;
    throw new PinholeError('janus/too-many-sockets', 'the Janus API has as many connections as it may');
  }

  /** Takes an open socket. */
  accept(socket: JanusSocket, visitor: JanusVisitor): JanusSocketSink {
    const { gateway, now } = this.#options;
    const client: JanusClient = {
      visitor,
      send: (message) => this.#send(socket, serializeJanusMessage(message)),
    };
    const connection: Connection = {
      socket,
      client,
      household: this.#householdOf(visitor.address),
      budget: new Budget(REQUESTS, now()),
      heardAt: now(),
      pingAt: millis(now() + HEARTBEAT_MS),
      limitedInARow: 0,
    };
    this.#open.add(connection);
    gateway.counters.socketsOpened++;
    return {
      message: (bytes) => this.#message(connection, bytes),
      alive: () => {
        connection.heardAt = now();
      },
      closed: () => {
        this.#closing.delete(socket);
        this.#open.delete(connection);
        gateway.lost(client);
      },
    };
  }

  /** What comes due; a few times a second. */
  tick(): void {
    const now = this.#options.now();
    for (const [socket, deadline] of this.#closing) {
      if (now < deadline) continue;
      this.#closing.set(socket, millis(Number.POSITIVE_INFINITY));
      socket.terminate();
    }
    for (const connection of this.#open) this.#beat(connection, now);
  }

  /** Says goodbye to everybody. */
  close(): void {
    for (const { socket } of this.#open) this.#end(socket, 1001, 'the server stops');
  }

  #beat(connection: Connection, now: Millis): void {
    if (this.#closing.has(connection.socket)) return;
    if (now - connection.heardAt >= 2 * HEARTBEAT_MS) {
      this.#options.gateway.counters.socketsClosedSilent++;
      this.#end(connection.socket, 1001, 'nothing was heard');
    } else if (now >= connection.pingAt) {
      connection.pingAt = millis(now + HEARTBEAT_MS);
      connection.socket.ping();
    }
  }

  #message(connection: Connection, bytes: Uint8Array): void {
    const { gateway, now, log } = this.#options;
    if (this.#closing.has(connection.socket)) return;
    connection.heardAt = now();
    if (connection.budget.take(1, now()) !== undefined) {
      this.#limited(connection);
      return;
    }
    connection.limitedInARow = 0;
    try {
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
      if (!gateway.receive(connection.client, text)) connection.budget.charge(REFUSED_COST, now());
    } catch (thrown) {
      log.error({ error: thrown }, `the Janus API failed: ${messageOf(thrown)}`);
      this.#end(connection.socket, 1011, 'the server made a mistake');
    }
  }

  #limited(connection: Connection): void {
    const { counters } = this.#options.gateway;
    counters.requestsRateLimited++;
    connection.limitedInARow++;
    if (connection.limitedInARow > MAX_LIMITED_IN_A_ROW) {
      counters.socketsClosedRateLimited++;
      this.#end(connection.socket, 1008, 'too many requests');
      return;
    }
    // Which request it was is not looked at any more.
    connection.client.send(TOO_MANY);
  }

  #send(socket: JanusSocket, text: string): void {
    if (this.#closing.has(socket)) return;
    if (socket.bufferedBytes > MAX_BUFFERED_BYTES) {
      // Events that are left out would be waited for; who does not take them is better off anew.
      this.#options.gateway.counters.socketsClosedSlow++;
      this.#closing.set(socket, this.#options.now());
      return;
    }
    socket.send(text);
  }

  #end(socket: JanusSocket, code: number, reason: string): void {
    if (this.#closing.has(socket)) return;
    this.#closing.set(socket, millis(this.#options.now() + GOODBYE_MS));
    socket.close(code, reason);
  }
}

const TOO_MANY: JanusReply = { janus: 'error', code: 490, reason: 'Too many requests' };
