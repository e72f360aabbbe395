import type { RoomClientMessageOf, RoomClose } from '@pinhole/protocol/rooms';
import { announceArrival, announceCamera, REPLACED, removeAndAnnounce } from './announce.ts';
import { Contests } from './contests.ts';
import type { Entry } from './directory.ts';
import type { RoomClient, RoomRole } from './room-client.ts';
import { RoomRefusal } from './room-refusal.ts';
import { type RoomState, recordOf } from './room-state.ts';

type Join = RoomClientMessageOf<'join'>;

/** Claims by right stand above all that anybody can take over from one another, also between processes that meet late. */
const OWNED_EPOCH = 1_000_000;

/** Who comes, changes its role, moves and leaves; in this process and in the others. */
export class Membership {
  readonly #state: RoomState;
  readonly contests: Contests;

  constructor(state: RoomState) {
    this.#state = state;
    this.contests = new Contests(state, {
      join: (client, join) => this.join(client, join),
      endDead: (client) => this.end(client, 'heartbeat', 'nothing was heard from this connection'),
    });
  }

  /** @throws {RoomRefusal} */
  join(client: RoomClient, join: Join): void {
    this.contests.forget(client.id);
    const role = this.#roleOf(client, join);
    const { room } = join;
    this.#checkRights(client, room, role);
    this.#checkRoom(client, room);
    const { cameraId } = role;
    const owns = cameraId !== undefined && client.identity?.owns?.(room, cameraId) === true;
    let epoch = owns ? OWNED_EPOCH : 0;
    let owner: Entry | undefined;
    if (cameraId !== undefined) {
      owner = this.#state.directory.room(room)?.cameras.get(cameraId);
      if (owner === undefined) this.#checkCameras(client, room);
      else if (owner.clientId === client.id) epoch = owner.epoch;
      else if (owns || this.#provesToBe(client, owner)) {
        epoch = owns ? Math.max(OWNED_EPOCH, owner.epoch + 1) : Math.min(OWNED_EPOCH - 1, owner.epoch + 1);
        this.#state.counters.takeovers++;
        const loser = this.#state.clients.get(owner.clientId);
        if (loser !== undefined) this.#replace(loser);
      } else {
        this.contests.open(client, { join, owner });
        return;
      }
    }
    this.#enter(client, { room, role, epoch });
  }

  /** @throws {RoomRefusal} `not-in-room` */
  leave(client: RoomClient): void {
    const room = this.#state.directory.get(client.id)?.room;
    if (room === undefined) throw new RoomRefusal('not-in-room', 'you are in no room');
    this.#depart(client, 'left');
    this.#state.tell(client, { type: 'left', room });
  }

  /** The client is to go, or gone already; called again it does nothing. */
  end(client: RoomClient, why: RoomClose | 'disconnected', reason: string): void {
    if (!this.#state.clients.delete(client.id)) return;
    this.#depart(client, why);
    this.contests.forget(client.id);
    client.standIn?.gone();
    if (why !== 'disconnected') client.port.close(why, reason);
  }

  /** A member of another process came or changed. */
  remoteUp(entry: Entry): void {
    const { directory } = this.#state;
    const known = directory.get(entry.clientId);
    // An id of ours in somebody else's mouth is not ours to change.
    if (known !== undefined && known.node !== entry.node) return;
    if (known !== undefined && sameRole(known, entry)) {
      if (JSON.stringify(recordOf(known)) !== JSON.stringify(recordOf(entry))) this.#put(entry);
      return;
    }
    if (known !== undefined) this.remoteDown(entry.clientId, 'moved');
    this.#put(entry);
    announceArrival(this.#state, entry);
  }

  /** A member of another process is gone. */
  remoteDown(clientId: string, reason: string): void {
    const removed = removeAndAnnounce(this.#state, clientId, reason);
    if (removed !== undefined) this.#settleContest(clientId, reason);
  }

  #roleOf(client: RoomClient, join: Join): RoomRole {
    const before = this.#state.policy.role === 'kept' ? client.role : undefined;
    const deviceType = join.deviceType ?? before?.deviceType ?? 'viewer';
    const camera = deviceType === 'camera';
    return {
      deviceType,
      cameraId: camera ? (join.cameraId ?? before?.cameraId) : undefined,
      name: camera ? (join.name ?? before?.name) : undefined,
      capabilities: camera ? (join.capabilities ?? before?.capabilities) : undefined,
    };
  }

  #checkRights(client: RoomClient, room: string, { cameraId }: RoomRole): void {
    const { rooms } = this.#state.policy;
    if (rooms !== 'any' && !rooms.has(room)) throw new RoomRefusal('forbidden', 'there is no such room here');
    if (client.identity?.mayJoin(room) !== true)
      throw new RoomRefusal('forbidden', 'the token does not cover this room');
    if (cameraId !== undefined && !client.identity.mayPublish(room, cameraId)) {
      throw new RoomRefusal('forbidden', 'the token does not cover publishing this camera');
    }
  }

  #checkRoom(client: RoomClient, name: string): void {
    const { directory, limits } = this.#state;
    if (directory.get(client.id)?.room === name) return;
    const room = directory.room(name);
    if (room === undefined && directory.rooms.size >= limits.rooms)
      throw new RoomRefusal('too-many-rooms', `there are ${limits.rooms} rooms already`);
    if (room !== undefined && room.members.size >= limits.membersPerRoom)
      throw new RoomRefusal('too-many-members', `the room has ${limits.membersPerRoom} members already`);
  }

  #checkCameras(client: RoomClient, name: string): void {
    const { directory, limits } = this.#state;
    const cameras = directory.room(name)?.cameras;
    const own = directory.get(client.id);
    const replaces = own?.room === name && directory.isListed(own);
    if (cameras !== undefined && cameras.size >= limits.camerasPerRoom && !replaces)
      throw new RoomRefusal('too-many-cameras', `the room has ${limits.camerasPerRoom} cameras already`);
  }

  #provesToBe(client: RoomClient, owner: Entry): boolean {
    const proof = client.identity?.owner;
    return client.shown.has(owner.proof) || (proof !== undefined && proof === owner.owner);
  }

  #enter(
    client: RoomClient,
    { room, role, epoch }: { readonly room: string; readonly role: RoomRole; readonly epoch: number },
  ): void {
    const state = this.#state;
    const before = state.directory.get(client.id);
    const { owner } = client.identity ?? {};
    const entry: Entry = {
      clientId: client.id,
      node: state.node,
      room,
      deviceType: role.deviceType,
      ...(role.cameraId !== undefined && { cameraId: role.cameraId }),
      ...(role.name !== undefined && { name: role.name }),
      ...(role.capabilities !== undefined && { capabilities: role.capabilities }),
      proof: client.proof,
      ...(owner !== undefined && { owner }),
      epoch,
      since:
        before !== undefined && sameRole(before, { room, ...role }) ? before.since : state.options.wallNow(),
    };
    client.role = role;
    state.counters.joins++;
    const stays = before !== undefined && sameRole(before, entry);
    if (before !== undefined && !stays) this.#depart(client, before.room === room ? 'role-changed' : 'moved');
    this.#put(entry);
    this.#welcomeIn(client, entry);
    if (stays) {
      if (JSON.stringify(before) === JSON.stringify(entry)) return;
      announceCamera(state, entry);
    } else announceArrival(state, entry);
    state.publishUp(entry);
  }

  /** What the one who joined is told; the list also one by one, as viewers of the field read it. */
  #welcomeIn(client: RoomClient, entry: Entry): void {
    const state = this.#state;
    const room = state.directory.room(entry.room);
    const cameras = state.camerasFor(client, room);
    const members = [...(room?.members.values() ?? [])]
      .filter(({ clientId }) => clientId !== client.id)
      .map(({ clientId, deviceType, cameraId }) => ({
        clientId,
        deviceType,
        ...(cameraId !== undefined && { cameraId }),
      }));
    const iceServers = state.iceServers();
    state.tell(client, {
      type: 'joined',
      room: entry.room,
      clientId: client.id,
      members,
      cameras,
      ...(iceServers.length > 0 && { iceServers }),
    });
    if (entry.deviceType !== 'viewer') return;
    for (const camera of cameras) state.tell(client, { type: 'cameraAvailable', ...camera });
  }

  /** Enters a member into the directory. A client of ours that loses its camera id by that goes. */
  #put(entry: Entry): void {
    const loser = this.#state.directory.put(entry);
    const client = loser?.node === this.#state.node ? this.#state.clients.get(loser.clientId) : undefined;
    if (client !== undefined) this.#replace(client);
  }

  #replace(client: RoomClient): void {
    this.end(client, 'replaced', 'the camera came again by another connection');
  }

  #depart(client: RoomClient, reason: string): void {
    const removed = removeAndAnnounce(this.#state, client.id, reason);
    if (removed === undefined) return;
    this.#state.publishDown(client.id, reason);
    this.#settleContest(client.id, reason);
  }

  /** Whoever waits for the camera id gets it, unless somebody has it already who proved to be the owner. */
  #settleContest(clientId: string, reason: string): void {
    if (reason === REPLACED) this.contests.ownerLives(clientId);
    else this.contests.ownerGone(clientId);
  }
}

type Placed = Pick<Entry, 'room' | 'deviceType'> & { readonly cameraId?: string | undefined };

const sameRole = (one: Placed, other: Placed): boolean =>
  one.room === other.room && one.deviceType === other.deviceType && one.cameraId === other.cameraId;
