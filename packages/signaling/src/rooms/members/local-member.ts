import {
  parseRoomServerMessage,
  type RoomClientMessageInput,
  type RoomClose,
  type RoomServerMessage,
  serializeRoomClientMessage,
} from '@pinhole/protocol/rooms';
import type { RoomClient } from '../room-client.ts';
import type { RoomIdentity } from '../room-identity.ts';
import type { RoomPicture } from '../room-state.ts';
import type { Rooms } from '../rooms.ts';

/** What a member of this process is made with. */
export interface LocalMemberOptions {
  readonly rooms: Rooms;
  readonly identity: RoomIdentity;
  /** Takes each message, one after the other. */
  readonly handle: (message: RoomServerMessage) => void;
  /** Takes pictures of the cameras that were asked for them. */
  readonly picture?: (picture: RoomPicture) => void;
  /** The rooms ended it; called once, and not after `close`. */
  readonly ended: (why: RoomClose) => void;
}

/** A member of rooms that is part of this program: what it says and hears is what others do, without a socket. */
export class LocalMember {
  readonly #options: LocalMemberOptions;
  readonly #client: RoomClient;
  #over = false;

  constructor(options: LocalMemberOptions) {
    this.#options = options;
    const { rooms, identity } = options;
    // Whoever speaks may be in the middle of something, so it is heard a moment later.
    const later = (work: () => void): void =>
      queueMicrotask(() => {
        if (!this.#over) work();
      });
    const { picture } = options;
    this.#client = rooms.open(
      {
        send: (text) => later(() => options.handle(parseRoomServerMessage(text))),
        ...(picture && { picture: (one) => later(() => picture(one)) }),
        identified: () => {},
        probe: () => later(() => rooms.heard(this.#client)),
        close: (why) =>
          later(() => {
            this.#over = true;
            options.ended(why);
          }),
      },
      { address: identity.who.address, identity },
    );
  }

  /** Its name in the rooms. */
  get id(): string {
    return this.#client.id;
  }

  say(message: RoomClientMessageInput): void {
    if (!this.#over) this.#options.rooms.receive(this.#client, serializeRoomClientMessage(message));
  }

  /** Leaves for good. May be called again. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.rooms.closed(this.#client);
  }
}
