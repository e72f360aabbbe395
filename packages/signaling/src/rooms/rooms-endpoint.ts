import { type Logger, type Millis, messageOf, millis, PinholeError } from '@pinhole/core';
import {
  MAX_ROOM_JPEG_BYTES,
  MAX_ROOM_TEXT_BYTES,
  ROOM_CLOSE_CODE,
  type RoomClose,
  serializeRoomServerMessage,
} from '@pinhole/protocol/rooms';
import { Budget, type BudgetRate } from './message-budget.ts';
import type { RoomClient } from './room-client.ts';
import type { RoomIdentity } from './room-identity.ts';
import { RoomRefusal } from './room-refusal.ts';
import type { RoomSocket, RoomSocketSink } from './room-socket.ts';
import type { Rooms } from './rooms.ts';

/** How many sockets there may be, and how much each may send. */
export interface SocketLimits {
  readonly sockets: number;
  readonly socketsPerAddress: number;
  readonly messages: BudgetRate;
  readonly messagesPerAddress: BudgetRate;
}

/** Enough for a page, a board that reports each frame, and a house of them behind one address. */
export const DEFAULT_SOCKET_LIMITS: SocketLimits = {
  sockets: 2000,
  socketsPerAddress: 128,
  messages: { perSecond: 50, burst: 200 },
  messagesPerAddress: { perSecond: 500, burst: 2000 },
};

/** How often a socket is pinged; one of which nothing is heard for twice as long is gone. */
export const HEARTBEAT_MS = millis(20_000);
const MISSES = 2;

/** What {@link RoomsEndpoint} works with. */
export interface RoomsEndpointOptions {
  readonly rooms: Rooms;
  readonly limits: SocketLimits;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly heartbeatMs?: Millis;
  /** Addresses that count as one; each for itself when left out. */
  readonly householdOf?: (address: string) => string;
  readonly log: Logger;
}

/** Pictures have a rate of their own: a camera sends many, and nothing else that size. */
const PICTURES: BudgetRate = { perSecond: 60, burst: 60 };
/** A client that does not take what it is sent may keep so much waiting, then it goes. */
const MAX_BUFFERED_BYTES = 1_048_576;
/** What may be left out is left out from here on. */
const BUSY_BYTES = 65_536;
/** What a message costs beyond the usual when it was no use: nonsense is cheap to send. */
const REFUSED_COST = 4;
/** A socket that sends so much more than it may, one after the other, goes. */
const MAX_LIMITED_IN_A_ROW = 200;
const LIMIT_ANSWER_MS = 1000;
/** How long the other side may take over its goodbye. */
const GOODBYE_MS = 1000;
const SWEEP_MS = 250;

/** Who comes. */
export interface Visitor {
  readonly address: string;
  /** Undefined: not known yet. */
  readonly identity: RoomIdentity | undefined;
  /** Called when it becomes known later. */
  readonly identified?: () => void;
}

interface Connection {
  readonly socket: RoomSocket;
  readonly client: RoomClient;
  readonly household: string;
  readonly messages: Budget;
  readonly pictures: Budget;
  heardAt: Millis;
  pingAt: Millis;
  limitedInARow: number;
  limitToldAt: Millis;
}

/** Rooms over WebSockets: heartbeats, sizes, rates and bounded queues. */
export class RoomsEndpoint {
  readonly #options: RoomsEndpointOptions;
  readonly #heartbeatMs: Millis;
  readonly #householdOf: (address: string) => string;
  readonly #open = new Set<Connection>();
  readonly #closing = new Map<RoomSocket, Millis>();
  readonly #byAddress = new Map<string, { sockets: number; readonly messages: Budget }>();
  #sweptAt = millis(0);

  constructor(options: RoomsEndpointOptions) {
    this.#options = options;
    this.#heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
    this.#householdOf = options.householdOf ?? ((address) => address);
  }

  /**
   * Asks whether one more socket may come, before it becomes one.
   * @throws {PinholeError} `rooms/too-many-sockets`
   */
  admit(address: string): void {
    const { sockets, socketsPerAddress } = this.#options.limits;
    const here = this.#byAddress.get(this.#householdOf(address))?.sockets ?? 0;
    if (this.#open.size + this.#closing.size < sockets && here < socketsPerAddress) return;
    throw new PinholeError('rooms/too-many-sockets', 'the rooms have as many connections as they may');
  }

  /** Takes an open socket. */
  accept(socket: RoomSocket, who: Visitor): RoomSocketSink {
    const { rooms, limits } = this.#options;
    const now = this.#options.now();
    const household = this.#householdOf(who.address);
    const address = this.#byAddress.get(household) ?? {
      sockets: 0,
      messages: new Budget(limits.messagesPerAddress, now),
    };
    address.sockets++;
    this.#byAddress.set(household, address);
    const client = rooms.open(this.#portOf(socket, who), who);
    const connection: Connection = {
      socket,
      client,
      household,
      messages: new Budget(limits.messages, now),
      pictures: new Budget(PICTURES, now),
      heardAt: now,
      pingAt: millis(now + this.#heartbeatMs),
      limitedInARow: 0,
      limitToldAt: millis(Number.NEGATIVE_INFINITY),
    };
    this.#open.add(connection);
    return {
      text: (message) => this.#guarded(connection, () => this.#text(connection, message)),
      binary: (message) => this.#guarded(connection, () => this.#binary(connection, message)),
      alive: () => this.#heard(connection),
      closed: () => {
        this.#closing.delete(socket);
        this.#open.delete(connection);
        address.sockets--;
        rooms.closed(client);
      },
    };
  }

  /** What comes due; a few times a second. */
  tick(): void {
    const now = this.#options.now();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    for (const [socket, deadline] of this.#closing) {
      if (now < deadline) continue;
      this.#closing.delete(socket);
      socket.terminate();
    }
    for (const connection of this.#open)
      if (!this.#closing.has(connection.socket)) this.#beat(connection, now);
    for (const [address, { sockets, messages }] of this.#byAddress)
      if (sockets === 0 && messages.isFull(now)) this.#byAddress.delete(address);
  }

  #portOf(socket: RoomSocket, { identified }: Visitor): RoomClient['port'] {
    const { counters } = this.#options.rooms;
    return {
      send: (text, options) => {
        if (options?.droppable && socket.bufferedBytes > BUSY_BYTES) {
          counters.statusDroppedBusy++;
          return;
        }
        if (socket.bufferedBytes > MAX_BUFFERED_BYTES) {
          // Words that are left out would be waited for; who does not take them is better off anew.
          if (!this.#closing.has(socket)) counters.socketsClosedSlow++;
          this.#closing.set(socket, this.#options.now());
          return;
        }
        socket.send(text);
      },
      picture: ({ cameraId, clientId, jpeg }) => {
        // The next one is as good.
        if (socket.bufferedBytes > BUSY_BYTES) {
          counters.picturesDroppedBusy++;
          return;
        }
        counters.picturesSent++;
        const size = jpeg.byteLength;
        socket.send(serializeRoomServerMessage({ type: 'frameInfo', cameraId, clientId, size }));
        socket.sendBytes(jpeg);
      },
      identified: () => identified?.(),
      probe: () => socket.ping(),
      close: (why, reason) => this.#close(socket, why, reason),
    };
  }

  #close(socket: RoomSocket, why: RoomClose, reason: string): void {
    if (this.#closing.has(socket)) return;
    this.#closing.set(socket, millis(this.#options.now() + GOODBYE_MS));
    socket.close(ROOM_CLOSE_CODE[why], reason.slice(0, 100));
  }

  #heard(connection: Connection): void {
    connection.heardAt = this.#options.now();
    this.#options.rooms.heard(connection.client);
  }

  #beat(connection: Connection, now: Millis): void {
    if (now - connection.heardAt >= MISSES * this.#heartbeatMs) {
      this.#options.rooms.counters.socketsClosedSilent++;
      this.#options.rooms.end(connection.client, 'heartbeat', 'nothing was heard from this connection');
    } else if (now >= connection.pingAt) {
      connection.pingAt = millis(now + this.#heartbeatMs);
      connection.socket.ping();
    }
  }

  #text(connection: Connection, message: Uint8Array): void {
    this.#heard(connection);
    if (message.byteLength > MAX_ROOM_TEXT_BYTES) {
      this.#tooBig(connection, `a text message has at most ${MAX_ROOM_TEXT_BYTES} bytes`);
      return;
    }
    if (!this.#mayPass(connection)) return;
    const { rooms } = this.#options;
    const text = Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString();
    if (!rooms.receive(connection.client, text)) this.#penalise(connection);
  }

  #binary(connection: Connection, message: Uint8Array): void {
    this.#heard(connection);
    if (message.byteLength > MAX_ROOM_JPEG_BYTES) {
      this.#tooBig(connection, `a picture has at most ${MAX_ROOM_JPEG_BYTES} bytes`);
      return;
    }
    const { rooms } = this.#options;
    const wait = connection.pictures.take(1, this.#options.now());
    if (wait !== undefined) {
      rooms.counters.picturesRateLimited++;
      this.#limited(connection, wait);
      return;
    }
    if (!rooms.picture(connection.client, message)) this.#penalise(connection);
  }

  /** Whether the message is within what the socket and its address may send. */
  #mayPass(connection: Connection): boolean {
    const now = this.#options.now();
    const wait =
      connection.messages.take(1, now) ?? this.#byAddress.get(connection.household)?.messages.take(1, now);
    if (wait === undefined) {
      connection.limitedInARow = 0;
      return true;
    }
    this.#options.rooms.counters.messagesRateLimited++;
    this.#limited(connection, wait);
    return false;
  }

  #limited(connection: Connection, retryAfterMs: number): void {
    const { rooms } = this.#options;
    connection.limitedInARow++;
    if (connection.limitedInARow > MAX_LIMITED_IN_A_ROW) {
      rooms.counters.socketsClosedRateLimited++;
      rooms.end(connection.client, 'rate-limited', 'too many messages');
      return;
    }
    const now = this.#options.now();
    if (now - connection.limitToldAt < LIMIT_ANSWER_MS) return;
    connection.limitToldAt = now;
    rooms.refuse(connection.client, new RoomRefusal('rate-limited', 'too many messages', { retryAfterMs }));
  }

  #penalise(connection: Connection): void {
    const now = this.#options.now();
    connection.messages.charge(REFUSED_COST, now);
    connection.pictures.charge(REFUSED_COST, now);
    this.#byAddress.get(connection.household)?.messages.charge(REFUSED_COST, now);
  }

  #tooBig({ client }: Connection, why: string): void {
    this.#options.rooms.counters.socketsClosedTooBig++;
    this.#options.rooms.end(client, 'too-big', why);
  }

  /** A mistake of ours with one client's message is not the other clients' business. */
  #guarded({ client, socket }: Connection, work: () => void): void {
    // What was on its way when the connection was ended.
    if (this.#closing.has(socket)) return;
    try {
      work();
    } catch (thrown) {
      this.#options.log.error(
        { error: thrown, client: client.id.slice(0, 8) },
        `rooms failed: ${messageOf(thrown)}`,
      );
      this.#options.rooms.end(client, 'policy', 'the server made a mistake');
    }
  }
}
