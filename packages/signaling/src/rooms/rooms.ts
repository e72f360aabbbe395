import { type Millis, millis } from '@pinhole/core';
import type { Identity } from '@pinhole/engine';
import { parseRoomClientMessage, type RoomClientMessage, type RoomClose } from '@pinhole/protocol/rooms';
import { answerFault } from './answer-fault.ts';
import { busInbox } from './bus-inbox.ts';
import { type ListedCamera, listedCameras } from './listed-cameras.ts';
import { openStandIn, type RoomStandIn, type SpeakAs } from './members/stand-in.ts';
import { Membership } from './membership.ts';
import { Nodes } from './nodes.ts';
import type { RoomClient, RoomPort } from './room-client.ts';
import type { RoomCounters } from './room-counters.ts';
import type { RoomIdentity } from './room-identity.ts';
import { takePicture } from './room-pictures.ts';
import { RoomRefusal } from './room-refusal.ts';
import { RoomState, type RoomsOptions } from './room-state.ts';
import { Viewing } from './viewing.ts';

/** How long a client may take to show a token where one is needed. */
const AUTH_TIMEOUT_MS = millis(10_000);
/** Earlier connections of which a client may prove that they were its own. */
const MAX_SHOWN = 4;
/** What may be said before it is known who says it. */
const BEFORE_AUTH: ReadonlySet<RoomClientMessage['type']> = new Set(['auth', 'ping', 'resume']);
/** Who somebody is matters less often than what is waited for. */
const EXPIRY_INTERVAL_MS = 1000;

/** What there is now. */
export interface RoomGauges {
  readonly clients: number;
  readonly rooms: number;
  /** Members of all processes. */
  readonly members: number;
  readonly cameras: number;
  readonly sessions: number;
  /** Other processes. */
  readonly nodes: number;
}

/**
 * Rooms in which cameras and viewers find each other, without sockets: whoever has those says what they received and
 * gives a port to send by. Nothing throws, whatever clients and other processes say.
 */
export class Rooms {
  readonly #state: RoomState;
  readonly #membership: Membership;
  readonly #viewing: Viewing;
  readonly #nodes: Nodes;
  #expiryAt = millis(0);

  constructor(options: RoomsOptions) {
    this.#state = new RoomState(options);
    this.#membership = new Membership(this.#state);
    this.#viewing = new Viewing(this.#state);
    this.#nodes = new Nodes(this.#state, this.#membership);
    options.bus.open(
      this.#state.node,
      busInbox(this.#state, { membership: this.#membership, viewing: this.#viewing, nodes: this.#nodes }),
    );
  }

  get counters(): RoomCounters {
    return this.#state.counters;
  }

  get gauges(): RoomGauges {
    const { clients, directory, sessions } = this.#state;
    return {
      clients: clients.size,
      rooms: directory.rooms.size,
      members: directory.members.size,
      cameras: directory.cameraCount,
      sessions: sessions.size,
      nodes: this.#nodes.size,
    };
  }

  /** Takes a new connection and welcomes it. @param identity undefined: not known yet */
  open(
    port: RoomPort,
    who: { readonly address: string; readonly identity: RoomIdentity | undefined },
  ): RoomClient {
    const { newSecret, hashOf, now, wallNow, pingIntervalMs } = this.#state.options;
    const authRequired = who.identity === undefined;
    const resumeToken = newSecret();
    const client: RoomClient = {
      id: newSecret(),
      port,
      ...who,
      authDeadline: authRequired ? millis(now() + AUTH_TIMEOUT_MS) : undefined,
      proof: hashOf(resumeToken),
      shown: new Set(),
      role: undefined,
      standIn: undefined,
      speaksWebRtc: false,
      statusAt: millis(Number.NEGATIVE_INFINITY),
    };
    this.#state.clients.set(client.id, client);
    this.#state.counters.socketsOpened++;
    this.#state.tell(client, {
      type: 'welcome',
      clientId: client.id,
      protocol: 2,
      serverTime: new Date(wallNow()).toISOString(),
      // Credentials of relays are not for those whom nobody knows.
      ...(!authRequired && { iceServers: this.#state.iceServers() }),
      pingIntervalMs,
      resumeToken,
      authRequired,
    });
    return client;
  }

  /** A text message of a client. @returns whether it was taken; otherwise it was answered with an `error` */
  receive(client: RoomClient, text: string): boolean {
    if (!this.#state.clients.has(client.id)) return true;
    this.#state.counters.messages++;
    let message: RoomClientMessage | undefined;
    try {
      message = parseRoomClientMessage(text);
      this.#handle(client, message);
      return true;
    } catch (thrown) {
      answerFault(this.#state, client, { thrown, message });
      return false;
    }
  }

  /** A binary message of a client. @returns whether it was taken; otherwise it was answered with an `error` */
  picture(client: RoomClient, bytes: Uint8Array): boolean {
    if (!this.#state.clients.has(client.id)) return true;
    try {
      takePicture(this.#state, client, bytes);
      return true;
    } catch (thrown) {
      answerFault(this.#state, client, { thrown });
      return false;
    }
  }

  /** Who a member of this process is; undefined for those of others. */
  whoIs(clientId: string): Identity | undefined {
    return this.#state.clients.get(clientId)?.identity?.who;
  }

  /**
   * Lets somebody speak WebRTC for a camera of this process that sends pictures alone, until it makes an offer itself.
   * @returns how to speak as the camera; undefined when that is gone, or needs nobody
   */
  standIn(clientId: string, standIn: RoomStandIn): SpeakAs | undefined {
    return openStandIn(this.#state, clientId, {
      standIn,
      receive: (client, text) => this.receive(client, text),
    });
  }

  /** The cameras of all rooms that others find, of all processes. */
  cameras(): readonly ListedCamera[] {
    return listedCameras(this.#state.directory);
  }

  /** Answers a message that was not even read. */
  refuse(client: RoomClient, refusal: RoomRefusal): void {
    answerFault(this.#state, client, { thrown: refusal });
  }

  /** A sign of life: a message, or the answer to a ping. */
  heard(client: RoomClient): void {
    this.#membership.contests.heard(client.id);
  }

  /** The connection is gone. */
  closed(client: RoomClient): void {
    this.#membership.end(client, 'disconnected', '');
  }

  /** Ends a connection. */
  end(client: RoomClient, why: RoomClose, reason: string): void {
    this.#membership.end(client, why, reason);
  }

  /** Ends the connections of those it matches. @returns how many */
  endWhere(
    matches: (one: { readonly who: RoomIdentity['who'] }) => boolean,
    why: 'revoked' | 'expired',
  ): number {
    let ended = 0;
    for (const client of this.#state.clients.values()) {
      if (client.identity === undefined || !matches(client.identity)) continue;
      this.#membership.end(
        client,
        why === 'revoked' ? 'forbidden' : 'unauthenticated',
        `the token is ${why}`,
      );
      ended++;
    }
    return ended;
  }

  /** What comes due; a few times a second. */
  tick(): void {
    const now = this.#state.options.now();
    this.#viewing.tick(now);
    this.#membership.contests.tick(now);
    this.#nodes.tick(now);
    if (now - this.#expiryAt < EXPIRY_INTERVAL_MS) return;
    this.#expiryAt = now;
    this.#endUnknown(now);
    const utc = this.#state.options.wallNow() * 1000;
    this.endWhere(({ who: { expiresAt } }) => expiresAt !== undefined && expiresAt <= utc, 'expired');
  }

  /** Says goodbye to everybody. */
  async close(): Promise<void> {
    const { bus } = this.#state.options;
    for (const client of this.#state.clients.values())
      this.#membership.end(client, 'going-away', 'the server stops');
    bus.broadcast({ type: 'bye', node: this.#state.node });
    await bus.close();
  }

  #endUnknown(now: Millis): void {
    for (const client of this.#state.clients.values()) {
      if (client.authDeadline === undefined || now < client.authDeadline) continue;
      this.#state.counters.socketsClosedUnauthenticated++;
      this.#membership.end(client, 'unauthenticated', 'no token was shown');
    }
  }

  #handle(client: RoomClient, message: RoomClientMessage): void {
    if (client.identity === undefined && !BEFORE_AUTH.has(message.type))
      throw new RoomRefusal('unauthenticated', 'send {"type":"auth","token":…} first');
    switch (message.type) {
      case 'join':
        this.#membership.join(client, message);
        break;
      case 'leave':
        this.#membership.leave(client);
        break;
      case 'offer':
      case 'answer':
      case 'iceCandidate':
        this.#viewing.relay(client, message);
        break;
      case 'requestStream':
        this.#viewing.request(client, message);
        break;
      case 'stopStream':
        this.#viewing.stop(client, message);
        break;
      case 'rejectStream':
        this.#viewing.reject(client, message);
        break;
      case 'cameraStatus':
      case 'frameInfo':
        this.#viewing.status(client, message);
        break;
      case 'listCameras':
        this.#viewing.list(client, message.requestId ?? undefined);
        break;
      case 'ping':
        this.#state.tell(client, {
          type: 'pong',
          ...(typeof message.t === 'number' && { t: message.t }),
        });
        break;
      case 'auth':
        this.#authenticate(client, message.token);
        break;
      case 'resume':
        if (client.shown.size < MAX_SHOWN) client.shown.add(this.#state.options.hashOf(message.resumeToken));
        break;
    }
  }

  #authenticate(client: RoomClient, token: string): void {
    const identity = this.#state.options.authorize(token, client.address);
    if (identity === undefined) {
      this.refuse(client, new RoomRefusal('unauthenticated', 'this token is not known here', { re: 'auth' }));
      if (client.identity === undefined) {
        this.#state.counters.socketsClosedUnauthenticated++;
        this.#membership.end(client, 'unauthenticated', 'the token is not known here');
      }
      return;
    }
    client.identity = identity;
    client.authDeadline = undefined;
    client.port.identified();
    this.#state.tell(client, {
      type: 'authenticated',
      clientId: client.id,
      // The welcome came before it was known whose they would be.
      iceServers: this.#state.iceServers(),
    });
  }
}
