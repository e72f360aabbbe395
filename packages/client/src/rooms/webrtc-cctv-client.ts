import {
  DEFAULT_ROOM,
  parseRoomClientMessage,
  RoomMessageError,
  type RoomServerMessage,
  type RoomServerMessageOf,
} from '@pinhole/protocol/rooms';
import { type Patience, Waiting } from './patience.ts';
import { RoomEmitter } from './room-emitter.ts';
import type { CameraListing, RoomsEvents } from './room-events.ts';
import type { RoomLinkCounters } from './room-link.ts';
import { DEFAULT_ICE_SERVERS, type JoinOptions, type RoomClientOptions } from './room-options.ts';
import { RoomSession } from './room-session.ts';
import { isFinal, RoomsError, refusalOf, roomsErrorOf } from './rooms-error.ts';
import type { RoomIceServer, RoomMediaStream, RoomWebRtc, RoomWebSocket } from './web-interfaces.ts';

/** How long the server may take over an answer. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** Before a room is tried again that would not take this client after a reconnect. */
const REJOIN_MS = 2000;

/** What is passed on to others. */
const RELAYED: readonly string[] = ['offer', 'answer', 'iceCandidate', 'stopStream', 'rejectStream'];

interface Place {
  readonly room: string;
  readonly options: JoinOptions;
}

/**
 * A client of signaling rooms: connects, joins, hears who comes and goes, and comes back by itself when the connection
 * is lost. {@link CameraClient} and {@link ViewerClient} build on it.
 */
export class WebRTCCCTVClient<Stream extends RoomMediaStream = MediaStream> extends RoomEmitter<
  RoomsEvents<Stream>
> {
  readonly serverUrl: string;
  readonly defaultRoom: string;
  readonly #options: RoomClientOptions;
  readonly #session: RoomSession;
  readonly #timeoutMs: number;
  readonly #requests = new Map<string, Waiting<readonly CameraListing[]>>();
  readonly #cameras = new Map<string, CameraListing>();
  #clientId: string | null = null;
  #room: string | null = null;
  /** Where it is to be, also after a reconnect. */
  #place: Place | undefined;
  #joining: { readonly waiting: Waiting<string>; readonly place: Place } | undefined;
  #leaving: Waiting<void> | undefined;
  /** Joins and leaves run one after the other: their answers name no request. */
  #turns: Promise<unknown> = Promise.resolve();
  #rejoinTimer: ReturnType<typeof setTimeout> | undefined;
  #requestCount = 0;

  constructor(options: RoomClientOptions = {}) {
    super((thrown) => this.emit('error', roomsErrorOf(thrown, 'rooms/listener', 'a listener threw')));
    const { serverUrl = 'ws://localhost:8080', room = 'cctv', timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    this.serverUrl = serverUrl;
    this.defaultRoom = room;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.#session = new RoomSession(
      { ...options, serverUrl, timeoutMs },
      {
        opened: ({ clientId }) => this.#opened(clientId),
        message: (message) => this.handleMessage(message),
        binary: (data) => this.handlePicture(data),
        lost: (error) => this.#lost(error),
        waits: (wait) => void this.emit('reconnecting', wait),
        refused: (error) => {
          this.#place = undefined;
          this.emit('error', error);
        },
      },
    );
  }

  /** The WebSocket; null without a connection. */
  get ws(): RoomWebSocket | null {
    return this.#session.socket;
  }

  /** This client's id at the server; another one after each reconnect. */
  get clientId(): string | null {
    return this.#clientId;
  }

  get currentRoom(): string | null {
    return this.#room;
  }

  get isConnected(): boolean {
    return this.#session.state === 'open';
  }

  /** Also while it comes back by itself. */
  get isConnecting(): boolean {
    return this.#session.state === 'connecting' || this.#session.state === 'waiting';
  }

  /** Those of the options, else the server's, else two public ones. */
  get iceServers(): readonly RoomIceServer[] {
    return this.#options.iceServers ?? this.#session.iceServers ?? DEFAULT_ICE_SERVERS;
  }

  /** Messages that were passed over. */
  get counters(): RoomLinkCounters {
    return this.#session.counters;
  }

  /**
   * Connects; resolves when the server has welcomed this client, and knows its token.
   * @throws {RoomsError} `rooms/connect`, `rooms/token`, `rooms/timeout`, `rooms/aborted`, `rooms/unsupported`
   */
  connect(patience: Patience = {}): Promise<void> {
    return this.#session.open({ timeoutMs: this.#timeoutMs, ...patience });
  }

  /** Ends the connection; it does not come back by itself. */
  disconnect(): Promise<void> {
    const had = this.isConnected;
    clearTimeout(this.#rejoinTimer);
    this.#place = undefined;
    this.#session.close();
    this.#forget(new RoomsError('rooms/aborted', 'the client was disconnected'));
    if (had) this.emit('disconnected');
    return Promise.resolve();
  }

  /**
   * Joins a room, and leaves the one before.
   * @throws {RoomsError} `rooms/not-connected`, `rooms/bad-name`, `rooms/refused` (with the server's `roomCode`),
   *   `rooms/timeout`, `rooms/aborted`, `rooms/disconnected`
   */
  async joinRoom(roomName: string, options: JoinOptions = {}, patience: Patience = {}): Promise<void> {
    const place = placeOf(roomName, options);
    await this.#inTurn(() => this.#join(place, patience));
    this.#place = place;
  }

  /**
   * Leaves the room for none.
   * @throws {RoomsError} `rooms/not-in-room`, `rooms/timeout`, `rooms/aborted`, `rooms/disconnected`
   */
  async leaveRoom(patience: Patience = {}): Promise<void> {
    if (this.#room === null && this.#place === undefined)
      throw new RoomsError('rooms/not-in-room', 'this client is in no room');
    this.#place = undefined;
    clearTimeout(this.#rejoinTimer);
    await this.#inTurn(() => this.#leave(patience));
    this.#leftRoom();
  }

  /**
   * The cameras of the room, as the server has them now.
   * @throws {RoomsError} `rooms/not-connected`, `rooms/not-in-room`, `rooms/refused`, `rooms/timeout`, `rooms/aborted`,
   *   `rooms/disconnected`
   */
  async getAvailableCameras(patience: Patience = {}): Promise<readonly CameraListing[]> {
    this.#requireRoom();
    const cameras = this.#session.isModern ? await this.#ask(patience) : [...this.#cameras.values()];
    this.emit('availableCamerasList', cameras);
    return cameras;
  }

  /** What the server said of a camera of this room. */
  protected listing(cameraId: string): CameraListing | undefined {
    return this.#cameras.get(cameraId);
  }

  /** The cameras of this room, as they were told last. */
  protected get cameras(): readonly CameraListing[] {
    return [...this.#cameras.values()];
  }

  /** @returns false when it is not connected */
  protected send(message: Parameters<RoomSession['send']>[0]): boolean {
    return this.#session.send(message);
  }

  protected sendBinary(bytes: Uint8Array): boolean {
    return this.#session.sendBinary(bytes);
  }

  /** Whether the server takes what came after the first version: `stopStream`, `rejectStream`, `cameraStatus` … */
  protected get isModernServer(): boolean {
    return this.#session.isModern;
  }

  /** @throws {RoomsError} `rooms/unsupported` */
  protected get webRtc(): RoomWebRtc {
    if (this.#options.webRtc) return this.#options.webRtc;
    const { RTCPeerConnection, MediaStream } = globalThis as Partial<typeof globalThis>;
    if (RTCPeerConnection === undefined || MediaStream === undefined)
      throw new RoomsError('rooms/unsupported', 'there is no WebRTC here: give one as `webRtc`');
    return { RTCPeerConnection, MediaStream };
  }

  /** In the room, for the first time or again. */
  protected entered(_room: string): void {}

  /** No longer in it, or not connected. */
  protected left(): void {}

  /** A message that came. Who overrides it passes on what is not for it. */
  protected handleMessage(message: RoomServerMessage): void {
    switch (message.type) {
      case 'joined':
        this.#joined(message);
        return;
      case 'left':
        this.#leaving?.resolve();
        return;
      case 'clientJoined':
        this.emit('clientJoined', message);
        return;
      case 'clientDisconnected':
        this.emit('clientDisconnected', message);
        return;
      case 'cameraAvailable':
        this.#cameras.set(message.cameraId, listingOf(message));
        this.emit('cameraAvailable', message);
        return;
      case 'cameraUnavailable':
        if (this.#cameras.get(message.cameraId)?.clientId === message.clientId)
          this.#cameras.delete(message.cameraId);
        this.emit('cameraUnavailable', message);
        return;
      case 'cameraNotFound':
        this.emit('cameraNotFound', message);
        return;
      case 'cameraList':
        this.#replaceCameras(message.cameras);
        this.#requests.get(message.requestId ?? '')?.resolve(message.cameras);
        return;
      case 'error':
        this.#refused(message);
        return;
      case 'pong':
      case 'authenticated':
      case 'welcome':
        return;
      default:
        this.emit('message', message);
    }
  }

  /** A binary message that came. */
  protected handlePicture(data: Uint8Array): void {
    if (data[0] === 0xff && data[1] === 0xd8) this.emit('jpeg', { data });
  }

  #opened(clientId: string): void {
    this.#clientId = clientId;
    this.emit('connected');
    this.emit('welcome', clientId);
    if (this.#place !== undefined) this.#rejoin();
  }

  #lost(error: RoomsError): void {
    this.#forget(error);
    this.emit('disconnected');
  }

  #forget(error: RoomsError): void {
    this.#clientId = null;
    this.#joining?.waiting.reject(error);
    this.#leaving?.reject(error);
    for (const request of this.#requests.values()) request.reject(error);
    this.#leftRoom();
  }

  #leftRoom(): void {
    const was = this.#room;
    this.#room = null;
    this.#cameras.clear();
    if (was !== null) this.left();
  }

  #rejoin(): void {
    clearTimeout(this.#rejoinTimer);
    this.#inTurn(async () => {
      if (this.#place !== undefined) await this.#join(this.#place, {});
    }).catch((error: RoomsError) => {
      // A lost connection is looked after elsewhere.
      if (this.#place === undefined || !this.isConnected) return;
      this.emit('error', error);
      if (isFinal(error)) this.#place = undefined;
      else this.#rejoinTimer = setTimeout(() => this.#rejoin(), Math.max(REJOIN_MS, error.retryAfterMs ?? 0));
    });
  }

  async #join(place: Place, patience: Patience): Promise<void> {
    const waiting = new Waiting<string>(`joining room "${place.room}"`, {
      timeoutMs: this.#timeoutMs,
      ...patience,
    });
    this.#joining = { waiting, place };
    if (!this.#session.send({ type: 'join', room: place.room, ...place.options }))
      waiting.reject(
        new RoomsError('rooms/not-connected', 'not connected to the server: call connect() first'),
      );
    try {
      await waiting.promise;
    } finally {
      this.#joining = undefined;
    }
  }

  async #leave(patience: Patience): Promise<void> {
    if (!this.isConnected) return;
    if (!this.#session.isModern) {
      // The first version knows no way out but into another room.
      await this.#join({ room: DEFAULT_ROOM, options: {} }, patience);
      return;
    }
    const waiting = new Waiting<void>('leaving the room', { timeoutMs: this.#timeoutMs, ...patience });
    this.#leaving = waiting;
    this.#session.send({ type: 'leave' });
    try {
      await waiting.promise;
    } finally {
      this.#leaving = undefined;
    }
  }

  #joined({ room, cameras = [] }: RoomServerMessageOf<'joined'>): void {
    if (this.#room !== null && this.#room !== room) this.#leftRoom();
    this.#room = room;
    this.#replaceCameras(cameras);
    this.#joining?.waiting.resolve(room);
    this.emit('roomJoined', room);
    this.entered(room);
  }

  #replaceCameras(cameras: readonly CameraListing[]): void {
    this.#cameras.clear();
    for (const camera of cameras) this.#cameras.set(camera.cameraId, camera);
  }

  #refused(message: RoomServerMessageOf<'error'>): void {
    const error = refusalOf(message);
    if (message.re === 'join' && this.#joining) this.#joining.waiting.reject(error);
    else if (message.re === 'leave' && this.#leaving) this.#leaving.reject(error);
    else {
      const request = this.#requests.get(message.requestId ?? '');
      if (request) request.reject(error);
      // Who left meanwhile is told of elsewhere.
      else if (RELAYED.includes(message.re ?? '')) this.emit('message', message);
      else this.emit('error', error);
    }
  }

  async #ask(patience: Patience): Promise<readonly CameraListing[]> {
    const requestId = this.newRequestId();
    const waiting = new Waiting<readonly CameraListing[]>('the list of cameras', {
      timeoutMs: this.#timeoutMs,
      ...patience,
    });
    this.#requests.set(requestId, waiting);
    this.#session.send({ type: 'listCameras', requestId });
    try {
      return await waiting.promise;
    } finally {
      this.#requests.delete(requestId);
    }
  }

  /** No two requests of this client have the same. */
  protected newRequestId(): string {
    return `${Date.now().toString(36)}-${++this.#requestCount}`;
  }

  #requireRoom(): void {
    if (!this.isConnected)
      throw new RoomsError('rooms/not-connected', 'not connected to the server: call connect() first');
    if (this.#room === null) throw new RoomsError('rooms/not-in-room', 'in no room: call joinRoom() first');
  }

  /** @throws {RoomsError} `rooms/not-connected`, `rooms/not-in-room` */
  protected requireRoom(): void {
    this.#requireRoom();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(() => {});
    return turn;
  }
}

const listingOf = ({ type: _, ...camera }: RoomServerMessageOf<'cameraAvailable'>): CameraListing => camera;

/** @throws {RoomsError} `rooms/bad-name` */
function placeOf(room: string, given: JoinOptions): Place {
  const { deviceType, cameraId, name, capabilities } = given;
  const options: JoinOptions = {
    ...(deviceType !== undefined && { deviceType }),
    ...(cameraId !== undefined && { cameraId }),
    ...(name !== undefined && { name }),
    ...(capabilities !== undefined && { capabilities }),
  };
  try {
    parseRoomClientMessage(JSON.stringify({ type: 'join', room, ...options }));
  } catch (cause) {
    if (!(cause instanceof RoomMessageError)) throw cause;
    throw new RoomsError('rooms/bad-name', `room "${room}" cannot be joined like this: ${cause.message}`, {
      cause,
    });
  }
  return { room, options };
}
