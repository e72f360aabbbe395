import { type Logger, type Millis, messageOf, millis, PinholeError } from '@pinhole/core';
import type { Camera, Identity, ViewerSessions, ViewerState } from '@pinhole/engine';
import type { RoomClientMessageInput, RoomServerMessage, RoomServerMessageOf } from '@pinhole/protocol/rooms';

/** What became of those who wanted cameras of this server; all since the start. */
export class RoomOfferCounters {
  requests = 0;
  /** Asked again while their offer was being made, or a moment after. */
  requestsRepeated = 0;
  offers = 0;
  answers = 0;
  /** Answers that could not be taken, or came from nobody who was offered anything. */
  answersRefused = 0;
  /** Refused as the camera has as many viewers as it may. */
  refusedBusy = 0;
  /** Refused for any other reason. */
  refused = 0;
}

/** What making offers for a camera needs. */
export interface RoomOffersOptions {
  readonly camera: Camera;
  readonly sessions: ViewerSessions;
  /** Viewers at the same time. */
  readonly viewers: number;
  /** Speaks in the room as the camera. */
  readonly say: (message: RoomClientMessageInput) => void;
  /** Who a member is; rooms know. */
  readonly whoIs: (clientId: string) => Identity;
  readonly counters: RoomOfferCounters;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly log: Logger;
}

interface Viewer {
  readonly id: string;
  readonly askedAt: Millis;
  /** Undefined while the offer is being made. */
  session: string | undefined;
  over: boolean;
}

/** A request that comes so soon after the one before is the same one. */
const SAME_REQUEST_MS = millis(1000);

/** Makes a camera's offers to those who ask for it in a room, one connection a viewer, each from request to end. */
export class RoomOffers {
  readonly #options: RoomOffersOptions;
  readonly #viewers = new Map<string, Viewer>();

  constructor(options: RoomOffersOptions) {
    this.#options = options;
  }

  /** Those who were made an offer, or are about to be. */
  get size(): number {
    return this.#viewers.size;
  }

  /** Takes what the rooms tell the camera. */
  handle(message: RoomServerMessage): void {
    if (message.type === 'viewerRequest') this.#request(message.viewerId);
    else if (message.type === 'viewerLeft') this.#leave(message.viewerId);
    else if (message.type === 'clientDisconnected') this.#leave(message.clientId);
    else if (message.type === 'answer') void this.#answer(message);
    else if (message.type === 'iceCandidate') void this.#candidate(message);
  }

  /** Ends all of them. */
  close(): void {
    for (const viewer of this.#viewers.values()) this.#end(viewer);
  }

  #request(viewerId: string): void {
    const { counters, now, viewers } = this.#options;
    counters.requests++;
    const before = this.#viewers.get(viewerId);
    if (before !== undefined && (before.session === undefined || now() - before.askedAt < SAME_REQUEST_MS)) {
      counters.requestsRepeated++;
      return;
    }
    // The viewer begins anew: its old connection is of no use to it any more.
    if (before !== undefined) this.#end(before);
    if (this.#viewers.size >= viewers) {
      counters.refusedBusy++;
      this.#reject(viewerId, 'camera-busy');
      return;
    }
    const viewer: Viewer = { id: viewerId, askedAt: now(), session: undefined, over: false };
    this.#viewers.set(viewerId, viewer);
    void this.#invite(viewer);
  }

  async #invite(viewer: Viewer): Promise<void> {
    const { camera, sessions, whoIs, say, counters, log } = this.#options;
    try {
      const { id, offer } = await sessions.invite(camera, whoIs(viewer.id), {
        peer: { audio: 'send' },
        changed: (state) => this.#changed(viewer, state),
      });
      viewer.session = id;
      if (viewer.over) {
        closeSession(sessions, id);
        return;
      }
      counters.offers++;
      say({ type: 'offer', target: viewer.id, sdp: { type: 'offer', sdp: offer } });
    } catch (thrown) {
      if (viewer.over) return;
      if (!(thrown instanceof PinholeError))
        log.error({ camera: camera.id, error: thrown }, 'no offer could be made');
      counters.refused++;
      this.#forget(viewer);
      this.#reject(viewer.id, thrown instanceof PinholeError ? thrown.code : 'internal');
    }
  }

  async #answer({ sender, sdp }: RoomServerMessageOf<'answer'>): Promise<void> {
    const { sessions, counters, log, camera } = this.#options;
    const viewer = this.#viewers.get(sender);
    // Boards that cannot do WebRTC answer without a description.
    if (viewer?.session === undefined || sdp?.sdp === undefined) {
      counters.answersRefused++;
      return;
    }
    try {
      await sessions.accept(viewer.session, sdp.sdp);
      counters.answers++;
    } catch (thrown) {
      counters.answersRefused++;
      log.debug({ camera: camera.id, reason: messageOf(thrown) }, 'the answer of a viewer was refused');
      if (viewer.over) return;
      this.#end(viewer);
      this.#reject(sender, thrown instanceof PinholeError ? thrown.code : 'internal');
    }
  }

  async #candidate({ sender, candidate }: RoomServerMessageOf<'iceCandidate'>): Promise<void> {
    const session = this.#viewers.get(sender)?.session;
    if (session === undefined) return;
    try {
      await this.#options.sessions.candidate(session, candidate?.candidate ?? '');
    } catch (thrown) {
      this.#options.log.debug({ reason: messageOf(thrown) }, 'the candidate of a viewer was passed over');
    }
  }

  #changed(viewer: Viewer, state: ViewerState): void {
    if (state.kind !== 'closed' || viewer.over) return;
    this.#forget(viewer);
    if (state.why !== 'left') this.#reject(viewer.id, state.why);
  }

  #leave(viewerId: string): void {
    const viewer = this.#viewers.get(viewerId);
    if (viewer !== undefined) this.#end(viewer);
  }

  #end(viewer: Viewer): void {
    this.#forget(viewer);
    if (viewer.session !== undefined) closeSession(this.#options.sessions, viewer.session);
  }

  #forget(viewer: Viewer): void {
    viewer.over = true;
    if (this.#viewers.get(viewer.id) === viewer) this.#viewers.delete(viewer.id);
  }

  #reject(viewerId: string, reason: string): void {
    this.#options.say({ type: 'rejectStream', viewerId, reason });
  }
}

/** It may have ended by itself meanwhile. */
function closeSession(sessions: ViewerSessions, id: string): void {
  if (sessions.find(id) !== undefined) sessions.close(id, 'left');
}
