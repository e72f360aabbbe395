import { MAX_ROOM_JPEG_BYTES } from '@pinhole/protocol/rooms';
import { CameraPeers } from './camera-peers.ts';
import { dispatch, type MessageHandlers } from './message-handlers.ts';
import type { Patience } from './patience.ts';
import type { RoomServerMessage, RoomServerMessageOf } from './room-messages.ts';
import type { CameraClientOptions } from './room-options.ts';
import { RoomsError, roomsErrorOf } from './rooms-error.ts';
import type { RoomMediaStream, RoomPeerConnection } from './web-interfaces.ts';
import { WebRTCCCTVClient } from './webrtc-cctv-client.ts';

const DEFAULT_MAX_VIEWERS = 8;
/** The server passes on one report a second; one that came a little faster than the one before it would be lost. */
const REPORT_INTERVAL_MS = 1200;

const newCameraId = (): string => `camera-${crypto.randomUUID().slice(0, 8)}`;

/**
 * A camera of a room: it is listed under its id, and sends its stream to each viewer that asks.
 *
 * ```ts
 * const camera = new CameraClient({ serverUrl: 'wss://pinhole.local/', cameraId: 'phone' });
 * await camera.register();
 * ```
 */
export class CameraClient<Stream extends RoomMediaStream = MediaStream> extends WebRTCCCTVClient<Stream> {
  readonly cameraId: string;
  readonly mediaConstraints: MediaStreamConstraints | false;
  /** What viewers get; may be set before `register`. */
  localStream: Stream | null;
  readonly #options: CameraClientOptions<Stream>;
  readonly #peers: CameraPeers;
  /** Opened here, so closed here. */
  #ownStream: Stream | null = null;
  readonly #handlers: MessageHandlers = {
    viewerRequest: (message) => {
      this.emit('viewerRequest', message);
      this.#guarded(() => this.handleViewerRequest(message));
    },
    answer: (message) => this.handleAnswer(message),
    iceCandidate: (message) => this.handleIceCandidate(message),
    viewerLeft: (message) => {
      this.#peers.close(message.viewerId);
      this.emit('message', message);
    },
    clientDisconnected: (message) => {
      this.#peers.close(message.clientId);
      this.emit('clientDisconnected', message);
    },
  };
  #registers = false;
  #streaming = false;
  #stopped = false;
  #viewers = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #reportTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: CameraClientOptions<Stream> = {}) {
    super(options);
    this.#options = options;
    this.cameraId = options.cameraId ?? newCameraId();
    this.mediaConstraints = options.mediaConstraints ?? { video: true, audio: false };
    this.localStream = options.localStream ?? null;
    this.#peers = new CameraPeers({
      webRtc: () => this.webRtc,
      iceServers: () => this.iceServers,
      send: (message) => this.send(message),
      changed: (connected) => {
        this.#viewers = connected;
        this.emit('viewers', connected);
        this.#report();
      },
      failed: (error) => void this.emit('error', error),
    });
  }

  /** The connections to viewers, by their ids. */
  get peerConnections(): Map<string, RoomPeerConnection> {
    return this.#peers.connections;
  }

  get isStreaming(): boolean {
    return this.#streaming;
  }

  /** Viewers that are connected now. */
  get viewerCount(): number {
    return this.#viewers;
  }

  /**
   * Connects where needed, opens the device's camera unless there is a `localStream`, and joins the room as a camera.
   * @throws {RoomsError} as `connect` and `joinRoom`; `rooms/no-media`: there is no camera, or it may not be used
   */
  async register(roomName: string = this.defaultRoom, patience: Patience = {}): Promise<void> {
    if (!this.isConnected) await this.connect(patience);
    await this.#openMedia(patience);
    const { name, capabilities } = this.#options;
    const before = this.#registers;
    this.#registers = true;
    try {
      await this.joinRoom(
        roomName,
        {
          deviceType: 'camera',
          cameraId: this.cameraId,
          ...(name !== undefined && { name }),
          ...(capabilities !== undefined && { capabilities }),
        },
        patience,
      );
    } catch (thrown) {
      this.#registers = before;
      throw thrown;
    }
  }

  /**
   * Serves viewers, again after `stopStreaming`; a registered camera does so from the start.
   * @throws {RoomsError} `rooms/no-stream`
   */
  startStreaming(): Promise<void> {
    if (this.localStream === null && this.mediaConstraints !== false)
      return Promise.reject(
        new RoomsError('rooms/no-stream', 'there is no stream yet: call register() first'),
      );
    this.#stopped = false;
    this.#streaming = true;
    this.emit('streamingStarted');
    this.#report();
    return Promise.resolve();
  }

  /** Ends all views; who asks from now on is told that the camera is stopped. */
  stopStreaming(): Promise<void> {
    this.#stopped = true;
    this.#streaming = false;
    for (const viewerId of this.#peers.closeAll()) this.#reject(viewerId, 'stopped');
    this.emit('streamingStopped');
    this.#report();
    return Promise.resolve();
  }

  /**
   * Sends one JPEG picture to the server, for those who show it without WebRTC; at most 512 KiB.
   * @returns false when it was left out: not connected, not registered, or earlier ones wait to be sent
   * @throws {RoomsError} `rooms/picture`
   */
  sendJpeg(jpeg: Uint8Array): boolean {
    if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8)
      throw new RoomsError('rooms/picture', 'this is no JPEG picture: it has to begin with ff d8');
    if (jpeg.byteLength > MAX_ROOM_JPEG_BYTES)
      throw new RoomsError(
        'rooms/picture',
        `the picture has ${jpeg.byteLength} bytes, at most ${MAX_ROOM_JPEG_BYTES} are taken: use a lower quality`,
      );
    return this.#registers && this.currentRoom !== null && this.sendBinary(jpeg);
  }

  /** Ends everything; no event follows `closed`. */
  async close(): Promise<void> {
    await this.stopStreaming();
    clearTimeout(this.#reportTimer);
    this.#registers = false;
    await this.disconnect();
    for (const track of this.#ownStream?.getTracks() ?? []) track.stop();
    if (this.localStream === this.#ownStream) this.localStream = null;
    this.#ownStream = null;
    this.emit('closed');
  }

  override async disconnect(): Promise<void> {
    this.#peers.closeAll();
    await super.disconnect();
  }

  /** A viewer asks: it gets an offer, or is told why not. A camera that only sends JPEG is silent: the server has its pictures. */
  handleViewerRequest({ viewerId, requestId }: RoomServerMessageOf<'viewerRequest'>): void {
    const { maxViewers = DEFAULT_MAX_VIEWERS } = this.#options;
    if (this.#stopped) this.#reject(viewerId, 'stopped', requestId);
    else if (this.localStream === null) {
      // Whoever takes pictures gets them; a refusal would end that.
      if (this.mediaConstraints !== false) this.#reject(viewerId, 'no-stream', requestId);
    } else if (!this.#peers.has(viewerId) && this.#peers.size >= maxViewers)
      this.#reject(viewerId, 'busy', requestId);
    else this.#peers.open(viewerId, this.localStream);
  }

  handleAnswer({ sender, sdp }: RoomServerMessageOf<'answer'>): void {
    this.#peers.accept(sender, sdp);
  }

  handleIceCandidate({ sender, candidate }: RoomServerMessageOf<'iceCandidate'>): void {
    this.#peers.candidate(sender, candidate);
  }

  protected override handleMessage(message: RoomServerMessage): void {
    if (!dispatch(this.#handlers, message)) super.handleMessage(message);
  }

  protected override entered(room: string): void {
    if (!this.#registers) return;
    this.#peers.readopted();
    this.emit('registered', { room, cameraId: this.cameraId });
    if (this.#streaming) this.#report();
  }

  protected override left(): void {
    // Viewers of a room that was left are none of this camera's; those of a connection that was lost see on.
    if (this.isConnected) this.#peers.closeAll();
    else this.#peers.orphan();
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (thrown) {
      this.emit('error', roomsErrorOf(thrown, 'rooms/negotiation', 'no connection could be made'));
    }
  }

  #reject(viewerId: string, reason: string, requestId?: string): void {
    if (!this.isModernServer) return;
    this.send({ type: 'rejectStream', viewerId, reason, ...(requestId !== undefined && { requestId }) });
  }

  async #openMedia({ signal }: Patience): Promise<void> {
    if (this.localStream !== null || this.mediaConstraints === false) return;
    const devices = (globalThis as { readonly navigator?: Navigator }).navigator?.mediaDevices;
    if (devices === undefined)
      throw new RoomsError(
        'rooms/no-media',
        'there is no camera to open here: give a localStream, or open the page over https',
      );
    let stream: MediaStream;
    try {
      stream = await devices.getUserMedia(this.mediaConstraints);
    } catch (cause) {
      const error = new RoomsError('rooms/no-media', `the camera did not open: ${String(cause)}`, { cause });
      this.emit('error', error);
      throw error;
    }
    if (signal?.aborted) {
      for (const track of stream.getTracks()) track.stop();
      throw new RoomsError('rooms/aborted', 'registering was given up', { cause: signal.reason });
    }
    // The browser's own, where it is not said otherwise.
    this.#ownStream = stream as unknown as Stream;
    this.localStream = this.#ownStream;
  }

  /** Tells the room what the camera does, the newest report at most once a second. */
  #report(): void {
    if (!this.#registers || !this.isModernServer) return;
    clearTimeout(this.#reportTimer);
    const now = performance.now();
    const wait = this.#reportedAt + REPORT_INTERVAL_MS - now;
    if (wait > 0) {
      this.#reportTimer = setTimeout(() => this.#report(), wait);
      return;
    }
    if (this.currentRoom === null) return;
    this.#reportedAt = now;
    const { cameraId } = this;
    const streaming = !this.#stopped;
    this.send({
      type: 'cameraStatus',
      cameraId,
      streaming,
      viewers: this.#viewers,
      timestamp: Math.round(now),
    });
  }
}
