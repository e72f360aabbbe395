import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Logger, Millis } from '@pinhole/core';
import type { Cameras, ViewerRegistry, ViewerSessions } from '@pinhole/engine';
import type { Upgrade } from '@pinhole/outputs/live';
import { PlainSockets } from '@pinhole/outputs/sockets';
import { MAX_ROOM_JPEG_BYTES } from '@pinhole/protocol/rooms';
import type { IceServer } from '@pinhole/protocol/whep';
import {
  COMPATIBLE_POLICY,
  HEARTBEAT_MS,
  LocalBusHub,
  type RoomBus,
  type RoomGauges,
  Rooms,
  RoomsEndpoint,
  RoomWatch,
  STRICT_POLICY,
} from '@pinhole/signaling/rooms';
import { RedisRoomBus } from '@pinhole/signaling/rooms/redis-bus';
import type { Access } from '../auth/access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { LetIn } from '../auth/token-watch.ts';
import { subnet } from '../http/rate-limit.ts';
import { AdoptedCameras, type AdoptedCamerasOptions } from './adopted-cameras.ts';
import { findBrought, OURSELVES, RoomCameras } from './room-cameras.ts';
import { type RoomIdentities, roomIdentities } from './room-identities.ts';
import type { RoomLinks } from './room-links.ts';
import { type OwnPlace, placeKey } from './room-places.ts';
import type { RoomsConfig } from './rooms-fields.ts';

/** What {@link RoomService} works with. */
export interface RoomServiceOptions {
  readonly config: RoomsConfig;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly iceServers: () => readonly IceServer[];
  readonly cameras: Cameras;
  readonly sessions: ViewerSessions;
  readonly viewers: Pick<ViewerRegistry, 'endWhere'>;
  /** Cameras of this server in rooms. */
  readonly own: readonly OwnPlace[];
  /** Cameras of rooms that are cameras of this server, by the configuration. */
  readonly brought: readonly OwnPlace[];
  /** The way to the rooms for cameras; bound here. */
  readonly links: RoomLinks;
  /** Makes a camera of this server of one that joined a room. */
  readonly openCamera: AdoptedCamerasOptions['open'];
  /** The socket is within the limits of the rooms, and no longer within those for strangers. */
  readonly recognise: (socket: IncomingMessage['socket']) => void;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly log: Logger;
}

/** After a pause a client may say as much at once as in so many seconds. */
const BURST_SECONDS = 4;
const SECRET_BYTES = 18;

/** The signaling rooms of this server, when it has any. */
export class RoomService implements LetIn {
  readonly #options: RoomServiceOptions;
  readonly #identities: RoomIdentities;
  readonly #bus: RoomBus;
  readonly #rooms: Rooms;
  readonly #endpoint: RoomsEndpoint;
  readonly #cameras: RoomCameras;
  readonly #adopted: AdoptedCameras;
  readonly #sockets = new PlainSockets({ maxMessageBytes: MAX_ROOM_JPEG_BYTES });

  constructor(options: RoomServiceOptions) {
    const { config, authenticator, now, log } = options;
    this.#options = options;
    this.#identities = roomIdentities(config.mode, authenticator, options.own);
    this.#bus =
      config.redis === undefined ? new LocalBusHub().bus() : new RedisRoomBus({ url: config.redis, log });
    this.#rooms = new Rooms({
      policy: {
        ...(config.mode === 'strict' ? STRICT_POLICY : COMPATIBLE_POLICY),
        rooms: config.names.length === 0 ? 'any' : new Set(config.names),
      },
      limits: config,
      bus: this.#bus,
      authorize: this.#identities.authorize,
      iceServers: options.iceServers,
      now,
      wallNow: () => Date.now(),
      newSecret: () => randomBytes(SECRET_BYTES).toString('base64url'),
      hashOf: (secret) => createHash('sha256').update(secret).digest('base64url'),
      pingIntervalMs: HEARTBEAT_MS,
      onJpeg: (picture) => this.#cameras.pictured(picture),
    });
    const { cameras, sessions, viewers, own, brought, links, openCamera } = options;
    const rooms = this.#rooms;
    links.bind((place, handlers) => new RoomWatch({ rooms, who: OURSELVES, ...place, ...handlers }));
    const configured = new Set([...own, ...brought].map(placeKey));
    const findConfigured = findBrought(brought, cameras);
    this.#adopted = new AdoptedCameras({
      adopt: config.adopt,
      limit: config.adoptLimit,
      cameras,
      viewers,
      listed: () => rooms.cameras(),
      isKnown: (place) => configured.has(placeKey(place)),
      open: openCamera,
      now,
      log,
    });
    this.#cameras = new RoomCameras({
      rooms,
      cameras,
      sessions,
      own,
      broughtAs: (place) => findConfigured(place) ?? this.#adopted.of(place),
      viewersPerCamera: config.viewersPerCamera,
      now,
      log,
    });
    this.#cameras.open();
    const { sockets, socketsPerAddress, messagesPerSecond, messagesPerSecondPerAddress } = config;
    this.#endpoint = new RoomsEndpoint({
      rooms: this.#rooms,
      limits: {
        sockets,
        socketsPerAddress,
        messages: rateOf(messagesPerSecond),
        messagesPerAddress: rateOf(messagesPerSecondPerAddress),
      },
      householdOf: subnet,
      now,
      log,
    });
  }

  /** What happened, by name. */
  get counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.#rooms.counters));
  }

  /** What became of those who wanted cameras of this server, and of cameras that it adopted, by name. */
  get cameraCounters(): Readonly<Record<string, number>> {
    return Object.fromEntries([
      ...Object.entries(this.#cameras.counters),
      ...Object.entries(this.#adopted.counters),
    ]);
  }

  /** What happened between processes, by name. */
  get busCounters(): Readonly<Record<string, number>> {
    return this.#bus.counters;
  }

  get gauges(): RoomGauges {
    return this.#rooms.gauges;
  }

  /**
   * Takes an upgrade at `/`.
   * @throws {PinholeError} `rooms/too-many-sockets`; the upgrade is still to be answered then
   */
  upgrade(upgrade: Upgrade, access: Access): void {
    const { address } = access.identity;
    this.#endpoint.admit(address);
    const identity = this.#identities.of(access);
    const identified = (): void => this.#options.recognise(upgrade.request.socket);
    if (identity !== undefined) identified();
    this.#sockets.accept(upgrade, (socket) =>
      this.#endpoint.accept(socket, { address, identity, identified }),
    );
  }

  /** What comes due; a few times a second. */
  tick(): void {
    this.#rooms.tick();
    this.#endpoint.tick();
    this.#cameras.tick();
    this.#adopted.tick();
  }

  endWhere(matches: Parameters<LetIn['endWhere']>[0], why: 'revoked'): number {
    return this.#rooms.endWhere(matches, why);
  }

  close(): Promise<void> {
    this.#cameras.close();
    return this.#rooms.close();
  }
}

const rateOf = (perSecond: number) => ({ perSecond, burst: BURST_SECONDS * perSecond });
