import { type Millis, millis } from '@pinhole/core';
import type { RoomBusMessage, RoomClientMessageOf, RoomServerMessage } from '@pinhole/protocol/rooms';
import { noteOffer } from './members/stand-in.ts';
import type { RoomClient } from './room-client.ts';
import { RoomRefusal } from './room-refusal.ts';
import type { RoomState } from './room-state.ts';
import type { ViewSession } from './view-sessions.ts';

/** How long a camera may take over its offer. */
const REQUEST_TIMEOUT_MS = millis(10_000);
const REMOTE_GRACE_MS = 5000;
/** Reports of one camera that come sooner after the one before are left out. */
const STATUS_INTERVAL_MS = 1000;

type BusMessageOf<Type extends RoomBusMessage['type']> = Extract<RoomBusMessage, { readonly type: Type }>;

/** Who views whom: requests, their ends, and what the two ends say to each other. */
export class Viewing {
  readonly #state: RoomState;

  constructor(state: RoomState) {
    this.#state = state;
  }

  /** @throws {RoomRefusal} `too-many-requests`, `camera-busy` */
  request(client: RoomClient, message: RoomClientMessageOf<'requestStream'>): void {
    const { directory, sessions, limits, options, counters, node } = this.#state;
    const { cameraId } = message;
    const requestId = message.requestId ?? undefined;
    const room = directory.get(client.id)?.room;
    const camera = room === undefined ? undefined : directory.room(room)?.cameras.get(cameraId);
    const known = room !== undefined && client.identity?.mayView(room, cameraId) === true;
    if (!known || camera === undefined || camera.clientId === client.id) {
      this.#state.tell(client, {
        type: 'cameraNotFound',
        cameraId,
        ...(requestId !== undefined && { requestId }),
        ...(room !== undefined && { room }),
      });
      return;
    }
    const named = requestId ?? String(options.wallNow());
    const viewerId = client.id;
    const before = sessions.get(viewerId, camera.clientId);
    if (before !== undefined) sessions.delete(before);
    else if (sessions.pendingOf(viewerId) >= limits.pendingPerViewer) {
      throw new RoomRefusal(
        'too-many-requests',
        `${limits.pendingPerViewer} requests wait for an offer already`,
      );
    } else if (sessions.viewersOf(camera.clientId) >= limits.viewersPerCamera) {
      throw new RoomRefusal('camera-busy', `the camera has ${limits.viewersPerCamera} viewers already`);
    }
    counters.requests++;
    const pictures = message.transports?.includes('jpeg') === true ? 'wanted' : 'none';
    this.#open({ viewerId, camera: camera.clientId, cameraId, room, requestId: named, pictures });
    if (camera.node === node) this.#tellCamera(camera.clientId, viewerId);
    else {
      const request = { type: 'request', node, viewerId, camera: camera.clientId, requestId: named } as const;
      options.bus.send(camera.node, request);
    }
  }

  /** A viewer of another process wants a camera of this one. */
  remoteRequest({ node, viewerId, camera, requestId }: BusMessageOf<'request'>): void {
    const { directory, sessions, limits, options } = this.#state;
    const [viewer, entry] = [directory.get(viewerId), directory.get(camera)];
    const { cameraId } = entry ?? {};
    const here = entry?.node === this.#state.node && cameraId !== undefined && directory.isListed(entry);
    const refuse = (reason: string): void =>
      options.bus.send(node, { type: 'reject', node: this.#state.node, viewerId, camera, requestId, reason });
    if (viewer?.node !== node || !here || viewer.room !== entry.room) {
      refuse('camera-gone');
      return;
    }
    const before = sessions.get(viewerId, camera);
    if (before !== undefined) sessions.delete(before);
    else if (sessions.viewersOf(camera) >= limits.viewersPerCamera) {
      refuse('camera-busy');
      return;
    }
    // Pictures stay within the process that gets them.
    this.#open({ viewerId, camera, cameraId, room: entry.room, requestId, pictures: 'none' });
    this.#tellCamera(camera, viewerId);
  }

  stop(client: RoomClient, { cameraId }: RoomClientMessageOf<'stopStream'>): void {
    for (const session of this.#state.sessions.of(client.id))
      if (session.viewerId === client.id && session.cameraId === cameraId) this.#endByViewer(session);
  }

  /** @throws {RoomRefusal} `peer-unavailable` */
  reject(client: RoomClient, message: RoomClientMessageOf<'rejectStream'>): void {
    const { viewerId, reason = 'rejected' } = message;
    const session = this.#state.sessions.get(viewerId, client.id);
    if (session === undefined) throw new RoomRefusal('peer-unavailable', 'this viewer asked for nothing');
    const { requestId } = session;
    this.rejected({ viewerId, camera: client.id, requestId, reason });
    const viewer = this.#state.directory.get(viewerId);
    const { node, options } = this.#state;
    if (viewer === undefined || viewer.node === node) return;
    options.bus.send(viewer.node, { type: 'reject', node, viewerId, camera: client.id, requestId, reason });
  }

  /** A camera refused a viewer. */
  rejected(refusal: Pick<BusMessageOf<'reject'>, 'viewerId' | 'camera' | 'requestId' | 'reason'>): void {
    const { viewerId, camera, reason = 'rejected' } = refusal;
    const session = this.#state.sessions.get(viewerId, camera);
    if (session === undefined) return;
    this.#state.sessions.delete(session);
    const viewer = this.#state.clients.get(viewerId);
    const { cameraId, requestId } = session;
    if (viewer) this.#state.tell(viewer, { type: 'streamRejected', cameraId, requestId, reason });
  }

  /** A viewer of another process is done with a camera of this one. */
  remoteUnview({ viewerId, camera }: BusMessageOf<'unview'>): void {
    const session = this.#state.sessions.get(viewerId, camera);
    if (session !== undefined) this.#endByViewer(session);
  }

  /** @throws {RoomRefusal} `peer-unavailable`, `forbidden-target` */
  relay(client: RoomClient, message: RoomClientMessageOf<'offer' | 'answer' | 'iceCandidate'>): void {
    const { directory, sessions, policy, counters } = this.#state;
    const sender = client.id;
    const target = directory.get(message.target);
    if (target === undefined) throw new RoomRefusal('peer-unavailable', 'there is no such client');
    const room = directory.get(sender)?.room;
    if (room === undefined || target.room !== room || target.clientId === sender)
      throw new RoomRefusal('forbidden-target', 'you are in no room with this client');
    if (policy.relay === 'session' && !sessions.joins(sender, target.clientId))
      throw new RoomRefusal('forbidden-target', 'you have no view session with this client');
    counters.relayed++;
    if (message.type === 'offer') {
      this.offered(target.clientId, sender);
      noteOffer(client);
    }
    this.#state.deliver(target, sender, relayed(message, sender));
  }

  /** The camera offered: nobody waits for it any more. */
  offered(viewerId: string, camera: string): void {
    const session = this.#state.sessions.get(viewerId, camera);
    if (session !== undefined) this.#state.sessions.opened(session);
  }

  /** @throws {RoomRefusal} `not-in-room` */
  list(client: RoomClient, requestId: string | undefined): void {
    const { directory } = this.#state;
    const room = directory.get(client.id)?.room;
    if (room === undefined) throw new RoomRefusal('not-in-room', 'join a room first');
    const cameras = this.#state.camerasFor(client, directory.room(room));
    this.#state.tell(client, { type: 'cameraList', cameras, ...(requestId !== undefined && { requestId }) });
  }

  /** @throws {RoomRefusal} `not-a-camera` */
  status(client: RoomClient, message: RoomClientMessageOf<'cameraStatus' | 'frameInfo'>): void {
    const entry = this.#state.directory.get(client.id);
    const { cameraId, room } = entry ?? {};
    if (cameraId === undefined || room === undefined)
      throw new RoomRefusal('not-a-camera', 'only a camera in a room has a status');
    // What a frame weighs is told many times a second, and nobody reads it.
    if (message.type === 'frameInfo') return;
    const now = this.#state.options.now();
    if (now - client.statusAt < STATUS_INTERVAL_MS) {
      this.#state.counters.statusThrottled++;
      return;
    }
    client.statusAt = now;
    const { streaming, viewers, timestamp } = message;
    const report = {
      type: 'cameraStatus',
      cameraId,
      clientId: client.id,
      ...(streaming !== undefined && { streaming }),
      ...(viewers !== undefined && { viewers }),
      ...(timestamp !== undefined && { timestamp }),
    } as const;
    this.#state.broadcast(room, report, { except: client.id, about: cameraId, droppable: true });
  }

  tick(now: Millis): void {
    for (const session of this.#state.sessions.pending) {
      if (session.deadline === undefined || now < session.deadline) continue;
      this.#state.sessions.delete(session);
      const viewer = this.#state.clients.get(session.viewerId);
      this.#tellEnd(session);
      if (viewer === undefined) continue;
      this.#state.counters.requestTimeouts++;
      this.#state.tell(viewer, {
        type: 'error',
        code: 'request-timeout',
        message: `camera "${session.cameraId}" offered nothing within ${REQUEST_TIMEOUT_MS / 1000} s`,
        re: 'requestStream',
        requestId: session.requestId,
      });
    }
  }

  #open(session: Omit<ViewSession, 'deadline'>): void {
    const { clients, options, sessions } = this.#state;
    // The viewer's own process is the one to give up; another only makes sure that nothing is left behind.
    const patience = clients.has(session.viewerId)
      ? REQUEST_TIMEOUT_MS
      : REQUEST_TIMEOUT_MS + REMOTE_GRACE_MS;
    sessions.add({ ...session, deadline: millis(options.now() + patience) });
  }

  #tellCamera(camera: string, viewerId: string): void {
    const client = this.#state.clients.get(camera);
    const session = this.#state.sessions.get(viewerId, camera);
    if (client === undefined || session === undefined) return;
    const { requestId, room, cameraId } = session;
    // Boards that know nothing of capabilities have little room for a message.
    const knowing = this.#state.directory.get(camera)?.capabilities !== undefined;
    const iceServers = knowing ? this.#state.iceServers() : [];
    this.#state.tell(client, {
      type: 'viewerRequest',
      viewerId,
      requestId,
      room,
      cameraId,
      ...(iceServers.length > 0 && { iceServers }),
    });
  }

  #endByViewer(session: ViewSession): void {
    this.#state.sessions.delete(session);
    this.#tellEnd(session);
  }

  /** Tells the camera that a viewer of this process is no longer there for it. */
  #tellEnd({ camera, viewerId, cameraId }: ViewSession): void {
    const { directory, clients, node, options } = this.#state;
    const entry = directory.get(camera);
    const client = clients.get(camera);
    if (client !== undefined) this.#state.tell(client, { type: 'viewerLeft', viewerId, cameraId });
    else if (entry !== undefined) options.bus.send(entry.node, { type: 'unview', node, viewerId, camera });
  }
}

/** What the target gets: the sender is the one that the socket belongs to, whatever the message said. */
function relayed(
  message: RoomClientMessageOf<'offer' | 'answer' | 'iceCandidate'>,
  sender: string,
): RoomServerMessage {
  switch (message.type) {
    case 'offer':
      return { type: 'offer', sender, ...(message.sdp !== undefined && { sdp: message.sdp }) };
    case 'answer':
      return { type: 'answer', sender, ...(message.sdp !== undefined && { sdp: message.sdp }) };
    case 'iceCandidate': {
      const { candidate } = message;
      return { type: 'iceCandidate', sender, ...(candidate !== undefined && { candidate }) };
    }
  }
}
