import type { Millis } from '@pinhole/core';
import {
  type MemberRecord,
  type RoomServerMessage,
  type RoomServerMessageOf,
  serializeRoomServerMessage,
} from '@pinhole/protocol/rooms';
import type { IceServer } from '@pinhole/protocol/whep';
import { Directory, type Entry, type Room } from './directory.ts';
import type { RoomLimits, RoomPolicy } from './policy.ts';
import type { RoomBus } from './room-bus.ts';
import type { RoomClient } from './room-client.ts';
import { RoomCounters } from './room-counters.ts';
import type { AuthorizeToken } from './room-identity.ts';
import { ViewSessions } from './view-sessions.ts';

/** A picture of a camera that is listed in its room. */
export interface RoomPicture {
  readonly room: string;
  readonly cameraId: string;
  readonly clientId: string;
  /** Begins with the JPEG mark; nobody else uses its memory. */
  readonly jpeg: Uint8Array;
}

/** What rooms are made with. */
export interface RoomsOptions {
  readonly policy: RoomPolicy;
  readonly limits: RoomLimits;
  readonly bus: RoomBus;
  /** Where a token has to be shown. */
  readonly authorize: AuthorizeToken;
  readonly iceServers: () => readonly IceServer[];
  /** Monotonic. */
  readonly now: () => Millis;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** A new id or secret that nobody can guess: 128 random bits or more. */
  readonly newSecret: () => string;
  /** A hash by which a secret can be recognised but not found. */
  readonly hashOf: (secret: string) => string;
  /** What clients are told about how often they are pinged. */
  readonly pingIntervalMs: Millis;
  /** Where binary messages of cameras go. */
  readonly onJpeg?: (picture: RoomPicture) => void;
}

/** What all parts of the rooms share. */
export class RoomState {
  readonly options: RoomsOptions;
  readonly policy: RoomPolicy;
  readonly limits: RoomLimits;
  readonly node: string;
  readonly directory = new Directory();
  readonly sessions = new ViewSessions();
  /** The clients of this process. */
  readonly clients = new Map<string, RoomClient>();
  readonly counters = new RoomCounters();
  #sequence = 0;

  constructor(options: RoomsOptions) {
    this.options = options;
    this.policy = options.policy;
    this.limits = options.limits;
    this.node = options.newSecret();
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Lists as messages have them. */
  iceServers(): { urls: string[]; username?: string; credential?: string }[] {
    return this.options.iceServers().map(({ urls, ...rest }) => ({ ...rest, urls: [...urls] }));
  }

  /** What clients are told of a camera. */
  viewOf(entry: Entry): CameraView {
    const { cameraId = '', clientId, name, capabilities, node } = entry;
    return {
      cameraId,
      clientId,
      ...(name !== undefined && { name }),
      ...(capabilities !== undefined && { capabilities }),
      // The process that has the camera knows of all its sessions.
      ...(node === this.node && { viewers: this.sessions.viewersOf(clientId) }),
    };
  }

  /** To one client of this process. */
  tell(client: RoomClient, message: RoomServerMessage): void {
    client.port.send(serializeRoomServerMessage(message));
  }

  /** To the member, wherever its socket is. */
  deliver(to: Entry, from: string, message: RoomServerMessage): void {
    const text = serializeRoomServerMessage(message);
    if (to.node === this.node) this.clients.get(to.clientId)?.port.send(text);
    else {
      const { clientId } = to;
      const offer = message.type === 'offer' ? { offer: true } : {};
      this.options.bus.send(to.node, {
        type: 'deliver',
        node: this.node,
        to: clientId,
        from,
        text,
        ...offer,
      });
    }
  }

  /** To the room's members of this process; the others are told by theirs. */
  broadcast(
    name: string,
    message: RoomServerMessage,
    options: { readonly except?: string; readonly droppable?: true; readonly about?: string } = {},
  ): void {
    const room = this.directory.room(name);
    if (room === undefined) return;
    const text = serializeRoomServerMessage(message);
    for (const { clientId, node } of room.members.values()) {
      if (node !== this.node || clientId === options.except) continue;
      const client = this.clients.get(clientId);
      if (client === undefined) continue;
      if (options.about !== undefined && client.identity?.mayView(name, options.about) !== true) continue;
      client.port.send(text, options.droppable ? { droppable: true } : undefined);
    }
  }

  /** To the other processes, in order. */
  publishUp(entry: Entry): void {
    const member = recordOf(entry);
    this.options.bus.broadcast({ type: 'up', node: this.node, seq: ++this.#sequence, member });
  }

  /** To the other processes, in order. */
  publishDown(clientId: string, reason: string): void {
    this.options.bus.broadcast({
      type: 'down',
      node: this.node,
      seq: ++this.#sequence,
      clientId,
      reason,
    });
  }

  /** The cameras of a room that a client may know of. */
  camerasFor(client: RoomClient, room: Room | undefined): CameraView[] {
    return [...(room?.cameras.values() ?? [])]
      .filter(
        ({ clientId, cameraId, room: name }) =>
          clientId !== client.id &&
          cameraId !== undefined &&
          client.identity?.mayView(name, cameraId) === true,
      )
      .map((entry) => this.viewOf(entry));
  }
}

type CameraView = Omit<RoomServerMessageOf<'cameraAvailable'>, 'type'>;

/** What other processes are told of a member. */
export function recordOf(entry: Entry): MemberRecord {
  const record: MemberRecord & { node?: string } = { ...entry };
  delete record.node;
  return record;
}
