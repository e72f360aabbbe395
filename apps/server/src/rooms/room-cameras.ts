import type { Logger, Millis } from '@pinhole/core';
import type { Camera, Cameras, Identity, ViewerSessions } from '@pinhole/engine';
import {
  RoomCamera,
  RoomOfferCounters,
  RoomOffers,
  type RoomPicture,
  type Rooms,
  type SpeakAs,
} from '@pinhole/signaling/rooms';
import { ANONYMOUS_ID } from '../auth/access.ts';
import { type OwnPlace, placeKey } from './room-places.ts';

/** What {@link RoomCameras} works with. */
export interface RoomCamerasOptions {
  readonly rooms: Rooms;
  readonly cameras: Pick<Cameras, 'get'>;
  readonly sessions: ViewerSessions;
  readonly own: readonly OwnPlace[];
  /** The camera of this server that a camera of a room is, when it is one. */
  readonly broughtAs: (place: { readonly room: string; readonly cameraId: string }) => Camera | undefined;
  /** Viewers of a camera that somebody else brings. */
  readonly viewersPerCamera: number;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly log: Logger;
}

/** Who members of this program are. */
export const OURSELVES: Identity = { tokenId: ANONYMOUS_ID, address: 'this server' };
/** Who came by another server, which knows more of them. */
const FROM_ELSEWHERE: Identity = { tokenId: ANONYMOUS_ID, address: 'another server' };

/** Cameras of this server in rooms, and the WebRTC of boards there that send JPEG pictures alone. */
export class RoomCameras {
  readonly counters = new RoomOfferCounters();
  readonly #options: RoomCamerasOptions;
  readonly #members: readonly RoomCamera[];
  /** By the camera's client id. */
  readonly #standIns = new Map<string, RoomOffers>();

  constructor(options: RoomCamerasOptions) {
    this.#options = options;
    const { rooms, cameras, sessions, now, log } = options;
    this.#members = options.own.flatMap(({ camera: id, room, cameraId, label, viewers }) => {
      const camera = cameras.get(id);
      if (camera === undefined) return [];
      const name = label ?? camera.label;
      const { counters } = this;
      const whoIs = (clientId: string): Identity => this.#whoIs(clientId);
      const who = OURSELVES;
      return [
        new RoomCamera({
          rooms,
          camera,
          room,
          cameraId,
          name,
          viewers,
          sessions,
          who,
          whoIs,
          counters,
          now,
          log,
        }),
      ];
    });
  }

  /** All of them join their rooms. */
  open(): void {
    for (const member of this.#members) member.open();
  }

  /** A camera sent a picture: where it is a camera of this server, those who want it by WebRTC can have it. */
  pictured({ room, cameraId, clientId }: Omit<RoomPicture, 'jpeg'>): void {
    if (this.#standIns.has(clientId)) return;
    const camera = this.#options.broughtAs({ room, cameraId });
    if (camera === undefined) return;
    const { rooms, sessions, viewersPerCamera: viewers, now, log } = this.#options;
    let speak: SpeakAs | undefined;
    const offers = new RoomOffers({
      camera,
      sessions,
      viewers,
      say: (message) => speak?.(message),
      whoIs: (id) => this.#whoIs(id),
      counters: this.counters,
      now,
      log,
    });
    speak = rooms.standIn(clientId, {
      handle: (message) => offers.handle(message),
      gone: () => {
        offers.close();
        this.#standIns.delete(clientId);
      },
    });
    if (speak) this.#standIns.set(clientId, offers);
  }

  tick(): void {
    for (const member of this.#members) member.tick();
  }

  close(): void {
    for (const member of this.#members) member.close();
    for (const offers of this.#standIns.values()) offers.close();
  }

  #whoIs(clientId: string): Identity {
    return this.#options.rooms.whoIs(clientId) ?? FROM_ELSEWHERE;
  }
}

/** Finds the camera of this server that a camera of a room is. */
export function findBrought(
  places: readonly OwnPlace[],
  cameras: Pick<Cameras, 'get'>,
): (place: { readonly room: string; readonly cameraId: string }) => Camera | undefined {
  const ids = new Map(places.map((place) => [placeKey(place), place.camera]));
  return (place) => cameras.get(ids.get(placeKey(place)) ?? '');
}
