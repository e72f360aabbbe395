import { Backoff, millis } from '@pinhole/core';
import { type Patience, Waiting } from './patience.ts';
import type { RoomCandidate, RoomClientMessage, RoomDescription } from './room-messages.ts';
import { fingerprintOf, RoomPeer } from './room-peer.ts';
import { RoomsError, roomsErrorOf } from './rooms-error.ts';
import type { RoomIceServer, RoomMediaStream, RoomPeerConnection, RoomWebRtc } from './web-interfaces.ts';

/** What a viewing works with. */
export interface ViewingOptions<Stream extends RoomMediaStream> {
  readonly cameraId: string;
  readonly webRtc: () => RoomWebRtc;
  readonly iceServers: () => readonly RoomIceServer[];
  /** @returns false when it was not sent */
  readonly send: (message: RoomClientMessage) => boolean;
  readonly newRequestId: () => string;
  /** The camera's client id, while it is in the room. */
  readonly cameraClient: () => string | undefined;
  readonly attemptMs: number;
  readonly random?: () => number;
  readonly received: (stream: Stream) => void;
  readonly lost: (error: RoomsError) => void;
  /** It came to nothing, and nobody waits for it any more. */
  readonly ended: () => void;
}

/** How long pictures may stay away before others are asked for: the camera makes a new path in that time. */
const GRACE_MS = 6000;
const MAX_EARLY_CANDIDATES = 64;

interface Path<Stream> {
  readonly peer: RoomPeer;
  fingerprint: string;
  stream: Stream | undefined;
}

/**
 * One camera that is watched, until nobody wants it any more.
 *
 *   idle ──camera is there──▶ asked ──offer, connected──▶ live ──lost──▶ idle (after a wait, again)
 *     ▲                         │ refused, too late                        │ first request: rejected, over
 *     └─────────────────────────┘
 *
 * What is live stays so until another path has connected: a camera that comes back by another name is taken over
 * without a black moment.
 */
export class Viewing<Stream extends RoomMediaStream> {
  readonly cameraId: string;
  readonly #options: ViewingOptions<Stream>;
  readonly #backoff: Backoff;
  readonly #waiting = new Set<Waiting<Stream>>();
  #live: Path<Stream> | undefined;
  #next: Path<Stream> | undefined;
  #asked: { readonly requestId: string; readonly clientId: string | undefined } | undefined;
  #early: { readonly sender: string; readonly candidates: RoomCandidate[] } | undefined;
  #everLive = false;
  #over = false;
  #attemptTimer: ReturnType<typeof setTimeout> | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #againTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ViewingOptions<Stream>) {
    this.cameraId = options.cameraId;
    this.#options = options;
    const { random } = options;
    this.#backoff = new Backoff({
      firstMs: millis(1000),
      maxMs: millis(15_000),
      ...(random !== undefined && { random }),
    });
  }

  get stream(): Stream | undefined {
    return this.#live?.stream;
  }

  get connection(): RoomPeerConnection | undefined {
    return (this.#live ?? this.#next)?.peer.connection;
  }

  /** The id of the request that was not answered yet. */
  get requestId(): string | undefined {
    return this.#asked?.requestId;
  }

  /** The stream, at once when it is there. */
  wait(patience: Patience): Promise<Stream> {
    const waiting = new Waiting<Stream>(`the stream of camera "${this.cameraId}"`, patience);
    const stream = this.#live?.stream;
    if (stream !== undefined) waiting.resolve(stream);
    else {
      this.#waiting.add(waiting);
      const gone = (): void => {
        this.#waiting.delete(waiting);
        if (this.#waiting.size === 0 && !this.#everLive) this.#giveUp();
      };
      waiting.promise.then(() => this.#waiting.delete(waiting), gone);
    }
    return waiting.promise;
  }

  /** Asks for pictures, unless the same was asked of the same camera already. */
  ask(): void {
    if (this.#over) return;
    clearTimeout(this.#againTimer);
    const clientId = this.#options.cameraClient();
    if (this.#asked !== undefined && this.#asked.clientId === clientId) return;
    const requestId = this.#options.newRequestId();
    if (!this.#options.send({ type: 'requestStream', cameraId: this.cameraId, requestId })) return;
    this.#asked = { requestId, clientId };
    clearTimeout(this.#attemptTimer);
    this.#attemptTimer = setTimeout(() => {
      this.attemptFailed(
        new RoomsError('rooms/timeout', `camera "${this.cameraId}" sent no pictures in time`),
      );
    }, this.#options.attemptMs);
  }

  /** The camera is in the room, perhaps by another name. */
  cameraHere(): void {
    const clientId = this.#options.cameraClient();
    if (clientId !== undefined && this.#live?.peer.clientId === clientId) clearTimeout(this.#graceTimer);
    else this.ask();
  }

  /** The camera left the room. It may come right back; until then what is live stays so. */
  cameraGone(): void {
    this.#dropNext();
    this.#asked = undefined;
    clearTimeout(this.#attemptTimer);
    const error = new RoomsError('rooms/camera-left', `camera "${this.cameraId}" left the room`);
    if (this.#live) this.#grace(error);
    else if (!this.#everLive) this.#giveUp(error);
  }

  /** The connection to the server is gone: what is live stays so, and all else is asked for again. */
  serverGone(): void {
    this.#dropNext();
    this.#asked = undefined;
    clearTimeout(this.#attemptTimer);
    clearTimeout(this.#againTimer);
  }

  /** Whether an offer or candidate of this member is for this viewing. */
  isFrom(sender: string): boolean {
    return (
      sender === this.#next?.peer.clientId ||
      sender === this.#live?.peer.clientId ||
      sender === this.#options.cameraClient()
    );
  }

  offered(sender: string, offer: RoomDescription): void {
    const fingerprint = fingerprintOf(offer);
    const path = [this.#next, this.#live].find(
      (one) => one?.peer.clientId === sender && one.fingerprint === fingerprint && !one.peer.closed,
    );
    // Another certificate is another connection of the camera: the one here cannot go on with it.
    (path ?? this.#open(sender, fingerprint)).peer.answer(offer, ({ sdp = '' }) => {
      this.#options.send({ type: 'answer', target: sender, sdp: { type: 'answer', sdp } });
    });
  }

  candidate(sender: string, candidate: RoomCandidate): void {
    const path = [this.#next, this.#live].find((one) => one?.peer.clientId === sender);
    if (path) {
      path.peer.candidate(candidate);
      return;
    }
    if (this.#early?.sender !== sender) this.#early = { sender, candidates: [] };
    if (this.#early.candidates.length < MAX_EARLY_CANDIDATES) this.#early.candidates.push(candidate);
  }

  /** The camera, or the server for it, refused. */
  refused(error: RoomsError): void {
    if (this.#live && this.#asked === undefined) this.#lose(error);
    else this.attemptFailed(error);
  }

  /** An attempt came to nothing: a first one is over, any later one is followed by the next. */
  attemptFailed(error: RoomsError): void {
    this.#dropNext();
    this.#asked = undefined;
    clearTimeout(this.#attemptTimer);
    if (!this.#everLive) this.#giveUp(error);
    else if (!this.#over) this.#again(error);
  }

  /** Ends it; who waits is told. */
  stop(error = new RoomsError('rooms/aborted', `viewing camera "${this.cameraId}" was stopped`)): void {
    if (this.#over) return;
    this.#over = true;
    for (const timer of [this.#attemptTimer, this.#graceTimer, this.#againTimer]) clearTimeout(timer);
    this.#dropNext();
    this.#dropLive();
    this.#asked = undefined;
    for (const waiting of this.#waiting) waiting.reject(error);
  }

  #open(clientId: string, fingerprint: string): Path<Stream> {
    this.#dropNext();
    const peer = new RoomPeer(
      { clientId, webRtc: this.#options.webRtc(), iceServers: this.#options.iceServers() },
      {
        candidate: (candidate) => this.#options.send({ type: 'iceCandidate', target: clientId, candidate }),
        state: (state) => this.#stateChanged(path, state),
        stream: (stream) => {
          path.stream ??= stream as Stream;
          if (peer.connection.connectionState === 'connected') this.#promote(path);
        },
        failed: (thrown) => {
          const error = roomsErrorOf(
            thrown,
            'rooms/negotiation',
            `camera "${this.cameraId}" and this viewer did not agree`,
          );
          if (path === this.#live) this.#lose(error);
          else if (path === this.#next) this.attemptFailed(error);
        },
      },
    );
    const path: Path<Stream> = { peer, fingerprint, stream: undefined };
    this.#next = path;
    if (this.#early?.sender === clientId)
      for (const candidate of this.#early.candidates) peer.candidate(candidate);
    this.#early = undefined;
    return path;
  }

  #stateChanged(path: Path<Stream>, state: string): void {
    if (state === 'connected' && path === this.#next) this.#promote(path);
    else if (path === this.#live) this.#liveChanged(state);
    else if (path === this.#next && (state === 'failed' || state === 'closed'))
      this.attemptFailed(this.#noPath());
  }

  #liveChanged(state: string): void {
    if (state === 'connected') clearTimeout(this.#graceTimer);
    else if (state === 'closed') this.#lose(this.#noPath());
    else if (state === 'failed' || state === 'disconnected') this.#grace(this.#noPath());
  }

  #noPath(): RoomsError {
    return new RoomsError('rooms/no-path', `there is no connection to camera "${this.cameraId}" (any more)`);
  }

  #promote(path: Path<Stream>): void {
    const { stream } = path;
    if (stream === undefined || path !== this.#next) return;
    this.#next = undefined;
    this.#dropLive();
    this.#live = path;
    this.#everLive = true;
    this.#asked = undefined;
    clearTimeout(this.#attemptTimer);
    clearTimeout(this.#graceTimer);
    this.#backoff.reset();
    for (const waiting of this.#waiting) waiting.resolve(stream);
    this.#options.received(stream);
  }

  #grace(error: RoomsError): void {
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => this.#lose(error), GRACE_MS);
  }

  #lose(error: RoomsError): void {
    clearTimeout(this.#graceTimer);
    this.#dropLive();
    this.#options.lost(error);
    // The listener may have stopped it; and there may be a next one on its way.
    if (!this.#over && this.#asked === undefined) this.#again(error);
  }

  #again(error: RoomsError): void {
    clearTimeout(this.#againTimer);
    const wait = Math.max(this.#backoff.next(), error.retryAfterMs ?? 0);
    this.#againTimer = setTimeout(() => {
      // One that is not in the room is asked for when it comes.
      if (this.#options.cameraClient() !== undefined) this.ask();
    }, wait);
  }

  #giveUp(error?: RoomsError): void {
    if (this.#over) return;
    this.stop(error);
    this.#options.ended();
  }

  #dropNext(): void {
    this.#next?.peer.close();
    this.#next = undefined;
  }

  #dropLive(): void {
    this.#live?.peer.close();
    for (const track of this.#live?.stream?.getTracks() ?? []) track.stop();
    this.#live = undefined;
  }
}
