import { dispatch, type MessageHandlers } from './message-handlers.ts';
import type { Patience } from './patience.ts';
import type { RoomServerMessage, RoomServerMessageOf } from './room-messages.ts';
import type { ViewerClientOptions } from './room-options.ts';
import { RoomsError, refusalOf } from './rooms-error.ts';
import { Viewing } from './viewing.ts';
import type { RoomMediaStream, RoomPeerConnection } from './web-interfaces.ts';
import { WebRTCCCTVClient } from './webrtc-cctv-client.ts';

/** How long a camera may take from the request to pictures. */
const DEFAULT_STREAM_TIMEOUT_MS = 15_000;

/**
 * A viewer of a room: it knows the cameras, and gets the stream of as many as it asks for. What it watches comes back by
 * itself, as another stream.
 *
 * ```ts
 * const viewer = new ViewerClient({ serverUrl: 'wss://pinhole.local/' });
 * await viewer.connect();
 * await viewer.joinRoom('cctv');
 * viewer.on('streamReceived', (stream, cameraId) => show(cameraId, stream));
 * await viewer.requestStream('phone');
 * ```
 */
export class ViewerClient<Stream extends RoomMediaStream = MediaStream> extends WebRTCCCTVClient<Stream> {
  readonly #options: ViewerClientOptions;
  readonly #viewings = new Map<string, Viewing<Stream>>();
  readonly #handlers: MessageHandlers = {
    offer: (message) => this.handleOffer(message),
    iceCandidate: (message) => this.handleIceCandidate(message),
  };
  /** What else it means for cameras that are watched. */
  readonly #heard: MessageHandlers = {
    cameraAvailable: ({ cameraId }) => this.#viewings.get(cameraId)?.cameraHere(),
    cameraUnavailable: ({ cameraId }) => {
      if (this.listing(cameraId) === undefined) this.#viewings.get(cameraId)?.cameraGone();
    },
    cameraNotFound: ({ cameraId, requestId }) => {
      const error = new RoomsError('rooms/camera-not-found', `there is no camera "${cameraId}" in this room`);
      this.#refuse(cameraId, { requestId, error });
    },
    streamRejected: ({ cameraId, requestId, reason = 'it gave no reason' }) => {
      const error = new RoomsError('rooms/stream-rejected', `camera "${cameraId}" refused: ${reason}`);
      this.#refuse(cameraId, { requestId, error });
    },
    cameraStatus: ({ cameraId, streaming }) => {
      const viewing = this.#viewings.get(cameraId);
      if (streaming === true && viewing?.stream === undefined) viewing?.cameraHere();
    },
  };
  #unasked = 0;

  constructor(options: ViewerClientOptions = {}) {
    super(options);
    this.#options = options;
  }

  /** Client ids of the room's cameras, by camera id. */
  get availableCameras(): Map<string, string> {
    return new Map(this.cameras.map(({ cameraId, clientId }) => [cameraId, clientId]));
  }

  /** The streams that are there, by camera id. */
  get activeStreams(): Map<string, Stream> {
    return this.#byCamera(({ stream }) => stream);
  }

  /** The connections to cameras, by camera id. */
  get peerConnections(): Map<string, RoomPeerConnection> {
    return this.#byCamera(({ connection }) => connection);
  }

  /** Offers and candidates of members that were not asked for anything; they were passed over. */
  get unasked(): number {
    return this.#unasked;
  }

  /**
   * Asks for a camera's pictures. At once when they are there; several may wait for the same camera.
   * @throws {RoomsError} `rooms/not-connected`, `rooms/not-in-room`, `rooms/camera-not-found`, `rooms/camera-left`,
   *   `rooms/stream-rejected`, `rooms/no-path`, `rooms/negotiation`, `rooms/refused`, `rooms/timeout`, `rooms/aborted`,
   *   `rooms/unsupported`
   */
  async requestStream(cameraId: string, patience: Patience = {}): Promise<Stream> {
    this.requireRoom();
    // Asked for now, and not when the offer comes.
    void this.webRtc;
    const { streamTimeoutMs = DEFAULT_STREAM_TIMEOUT_MS } = this.#options;
    const viewing = this.#viewings.get(cameraId) ?? this.#open(cameraId, streamTimeoutMs);
    const stream = viewing.wait({ timeoutMs: streamTimeoutMs, ...patience });
    if (viewing.stream === undefined) viewing.ask();
    return await stream;
  }

  /** Ends the pictures of a camera, and tells it. */
  stopViewing(cameraId: string): void {
    const viewing = this.#viewings.get(cameraId);
    if (viewing === undefined) return;
    this.#end(viewing);
    this.emit('viewingStopped', cameraId);
  }

  /** Ends everything; no event follows `closed`. */
  async close(): Promise<void> {
    await this.disconnect();
    this.emit('closed');
  }

  override async disconnect(): Promise<void> {
    this.#stopAll();
    await super.disconnect();
  }

  handleOffer({ sender, sdp }: RoomServerMessageOf<'offer'>): void {
    const viewing = this.#from(sender);
    if (viewing === undefined) this.#unasked++;
    // Boards that cannot do WebRTC offer without a description.
    else if (sdp?.sdp !== undefined) viewing.offered(sender, sdp);
  }

  handleIceCandidate({ sender, candidate }: RoomServerMessageOf<'iceCandidate'>): void {
    const viewing = this.#from(sender);
    if (viewing === undefined) this.#unasked++;
    else if (candidate !== undefined) viewing.candidate(sender, candidate);
  }

  protected override handleMessage(message: RoomServerMessage): void {
    if (message.type === 'error' && this.#refused(message)) return;
    if (dispatch(this.#handlers, message)) return;
    super.handleMessage(message);
    dispatch(this.#heard, message);
  }

  protected override entered(): void {
    for (const viewing of this.#viewings.values())
      if (this.listing(viewing.cameraId) !== undefined) viewing.cameraHere();
  }

  protected override left(): void {
    if (this.isConnected) this.#stopAll();
    else for (const viewing of this.#viewings.values()) viewing.serverGone();
  }

  #refuse(
    cameraId: string,
    answer: { readonly requestId?: string | undefined; readonly error: RoomsError },
  ): void {
    const viewing = this.#viewings.get(cameraId);
    const { requestId, error } = answer;
    // Servers of the first version name no request.
    const answers =
      requestId === undefined || viewing?.requestId === undefined || requestId === viewing.requestId;
    if (answers) viewing?.refused(error);
  }

  #refused(message: RoomServerMessageOf<'error'>): boolean {
    if (message.re !== 'requestStream' || message.requestId === undefined) return false;
    for (const viewing of this.#viewings.values()) {
      if (viewing.requestId !== message.requestId) continue;
      viewing.refused(refusalOf(message));
      return true;
    }
    return false;
  }

  #open(cameraId: string, attemptMs: number): Viewing<Stream> {
    const { reconnect } = this.#options;
    const random = reconnect === false ? undefined : reconnect?.random;
    const viewing = new Viewing<Stream>({
      cameraId,
      attemptMs,
      ...(random !== undefined && { random }),
      webRtc: () => this.webRtc,
      iceServers: () => this.iceServers,
      send: (message) => this.send(message),
      newRequestId: () => this.newRequestId(),
      cameraClient: () => this.listing(cameraId)?.clientId,
      received: (stream) => void this.emit('streamReceived', stream, cameraId),
      lost: (error) => void this.emit('streamLost', cameraId, error),
      ended: () => this.#end(viewing),
    });
    this.#viewings.set(cameraId, viewing);
    return viewing;
  }

  #end(viewing: Viewing<Stream>): void {
    if (this.#viewings.get(viewing.cameraId) !== viewing) return;
    this.#viewings.delete(viewing.cameraId);
    viewing.stop();
    if (this.isModernServer && this.currentRoom !== null)
      this.send({ type: 'stopStream', cameraId: viewing.cameraId });
  }

  #stopAll(): void {
    for (const cameraId of this.#viewings.keys()) this.stopViewing(cameraId);
  }

  #from(sender: string): Viewing<Stream> | undefined {
    return [...this.#viewings.values()].find((viewing) => viewing.isFrom(sender));
  }

  #byCamera<Value>(pick: (viewing: Viewing<Stream>) => Value | undefined): Map<string, Value> {
    const found = new Map<string, Value>();
    for (const [cameraId, viewing] of this.#viewings) {
      const value = pick(viewing);
      if (value !== undefined) found.set(cameraId, value);
    }
    return found;
  }
}
