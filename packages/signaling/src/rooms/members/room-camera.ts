import { type Logger, type Millis, millis } from '@pinhole/core';
import type { Camera, Identity, ViewerSessions } from '@pinhole/engine';
import type { CameraCapabilities, RoomClose, RoomServerMessage } from '@pinhole/protocol/rooms';
import type { RoomIdentity } from '../room-identity.ts';
import type { Rooms } from '../rooms.ts';
import { LocalMember } from './local-member.ts';
import { type RoomOfferCounters, RoomOffers } from './room-offers.ts';

/** What a camera of this server in a room is made with. */
export interface RoomCameraOptions {
  readonly rooms: Rooms;
  readonly camera: Camera;
  readonly room: string;
  readonly cameraId: string;
  /** For people. */
  readonly name?: string;
  /** Viewers at the same time. */
  readonly viewers: number;
  readonly sessions: ViewerSessions;
  /** Who the camera is; holds for as long as the server runs. */
  readonly who: Identity;
  readonly whoIs: (clientId: string) => Identity;
  readonly counters: RoomOfferCounters;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly log: Logger;
}

/** How long to wait before a room that would not have the camera is tried again. */
const RETRY_MS = 30_000;
const STATUS_INTERVAL_MS = 1000;

/**
 * A camera of this server as the camera of a room: registers under its id, which is its own by right, offers its picture
 * to those who ask, and tells how many they are. Another server with the same camera takes over; this one then waits for
 * the id to become free.
 */
export class RoomCamera {
  readonly #options: RoomCameraOptions;
  readonly #identity: RoomIdentity;
  readonly #offers: RoomOffers;
  #member: LocalMember | undefined;
  #retryAt: Millis | undefined;
  #owns = true;
  #told = { streaming: false, viewers: 0 };
  #toldAt = millis(Number.NEGATIVE_INFINITY);
  #unsubscribe: (() => void) | undefined;
  #closed = false;

  constructor(options: RoomCameraOptions) {
    this.#options = options;
    this.#identity = {
      who: options.who,
      owner: undefined,
      owns: () => this.#owns,
      mayJoin: () => true,
      mayPublish: () => true,
      mayView: () => false,
    };
    const { camera, sessions, viewers, whoIs, counters, now, log } = options;
    this.#offers = new RoomOffers({
      camera,
      sessions,
      viewers,
      whoIs,
      counters,
      now,
      log,
      say: (message) => this.#member?.say(message),
    });
  }

  /** Joins the room. */
  open(): void {
    this.#unsubscribe = this.#options.camera.stream.events.on('parameters', () => this.#join());
    this.#enter();
  }

  /** What comes due; a few times a second. */
  tick(): void {
    const now = this.#options.now();
    if (this.#retryAt !== undefined && now >= this.#retryAt) this.#enter();
    this.#tellStatus(now);
  }

  /** Leaves the room. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe?.();
    this.#offers.close();
    this.#member?.close();
    this.#member = undefined;
  }

  #enter(): void {
    if (this.#closed) return;
    this.#retryAt = undefined;
    this.#told = { streaming: false, viewers: 0 };
    this.#member = new LocalMember({
      rooms: this.#options.rooms,
      identity: this.#identity,
      handle: (message) => this.#handle(message),
      ended: (why) => this.#ended(why),
    });
    this.#join();
  }

  /** Said again with the same id, it tells what became known of the camera since. */
  #join(): void {
    const { room, cameraId, name, camera } = this.#options;
    this.#member?.say({
      type: 'join',
      room,
      deviceType: 'camera',
      cameraId,
      ...(name !== undefined && { name }),
      capabilities: capabilitiesOf(camera),
    });
  }

  #handle(message: RoomServerMessage): void {
    if (message.type === 'error' && message.re === 'join') {
      this.#member?.close();
      this.#waitAfter(message.code, message.message);
    } else this.#offers.handle(message);
  }

  #ended(why: RoomClose): void {
    this.#offers.close();
    if (why === 'going-away') this.close();
    else this.#waitAfter(why, 'another server has a camera with this id in the room');
  }

  #waitAfter(code: string, why: string): void {
    const { camera, room, cameraId, now, log } = this.#options;
    if (this.#owns) log.warn({ camera: camera.id, room, cameraId, code, why }, 'camera is not in its room');
    // Two that insist would take the id from each other for ever.
    this.#owns = false;
    this.#member = undefined;
    this.#retryAt = millis(now() + RETRY_MS);
  }

  #tellStatus(now: Millis): void {
    const viewers = this.#offers.size;
    if (viewers === this.#told.viewers || now - this.#toldAt < STATUS_INTERVAL_MS) return;
    this.#told = { streaming: viewers > 0, viewers };
    this.#toldAt = now;
    const timestamp = Math.round(now);
    this.#member?.say({ type: 'cameraStatus', cameraId: this.#options.cameraId, ...this.#told, timestamp });
  }
}

/** What is known of a camera that nobody has watched yet is little. */
function capabilitiesOf({ stream: { parameters, audio } }: Camera): CameraCapabilities {
  return {
    codecs: ['H264'],
    transports: ['webrtc'],
    ...(audio?.codec === 'opus' && { audio: true }),
    ...(parameters && { width: parameters.width, height: parameters.height }),
    ...(parameters?.framesPerSecond !== undefined && { fps: parameters.framesPerSecond }),
  };
}
