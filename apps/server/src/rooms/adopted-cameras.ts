import { createHash } from 'node:crypto';
import type { Logger, Millis } from '@pinhole/core';
import type { Camera, Cameras, ViewerRegistry } from '@pinhole/engine';
import type { ListedCamera } from '@pinhole/signaling/rooms';
import type { RoomPlace } from './room-links.ts';
import { placeKey } from './room-places.ts';

/** What {@link AdoptedCameras} works with. */
export interface AdoptedCamerasOptions {
  /** Which rooms' cameras are taken: all, or those of the list. */
  readonly adopt: boolean | readonly string[];
  /** So many at the same time. */
  readonly limit: number;
  readonly cameras: Cameras;
  readonly viewers: Pick<ViewerRegistry, 'endWhere'>;
  /** The cameras of the rooms now. */
  readonly listed: () => readonly ListedCamera[];
  /** Cameras of this server already, under an id of the configuration. */
  readonly isKnown: (place: RoomPlace) => boolean;
  /** A camera of this server that takes the pictures of that one; nothing runs yet. */
  readonly open: (id: string, listed: ListedCamera) => Camera;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly log: Logger;
}

interface Adopted {
  readonly camera: Camera;
  seenAt: Millis;
}

/** A camera that left keeps its place for so long. */
const KEEP_MS = 60_000;
const LOOK_EVERY_MS = 1000;

/**
 * Makes cameras of this server of those that join rooms, and lets them go some time after they left. Each has an id of
 * its own, the same whenever it comes.
 */
export class AdoptedCameras {
  readonly #options: AdoptedCamerasOptions;
  readonly #adopted = new Map<string, Adopted>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  readonly counters = {
    adopted: 0,
    gone: 0,
    /** Left out, looked at once a second, as there are as many as there may be. */
    overLimit: 0,
  };

  constructor(options: AdoptedCamerasOptions) {
    this.#options = options;
  }

  /** The camera that stands for one of a room. */
  of(place: RoomPlace): Camera | undefined {
    return this.#adopted.get(placeKey(place))?.camera;
  }

  /** Looks who came and who left, once a second. */
  tick(): void {
    const { adopt, now, listed } = this.#options;
    const at = now();
    if (adopt === false || at - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = at;
    for (const camera of listed()) {
      if (typeof adopt !== 'boolean' && !adopt.includes(camera.room)) continue;
      if (!this.#options.isKnown(camera)) this.#see(camera, at);
    }
    for (const [key, one] of this.#adopted) if (at - one.seenAt >= KEEP_MS) this.#release(key, one);
  }

  #see(listed: ListedCamera, at: Millis): void {
    const { limit, cameras, open, log } = this.#options;
    const key = placeKey(listed);
    const known = this.#adopted.get(key);
    if (known !== undefined) {
      known.seenAt = at;
      return;
    }
    if (this.#adopted.size >= limit) {
      this.counters.overLimit++;
      return;
    }
    const id = adoptedId(listed);
    if (cameras.get(id) !== undefined) return;
    const camera = open(id, listed);
    cameras.add(camera);
    this.#adopted.set(key, { camera, seenAt: at });
    this.counters.adopted++;
    log.info({ camera: id, room: listed.room, cameraId: listed.cameraId }, 'camera of a room adopted');
  }

  #release(key: string, { camera }: Adopted): void {
    const { cameras, viewers, log } = this.#options;
    this.#adopted.delete(key);
    cameras.remove(camera.id);
    viewers.endWhere((viewer) => viewer.camera === camera.id, 'camera-removed');
    void camera.close();
    this.counters.gone++;
    log.info({ camera: camera.id }, 'camera of a room is gone');
  }
}

const NAME_CHARACTERS = 24;
const HASH_CHARACTERS = 8;

/**
 * The id of an adopted camera: readable as far as an id can be, and another one for each room and camera id, as it ends
 * with a part of their hash.
 */
export function adoptedId(place: RoomPlace): string {
  const hash = createHash('sha256').update(placeKey(place)).digest('hex').slice(0, HASH_CHARACTERS);
  const words = [place.room, place.cameraId].map(readable).filter((word) => word !== '');
  return [...words, hash].join('-');
}

const readable = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replaceAll(/^[-_]+|[-_]+$/g, '')
    .slice(0, NAME_CHARACTERS);
