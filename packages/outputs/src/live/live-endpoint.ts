import { type Logger, MalformedError, type Micros, messageOf, micros, PinholeError } from '@pinhole/core';
import type { AdmittedViewer, Camera, Cameras, ViewerEnd, ViewerRegistry } from '@pinhole/engine';
import type { LiveByeCode } from '@pinhole/protocol/live';
import { type WebSocket, WebSocketServer } from 'ws';
import { BYE_REASON } from '../bye-reasons.ts';
import { ViewerControls } from '../controls/index.ts';
import { type PictureFeed, PictureFeeds } from '../pictures/index.ts';
import { Audience } from './audience.ts';
import { LiveConnection, textOf } from './live-connection.ts';
import type { LiveContext, Upgrade } from './live-context.ts';
import { type LiveCounters, newLiveCounters } from './live-counters.ts';
import { LIVE_DIALECT, type LiveDialect } from './live-dialect.ts';
import { LiveViewer } from './live-viewer.ts';
import { PictureViewer } from './picture-viewer.ts';
import type { SeatedViewer } from './seated-viewer.ts';

/** What the endpoint is made with. */
export interface LiveEndpointOptions {
  readonly cameras: Cameras;
  readonly registry: ViewerRegistry;
  /** UTC microseconds that never step back. */
  readonly now: () => Micros;
  readonly log: Logger;
  /** Default: {@link LIVE_DIALECT}. */
  readonly dialect?: LiveDialect;
  /** Where JPEG pictures come from; shared with other outputs, so that none is decoded twice. */
  readonly feeds?: PictureFeeds;
}

/** A viewer's longest message; real ones stay below 100 bytes. */
const MAX_MESSAGE_BYTES = 4096;

/** How ws names a message above that; it closes with 1009 by itself. */
const TOO_LONG = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

const HEARTBEAT_MS = 1000;

/** A viewer to whom nothing got through for so long has gone, or might as well have. */
const STALL_LIMIT = micros(5_000_000);

interface Seat {
  readonly viewer: SeatedViewer;
  readonly end: (why: ViewerEnd) => void;
}

interface Arrival {
  readonly camera: Camera;
  readonly connection: LiveConnection;
  readonly admitted: AdmittedViewer;
  readonly context: LiveContext;
}

/** Serves `/live/{camera}`: access units in WebSocket messages, for WebCodecs and MSE, or JPEG pictures. */
export class LiveEndpoint {
  readonly #options: LiveEndpointOptions;
  readonly #dialect: LiveDialect;
  readonly #feeds: PictureFeeds;
  readonly #server: WebSocketServer;
  /** By camera and by what they watch of it. */
  readonly #audiences = new Map<string, Audience>();
  readonly #seats = new Set<Seat>();
  readonly #counters = newLiveCounters();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: LiveEndpointOptions) {
    this.#options = options;
    this.#dialect = options.dialect ?? LIVE_DIALECT;
    this.#feeds = options.feeds ?? new PictureFeeds(options);
    const { subprotocol } = this.#dialect;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: MAX_MESSAGE_BYTES,
      // Pings count as messages: by itself the library cuts off a flood of them without a word.
      autoPong: false,
      // Coded video does not compress; trying costs a buffer and a pass over every frame.
      perMessageDeflate: false,
      handleProtocols: (offered) =>
        subprotocol !== undefined && offered.has(subprotocol) ? subprotocol : false,
    });
  }

  /** Viewers now. */
  get viewers(): number {
    return this.#seats.size;
  }

  get counters(): LiveCounters {
    const sum = { ...this.#counters };
    for (const { viewer } of this.#seats) {
      sum.framesDroppedBusy += viewer.dropped.droppedBusy;
      sum.framesDroppedUntilKey += viewer.dropped.droppedUntilKey;
    }
    return sum;
  }

  /** Takes an upgrade for a viewer who may watch. */
  upgrade(upgrade: Upgrade, context: LiveContext): void {
    this.#accept(upgrade, (socket) => this.#serve(socket, context));
  }

  /**
   * Takes an upgrade only to tell why not: a page cannot read the status of a refused one. The connection ends with an
   * `error` and a `bye`.
   */
  refuse(upgrade: Upgrade, why: { readonly bye: LiveByeCode; readonly error: PinholeError }): void {
    this.#accept(upgrade, (socket) => {
      this.#refuse(new LiveConnection(socket, this.#dialect), why.bye, why.error);
    });
  }

  #accept({ request, socket, head }: Upgrade, use: (socket: WebSocket) => void): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      // What a broken connection or an oversized message gives; `close` follows.
      webSocket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === TOO_LONG) this.#counters.messagesTooLong++;
        else if (error.code?.startsWith('WS_ERR_')) this.#counters.messagesMalformed++;
        this.#options.log.debug({ error: error.message }, 'live socket failed');
      });
      use(webSocket);
    });
  }

  #serve(socket: WebSocket, context: LiveContext): void {
    const connection = new LiveConnection(socket, this.#dialect);
    const { cameras, registry } = this.#options;
    const camera = cameras.get(context.camera);
    if (!camera) {
      const error = new PinholeError('camera/unknown', `there is no camera "${context.camera.slice(0, 80)}"`);
      this.#refuse(connection, 'unknown-camera', error);
      return;
    }
    let seat: Seat | undefined;
    let admitted: AdmittedViewer | undefined;
    try {
      admitted = registry.admit({
        camera,
        transport: 'websocket',
        media: context.format === 'jpeg' ? this.#feeds.mediaOf(camera) : 'units',
        who: context.identity,
        close: (why) => seat?.end(why),
      });
      seat = this.#seat(socket, { camera, connection, admitted, context });
    } catch (error) {
      if (!(error instanceof PinholeError)) throw error;
      if (admitted === undefined) this.#refuse(connection, 'limit', error);
      else this.#reject(connection, admitted, error);
    }
  }

  #seat(socket: WebSocket, arrival: Arrival): Seat {
    const { camera, connection, admitted, context } = arrival;
    const { log, now } = this.#options;
    const controls = new ViewerControls({
      camera: camera.id,
      controls: camera.controls,
      who: context.identity,
      send: (text) => connection.sendText(text),
      now,
      log,
    });
    const audience = this.#audienceOf(camera, context);
    const end = (why: ViewerEnd): void => {
      if (!this.#seats.delete(seat)) return;
      viewer.stop();
      controls.close();
      admitted.leave(why);
      connection.close(why, BYE_REASON[why]);
      this.#forget(audience);
      if (this.#seats.size === 0) this.#stopHeartbeat();
      log.info({ ...about, why }, 'live viewer left');
    };
    const viewer = this.#viewer(arrival, {
      audience,
      controls,
      leave: () => end('left'),
      failed: (error) => {
        connection.reject(error.code, error.message);
        end('left');
      },
    });
    const seat: Seat = { viewer, end };
    const about = { camera: camera.id, viewer: admitted.id.slice(0, 8), format: this.#formatOf(context) };
    this.#seats.add(seat);
    this.#listen(socket, connection, seat);
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS);
    log.info(about, 'live viewer came');
    viewer.start();
    return seat;
  }

  #viewer(
    { camera, connection, context }: Arrival,
    seat: {
      readonly audience: Audience;
      readonly controls: ViewerControls;
      readonly leave: () => void;
      readonly failed: (error: PinholeError) => void;
    },
  ): SeatedViewer {
    const { now } = this.#options;
    const { audience, failed, ...rest } = seat;
    const common = { camera, audience, connection, counters: this.#counters, now, ...rest };
    if (context.format !== 'jpeg') {
      const { patience } = this.#dialect;
      return new LiveViewer({ ...common, ...(patience !== undefined && { patience }) });
    }
    const { framesPerSecond } = context;
    let feed: PictureFeed;
    try {
      feed = this.#feeds.open(camera, { framesPerSecond, failed });
    } catch (thrown) {
      this.#forget(audience);
      throw thrown;
    }
    return new PictureViewer({ ...common, feed, framesPerSecond: feed.rate });
  }

  #audienceOf(camera: Camera, context: LiveContext): Audience {
    const key = `${camera.id}/${this.#formatOf(context)}`;
    const known = this.#audiences.get(key);
    if (known) return known;
    const pictures = this.#feeds.picturesOf(camera);
    const newest = context.format === 'jpeg' ? () => pictures.last : () => camera.stream.lastUnit?.unit;
    const audience = new Audience({ camera, framing: this.#dialect.openFraming(), newest });
    this.#audiences.set(key, audience);
    return audience;
  }

  #forget(audience: Audience): void {
    if (audience.size > 0) return;
    for (const [key, each] of this.#audiences) if (each === audience) this.#audiences.delete(key);
  }

  #formatOf({ format }: LiveContext): string {
    return format ?? this.#dialect.name;
  }

  #listen(socket: WebSocket, connection: LiveConnection, seat: Seat): void {
    const { viewer, end } = seat;
    const admit = (): boolean => {
      // Messages may still come in while the connection closes.
      if (!this.#seats.has(seat)) return false;
      if (viewer.conversation.admitsMessage()) return true;
      this.#counters.messagesTooMany++;
      connection.reject('live/too-many-messages', 'too many messages; a viewer needs about one a second');
      end('left');
      return false;
    };
    socket.on('message', (payload, isBinary) => {
      if (!admit() || !this.#dialect.texts) return;
      try {
        viewer.conversation.handleText(textOf(payload, isBinary));
      } catch (thrown) {
        const malformed = thrown instanceof MalformedError;
        if (malformed) this.#counters.messagesMalformed++;
        else this.#options.log.error({ error: messageOf(thrown) }, 'live message failed');
        connection.reject(
          malformed ? thrown.code : 'live/failed',
          malformed ? thrown.message : 'the server failed',
        );
        end('left');
      }
    });
    socket.on('ping', (mark) => {
      if (admit()) connection.pong(mark);
    });
    socket.on('pong', (mark) => viewer.handlePong(mark.toString()));
    socket.on('close', () => end('left'));
  }

  #refuse(connection: LiveConnection, bye: LiveByeCode, { code, message }: PinholeError): void {
    this.#counters.viewersRefused++;
    connection.send({ type: 'error', code, message });
    connection.close(bye, message);
  }

  #reject(connection: LiveConnection, admitted: AdmittedViewer, { code, message }: PinholeError): void {
    this.#counters.viewersRefused++;
    admitted.leave('left');
    connection.reject(code, message);
  }

  #beat(): void {
    const now = this.#options.now();
    for (const audience of this.#audiences.values()) audience.sendStatus();
    for (const { viewer, end } of this.#seats) {
      if (viewer.stalledFor(now) >= STALL_LIMIT) {
        this.#counters.viewersStalled++;
        end('stalled');
      } else {
        viewer.beat(now);
        viewer.conversation.beat();
      }
    }
  }

  #stopHeartbeat(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }
}
