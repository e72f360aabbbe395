import { dispatch, type MessageHandlers } from './message-handlers.ts';
import { type Patience, Waiting } from './patience.ts';
import { RoomEmitter } from './room-emitter.ts';
import type { RoomsEvents } from './room-events.ts';
import type { RoomLinkCounters } from './room-link.ts';
import type {
  CameraListing,
  RoomClientMessage,
  RoomServerMessage,
  RoomServerMessageOf,
} from './room-messages.ts';
import { DEFAULT_ICE_SERVERS, type JoinOptions, type RoomClientOptions } from './room-options.ts';
import { notConnected, RoomPlace } from './room-place.ts';
import { RoomSession } from './room-session.ts';
import { RoomsError, refusalOf, roomsErrorOf } from './rooms-error.ts';
import type { RoomIceServer, RoomMediaStream, RoomWebRtc, RoomWebSocket } from './web-interfaces.ts';

/** How long the server may take over an answer. */
const DEFAULT_TIMEOUT_MS = 10_000;
/** What is passed on to others: who left meanwhile is told of elsewhere. */
const RELAYED: readonly string[] = ['offer', 'answer', 'iceCandidate', 'stopStream', 'rejectStream'];

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
  readonly #place: RoomPlace;
  readonly #timeoutMs: number;
  readonly #lists = new Map<string, Waiting<readonly CameraListing[]>>();
  readonly #cameras = new Map<string, CameraListing>();
  readonly #handlers: MessageHandlers;
  #clientId: string | null = null;
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
          this.#place.forget();
          this.emit('error', error);
        },
      },
    );
    this.#place = new RoomPlace({
      session: this.#session,
      timeoutMs,
      entered: (message) => {
        this.#replaceCameras(message.cameras ?? []);
        this.emit('roomJoined', message.room);
        this.entered(message.room);
      },
      left: () => {
        this.#cameras.clear();
        this.left();
      },
      failed: (error) => void this.emit('error', error),
    });
    this.#handlers = this.#makeHandlers();
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
    return this.#place.room;
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
    this.#place.forget();
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
    if (!this.isConnected) throw notConnected();
    await this.#place.join(roomName, options, patience);
  }

  /**
   * Leaves the room for none.
   * @throws {RoomsError} `rooms/not-in-room`, `rooms/timeout`, `rooms/aborted`, `rooms/disconnected`
   */
  async leaveRoom(patience: Patience = {}): Promise<void> {
    await this.#place.leave(patience);
  }

  /**
   * The cameras of the room, as the server has them now.
   * @throws {RoomsError} `rooms/not-connected`, `rooms/not-in-room`, `rooms/refused`, `rooms/timeout`, `rooms/aborted`,
   *   `rooms/disconnected`
   */
  async getAvailableCameras(patience: Patience = {}): Promise<readonly CameraListing[]> {
    this.requireRoom();
    const cameras = this.#session.isModern ? await this.#list(patience) : this.cameras;
    this.emit('availableCamerasList', cameras);
    return cameras;
  }

  /** The cameras of this room, as they were told last. */
  protected get cameras(): readonly CameraListing[] {
    return [...this.#cameras.values()];
  }

  /** What the server said of a camera of this room. */
  protected listing(cameraId: string): CameraListing | undefined {
    return this.#cameras.get(cameraId);
  }

  /** @returns false when it is not connected */
  protected send(message: RoomClientMessage): boolean {
    return this.#session.send(message);
  }

  /** @returns false when it was left out */
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

  /** No two requests of this client have the same. */
  protected newRequestId(): string {
    return `${Date.now().toString(36)}-${++this.#requestCount}`;
  }

  /** @throws {RoomsError} `rooms/not-connected`, `rooms/not-in-room` */
  protected requireRoom(): void {
    if (!this.isConnected) throw notConnected();
    if (this.currentRoom === null)
      throw new RoomsError('rooms/not-in-room', 'in no room: call joinRoom() first');
  }

  /** In the room, for the first time or again. */
  protected entered(_room: string): void {}

  /** No longer in it, or not connected. */
  protected left(): void {}

  /** A message that came. Who overrides it passes on what is not for it. */
  protected handleMessage(message: RoomServerMessage): void {
    if (!dispatch(this.#handlers, message)) this.emit('message', message);
  }

  /** A binary message that came. */
  protected handlePicture(data: Uint8Array): void {
    if (data[0] === 0xff && data[1] === 0xd8) this.emit('jpeg', { data });
  }

  #makeHandlers(): MessageHandlers {
    return {
      joined: (message) => this.#place.handleJoined(message),
      left: (message) => this.#place.handleLeft(message),
      clientJoined: (message) => void this.emit('clientJoined', message),
      clientDisconnected: (message) => void this.emit('clientDisconnected', message),
      cameraAvailable: (message) => {
        const { type: _, ...listing } = message;
        this.#cameras.set(message.cameraId, listing);
        this.emit('cameraAvailable', message);
      },
      cameraUnavailable: (message) => {
        // Who has the id now is another one, where it was taken over.
        if (this.listing(message.cameraId)?.clientId === message.clientId)
          this.#cameras.delete(message.cameraId);
        this.emit('cameraUnavailable', message);
      },
      cameraNotFound: (message) => void this.emit('cameraNotFound', message),
      cameraList: ({ cameras, requestId = '' }) => {
        this.#replaceCameras(cameras);
        this.#lists.get(requestId)?.resolve(cameras);
      },
      error: (message) => this.#refused(message),
      pong: () => {},
      welcome: () => {},
      authenticated: () => {},
    };
  }

  #opened(clientId: string): void {
    this.#clientId = clientId;
    this.emit('connected');
    this.emit('welcome', clientId);
    this.#place.connected();
  }

  #lost(error: RoomsError): void {
    this.#forget(error);
    this.emit('disconnected');
  }

  #forget(error: RoomsError): void {
    this.#clientId = null;
    for (const list of this.#lists.values()) list.reject(error);
    this.#place.disconnected(error);
  }

  #replaceCameras(cameras: readonly CameraListing[]): void {
    this.#cameras.clear();
    for (const camera of cameras) this.#cameras.set(camera.cameraId, camera);
  }

  #refused(message: RoomServerMessageOf<'error'>): void {
    if (this.#place.handleError(message)) return;
    const list = this.#lists.get(message.requestId ?? '');
    if (list) list.reject(refusalOf(message));
    else if (RELAYED.includes(message.re ?? '')) this.emit('message', message);
    else this.emit('error', refusalOf(message));
  }

  async #list(patience: Patience): Promise<readonly CameraListing[]> {
    const requestId = this.newRequestId();
    const list = new Waiting<readonly CameraListing[]>('the list of cameras', {
      timeoutMs: this.#timeoutMs,
      ...patience,
    });
    this.#lists.set(requestId, list);
    if (!this.#session.send({ type: 'listCameras', requestId })) list.reject(notConnected());
    try {
      return await list.promise;
    } finally {
      this.#lists.delete(requestId);
    }
  }
}
