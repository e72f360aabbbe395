import type { RoomCandidate, RoomClientMessage, RoomDescription } from './room-messages.ts';
import { RoomPeer } from './room-peer.ts';
import { type RoomsError, roomsErrorOf } from './rooms-error.ts';
import type { RoomIceServer, RoomMediaStream, RoomPeerConnection, RoomWebRtc } from './web-interfaces.ts';

/** What {@link CameraPeers} works with. */
export interface CameraPeersOptions {
  readonly webRtc: () => RoomWebRtc;
  readonly iceServers: () => readonly RoomIceServer[];
  readonly send: (message: RoomClientMessage) => boolean;
  /** So many are connected now. */
  readonly changed: (connected: number) => void;
  readonly failed: (error: RoomsError) => void;
}

/** A viewer that is not connected by then is given up. */
const CONNECT_MS = 20_000;
/** A path that is lost for a moment comes back by itself. */
const DISCONNECTED_MS = 4000;
const RESTART_MS = 10_000;
const MAX_RESTARTS = 3;
/** Viewers of an earlier connection to the server ask again by then, or are gone. */
const ORPHAN_MS = 15_000;

interface Seat {
  readonly peer: RoomPeer;
  connected: boolean;
  restarts: number;
  /** Came before the connection to the server was lost: what it asks or says does not arrive any more. */
  orphan: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The connections of a camera to its viewers, one each. */
export class CameraPeers {
  readonly #options: CameraPeersOptions;
  readonly #seats = new Map<string, Seat>();
  #orphanTimer: ReturnType<typeof setTimeout> | undefined;
  #told = 0;

  constructor(options: CameraPeersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#seats.size;
  }

  get connections(): Map<string, RoomPeerConnection> {
    return new Map([...this.#seats].map(([viewerId, { peer }]) => [viewerId, peer.connection]));
  }

  has(viewerId: string): boolean {
    return this.#seats.has(viewerId);
  }

  /** Offers the stream to a viewer; what it had before is closed. */
  open(viewerId: string, stream: RoomMediaStream): void {
    this.close(viewerId);
    const { webRtc, iceServers, send } = this.#options;
    const peer = new RoomPeer(
      { clientId: viewerId, webRtc: webRtc(), iceServers: iceServers() },
      {
        candidate: (candidate) => send({ type: 'iceCandidate', target: viewerId, candidate }),
        state: (state) => this.#stateChanged(seat, state),
        failed: (thrown) => this.#failed(seat, thrown),
      },
    );
    const seat: Seat = { peer, connected: false, restarts: 0, orphan: false, timer: undefined };
    this.#seats.set(viewerId, seat);
    this.#wait(seat, CONNECT_MS, () => this.#drop(seat));
    for (const track of stream.getTracks()) peer.connection.addTrack(track, stream);
    peer.offer((sdp) => this.#offer(viewerId, sdp));
  }

  accept(viewerId: string, answer: RoomDescription | undefined): void {
    // Boards that cannot do WebRTC answer without a description.
    if (answer?.sdp !== undefined) this.#seats.get(viewerId)?.peer.accept(answer);
  }

  candidate(viewerId: string, candidate: RoomCandidate | undefined): void {
    if (candidate !== undefined) this.#seats.get(viewerId)?.peer.candidate(candidate);
  }

  close(viewerId: string): void {
    const seat = this.#seats.get(viewerId);
    if (seat) this.#drop(seat);
  }

  /** @returns whose they were */
  closeAll(): readonly string[] {
    const viewers = [...this.#seats.keys()];
    for (const viewerId of viewers) this.close(viewerId);
    clearTimeout(this.#orphanTimer);
    return viewers;
  }

  /** The connection to the server is gone: pictures go on, but nobody can ask for anything. */
  orphan(): void {
    for (const seat of this.#seats.values()) seat.orphan = true;
  }

  /** There is a connection to the server again: its viewers ask again by other names. */
  readopted(): void {
    clearTimeout(this.#orphanTimer);
    this.#orphanTimer = setTimeout(() => {
      for (const seat of this.#seats.values()) if (seat.orphan) this.#drop(seat);
    }, ORPHAN_MS);
  }

  #offer(viewerId: string, { sdp = '' }: { readonly sdp?: string }): void {
    this.#options.send({ type: 'offer', target: viewerId, sdp: { type: 'offer', sdp } });
  }

  #stateChanged(seat: Seat, state: string): void {
    if (state === 'connected') {
      clearTimeout(seat.timer);
      seat.connected = true;
      seat.restarts = 0;
    } else if (state === 'failed') this.#restart(seat);
    else if (state === 'disconnected') this.#wait(seat, DISCONNECTED_MS, () => this.#restart(seat));
    else if (state === 'closed') this.#drop(seat);
    this.#tell();
  }

  /** The same media by a new path, so often; then the viewer has to ask again. */
  #restart(seat: Seat): void {
    if (seat.orphan || seat.restarts >= MAX_RESTARTS) {
      this.#drop(seat);
      return;
    }
    seat.restarts++;
    this.#wait(seat, RESTART_MS, () => this.#restart(seat));
    seat.peer.offer((sdp) => this.#offer(seat.peer.clientId, sdp), { iceRestart: true });
  }

  #failed(seat: Seat, thrown: unknown): void {
    this.#drop(seat);
    this.#options.failed(
      roomsErrorOf(thrown, 'rooms/negotiation', `viewer ${seat.peer.clientId} and this camera did not agree`),
    );
  }

  #drop(seat: Seat): void {
    clearTimeout(seat.timer);
    seat.peer.close();
    const { clientId } = seat.peer;
    if (this.#seats.get(clientId) === seat) this.#seats.delete(clientId);
    this.#tell();
  }

  #wait(seat: Seat, ms: number, then: () => void): void {
    clearTimeout(seat.timer);
    seat.timer = setTimeout(then, ms);
  }

  #tell(): void {
    const connected = [...this.#seats.values()].filter((seat) => seat.connected).length;
    if (connected === this.#told) return;
    this.#told = connected;
    this.#options.changed(connected);
  }
}
