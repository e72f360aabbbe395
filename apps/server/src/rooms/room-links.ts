import { PinholeError } from '@pinhole/core';
import type { RoomLink, RoomLinkHandlers } from '@pinhole/sources/room';

/** Which camera of which room. */
export interface RoomPlace {
  readonly room: string;
  readonly cameraId: string;
}

/** Enters rooms for sources. */
export type EnterRoom = (place: RoomPlace, handlers: RoomLinkHandlers) => RoomLink;

/** The way to the rooms for cameras, which are made before them. */
export class RoomLinks {
  #enter: EnterRoom | undefined;

  /** The rooms are there now. */
  bind(enter: EnterRoom): void {
    this.#enter = enter;
  }

  /**
   * Enters a room and watches a camera of it.
   * @throws {PinholeError} `camera/not-live` where no server runs that has rooms
   */
  open(place: RoomPlace, handlers: RoomLinkHandlers): RoomLink {
    if (this.#enter === undefined) {
      throw new PinholeError(
        'camera/not-live',
        'rooms are there while the server runs; look at the camera in it',
      );
    }
    return this.#enter(place, handlers);
  }
}
