import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Logger, MalformedError, type Micros, messageOf, micros, PinholeError } from '@pinhole/core';
import type { AdmittedViewer, Camera, Cameras, Identity, ViewerEnd, ViewerRegistry } from '@pinhole/engine';
import { LIVE_SUBPROTOCOL, type LiveByeCode } from '@pinhole/protocol/live';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { BYE_REASON } from '../bye-reasons.ts';
import { Audience } from './audience.ts';
import { LiveConnection } from './live-connection.ts';
import { type LiveCounters, newLiveCounters } from './live-counters.ts';
import { LiveViewer } from './live-viewer.ts';

/** What the endpoint is made with. */
export interface LiveEndpointOptions {
  readonly cameras: Cameras;
  readonly registry: ViewerRegistry;
  /** UTC microseconds that never step back. */
  readonly now: () => Micros;
  readonly log: Logger;
}

/** An HTTP upgrade as Node hands it over. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Who wants to see what; may view it. */
export interface LiveContext {
  readonly camera: string;
  readonly identity: Identity;
}

/** A viewer's longest message; real ones stay below 100 bytes. */
const MAX_MESSAGE_BYTES = 4096;

/** How ws names a message above that; it closes with 1009 by itself. */
const TOO_LONG = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

const HEARTBEAT_MS = 1000;

/** A viewer to whom nothing got through for so long has gone, or might as well have. */
const STALL_LIMIT = micros(5_000_000);

interface Seat {
  readonly viewer: LiveViewer;
  readonly end: (why: ViewerEnd) => void;
}

/** Serves `/live/{camera}`: access units in WebSocket messages, for WebCodecs and MSE. */
export class LiveEndpoint {
  readonly #options: LiveEndpointOptions;
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_MESSAGE_BYTES,
    // Coded video does not compress; trying costs a buffer and a pass over every frame.
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(LIVE_SUBPROTOCOL) ? LIVE_SUBPROTOCOL : false),
  });
  readonly #audiences = new Map<Camera, Audience>();
  readonly #seats = new Set<Seat>();
  readonly #counters = newLiveCounters();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: LiveEndpointOptions) {
    this.#options = options;
  }

  /** Viewers now. */
  get viewers(): number {
    return this.#seats.size;
  }

  get counters(): LiveCounters {
    const sum = { ...this.#counters };
    for (const { viewer } of this.#seats) {
      sum.framesDroppedBusy += viewer.dropped?.droppedBusy ?? 0;
      sum.framesDroppedUntilKey += viewer.dropped?.droppedUntilKey ?? 0;
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
    this.#accept(upgrade, (socket) => this.#refuse(new LiveConnection(socket), why.bye, why.error));
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

  #serve(socket: WebSocket, { camera: id, identity }: LiveContext): void {
    const connection = new LiveConnection(socket);
    const { cameras, registry } = this.#options;
    const camera = cameras.get(id);
    if (!camera) {
      const error = new PinholeError('camera/unknown', `there is no camera "${id.slice(0, 80)}"`);
      this.#refuse(connection, 'unknown-camera', error);
      return;
    }
    let seat: Seat | undefined;
    try {
      const admitted = registry.admit({
        camera,
        transport: 'websocket',
        who: identity,
        close: (why) => seat?.end(why),
      });
      seat = this.#seat(socket, { camera, connection, admitted });
    } catch (error) {
      if (!(error instanceof PinholeError)) throw error;
      this.#refuse(connection, 'limit', error);
    }
  }

  #seat(
    socket: WebSocket,
    {
      camera,
      connection,
      admitted,
    }: { camera: Camera; connection: LiveConnection; admitted: AdmittedViewer },
  ): Seat {
    const { now, log } = this.#options;
    const audience = this.#audiences.get(camera) ?? new Audience(camera);
    this.#audiences.set(camera, audience);
    const end = (why: ViewerEnd): void => {
      if (!this.#seats.delete(seat)) return;
      viewer.stop();
      admitted.leave(why);
      connection.close(why, BYE_REASON[why]);
      if (audience.size === 0) this.#audiences.delete(camera);
      if (this.#seats.size === 0) this.#stopHeartbeat();
      log.info({ camera: camera.id, viewer: admitted.id.slice(0, 8), why }, 'live viewer left');
    };
    const viewer = new LiveViewer({
      camera,
      audience,
      connection,
      counters: this.#counters,
      now,
      leave: () => end('left'),
    });
    const seat: Seat = { viewer, end };
    this.#seats.add(seat);
    this.#listen(socket, connection, seat);
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS);
    log.info({ camera: camera.id, viewer: admitted.id.slice(0, 8) }, 'live viewer came');
    viewer.start();
    return seat;
  }

  #listen(socket: WebSocket, connection: LiveConnection, seat: Seat): void {
    const { viewer, end } = seat;
    const admit = (): boolean => {
      // Messages may still come in while the connection closes.
      if (!this.#seats.has(seat)) return false;
      if (viewer.admitsMessage()) return true;
      this.#counters.messagesTooMany++;
      connection.reject('live/too-many-messages', 'too many messages; a viewer needs about one a second');
      end('left');
      return false;
    };
    socket.on('message', (payload, isBinary) => {
      if (!admit()) return;
      try {
        viewer.handleText(textOf(payload, isBinary));
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
    socket.on('ping', admit);
    socket.on('pong', () => viewer.handlePong());
    socket.on('close', () => end('left'));
  }

  #refuse(connection: LiveConnection, bye: LiveByeCode, { code, message }: PinholeError): void {
    this.#counters.viewersRefused++;
    connection.send({ type: 'error', code, message });
    connection.close(bye, message);
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
      }
    }
  }

  #stopHeartbeat(): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }
}

const textOf = (payload: RawData, isBinary: boolean): string => {
  if (isBinary) throw new MalformedError('live/binary', 'a viewer sends text messages only');
  if (Array.isArray(payload)) return Buffer.concat(payload).toString();
  return Buffer.from(payload as Uint8Array).toString();
};
