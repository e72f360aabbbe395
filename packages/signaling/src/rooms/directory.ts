import type { MemberRecord } from '@pinhole/protocol/rooms';

/** A member of a room, of this process or another. */
export interface Entry extends MemberRecord {
  /** The process that has its socket. */
  readonly node: string;
}

/** A room is there as long as somebody is in it. */
export interface Room {
  readonly members: ReadonlyMap<string, Entry>;
  /** Who has each camera id. */
  readonly cameras: ReadonlyMap<string, Entry>;
}

interface OwnRoom {
  readonly members: Map<string, Entry>;
  readonly cameras: Map<string, Entry>;
}

/**
 * Who is where. Of two that claim one camera id the claim that was taken over more often holds, then the earlier one,
 * then the smaller id: every process comes to the same result from the same facts, in whatever order they arrive.
 */
export class Directory {
  readonly #members = new Map<string, Entry>();
  readonly #rooms = new Map<string, OwnRoom>();

  /** Rooms that have members. */
  get rooms(): ReadonlyMap<string, Room> {
    return this.#rooms;
  }

  /** Members by client id. */
  get members(): ReadonlyMap<string, Entry> {
    return this.#members;
  }

  /** Camera ids that somebody has. */
  get cameraCount(): number {
    let sum = 0;
    for (const { cameras } of this.#rooms.values()) sum += cameras.size;
    return sum;
  }

  room(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  get(clientId: string): Entry | undefined {
    return this.#members.get(clientId);
  }

  /** Whether others find this member by its camera id. */
  isListed(entry: Entry): boolean {
    return (
      entry.cameraId !== undefined &&
      this.#rooms.get(entry.room)?.cameras.get(entry.cameraId)?.clientId === entry.clientId
    );
  }

  /**
   * Adds a member that is in no room, or takes a newer record of one that stays in its room and role.
   * @returns who lost its camera id by it
   */
  put(entry: Entry): Entry | undefined {
    const room = this.#rooms.get(entry.room) ?? { members: new Map(), cameras: new Map() };
    this.#rooms.set(entry.room, room);
    this.#members.set(entry.clientId, entry);
    room.members.set(entry.clientId, entry);
    if (entry.deviceType !== 'camera' || entry.cameraId === undefined) return undefined;
    const holder = room.cameras.get(entry.cameraId);
    if (holder !== undefined && holder.clientId !== entry.clientId && !holdsAgainst(entry, holder)) {
      return undefined;
    }
    room.cameras.set(entry.cameraId, entry);
    return holder?.clientId === entry.clientId ? undefined : holder;
  }

  /** @returns the member that was removed, and whether others found it by its camera id. */
  remove(clientId: string): { readonly entry: Entry; readonly listed: boolean } | undefined {
    const entry = this.#members.get(clientId);
    if (entry === undefined) return undefined;
    const listed = this.isListed(entry);
    const room = this.#rooms.get(entry.room);
    this.#members.delete(clientId);
    room?.members.delete(clientId);
    if (listed && entry.cameraId !== undefined) room?.cameras.delete(entry.cameraId);
    if (room?.members.size === 0) this.#rooms.delete(entry.room);
    return { entry, listed };
  }
}

function holdsAgainst(claim: Entry, other: Entry): boolean {
  if (claim.epoch !== other.epoch) return claim.epoch > other.epoch;
  if (claim.since !== other.since) return claim.since < other.since;
  return claim.clientId < other.clientId;
}
