import { MalformedError, type Micros, micros } from '@pinhole/core';
import type {
  AccessUnitSink,
  Camera,
  Delivery,
  StreamParameters,
  StreamReader,
  StreamUnit,
} from '@pinhole/engine';
import { type LiveClientMessage, parseLiveClientMessage } from '@pinhole/protocol/live';
import { SendQueue } from '../queue/index.ts';
import type { Audience } from './audience.ts';
import type { LiveConnection } from './live-connection.ts';
import type { MutableLiveCounters } from './live-counters.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a viewer is made with. */
export interface LiveViewerOptions {
  readonly camera: Camera;
  readonly audience: Audience;
  readonly connection: LiveConnection;
  readonly counters: MutableLiveCounters;
  readonly now: () => Micros;
  /** The viewer said goodbye. */
  readonly leave: () => void;
}

/** Pictures that the network holds for longer than this are old news: the viewer is behind, whatever the queue says. */
const LAG_LIMIT = micros(2_000_000);

/**
 * One viewer of `/live/{camera}`: gets the stream's units, and says what it wants. Two clocks tell how far behind it is:
 * how long units wait here for the operating system, and how long a WebSocket ping takes, which passes through all the
 * buffers that nobody here can see.
 */
export class LiveViewer implements AccessUnitSink {
  readonly #options: LiveViewerOptions;
  readonly #queue = new SendQueue();
  readonly #inbound: TokenBucket;
  readonly #keyFrames: TokenBucket;
  readonly #resumes: TokenBucket;
  #reader: StreamReader | undefined;
  #parameters: StreamParameters | undefined;
  #pingSentAt: Micros | undefined;
  #resumeWanted = false;

  constructor(options: LiveViewerOptions) {
    this.#options = options;
    const now = options.now();
    this.#inbound = new TokenBucket({ burst: 60, perSecond: 20, now });
    this.#keyFrames = new TokenBucket({ burst: 2, perSecond: 1, now });
    this.#resumes = new TokenBucket({ burst: 3, perSecond: 1, now });
  }

  /** Says hello and begins to send. */
  start(): void {
    const { camera, audience, connection, now } = this.#options;
    const { parameters } = camera.stream;
    connection.send({
      type: 'hello',
      camera: camera.id,
      ...(parameters && { codec: parameters.codec, width: parameters.width, height: parameters.height }),
      serverTimeUs: now(),
    });
    connection.sendText(audience.status());
    audience.add(connection);
    this.#reader = camera.stream.attach(this, { now });
  }

  /** Gets nothing more. May be called again. */
  stop(): void {
    const { audience, connection, counters } = this.#options;
    audience.remove(connection);
    if (!this.#reader) return;
    this.#reader.detach();
    counters.framesDroppedBusy += this.#reader.counters.droppedBusy;
    counters.framesDroppedUntilKey += this.#reader.counters.droppedUntilKey;
    this.#reader = undefined;
  }

  /** What the stream left out for this viewer. */
  get dropped(): StreamReader['counters'] | undefined {
    return this.#reader?.counters;
  }

  get pressure(): number {
    const now = this.#options.now();
    const pingWaited = this.#pingSentAt === undefined ? 0 : now - this.#pingSentAt;
    return Math.max(this.#queue.pressure(now), pingWaited / LAG_LIMIT);
  }

  write(unit: StreamUnit, { discontinuity, catchUp }: Delivery): void {
    const { audience, connection, counters, now } = this.#options;
    const configChanged = this.#parameters !== undefined && this.#parameters !== unit.parameters;
    if (this.#parameters !== unit.parameters) {
      this.#parameters = unit.parameters;
      connection.sendText(audience.config(unit.parameters));
    }
    const bytes = unit.data.byteLength;
    this.#queue.push({ bytes, at: now(), catchUp });
    counters.framesSent++;
    counters.bytesSent += bytes;
    const pieces = audience.framing.frame(unit, { discontinuity, configChanged, catchUp });
    connection.sendFrame(pieces, () => this.#queue.shift(now()));
  }

  /** For how long nothing has got through to the viewer. */
  stalledFor(now: Micros): Micros {
    return this.#queue.stalledFor(now, this.#pingSentAt);
  }

  /** Does what comes due each second. */
  beat(now: Micros): void {
    if (this.#resumeWanted) this.#resume(now);
    if (this.#pingSentAt !== undefined) return;
    this.#pingSentAt = now;
    this.#options.connection.ping();
  }

  /** The viewer's WebSocket answered a ping. */
  handlePong(): void {
    this.#pingSentAt = undefined;
  }

  /** @returns whether one more message of the viewer is acceptable. */
  admitsMessage(): boolean {
    return this.#inbound.take(this.#options.now());
  }

  /**
   * Does what the viewer's text asks for.
   * @throws {MalformedError} `live/json`, `live/message`; what a newer client may say is answered, not thrown
   */
  handleText(text: string): void {
    try {
      this.#handle(parseLiveClientMessage(text));
    } catch (thrown) {
      if (!(thrown instanceof MalformedError) || thrown.code !== 'live/unknown-message') throw thrown;
      this.#options.counters.messagesUnknown++;
      this.#options.connection.send({ type: 'error', code: thrown.code, message: thrown.message });
    }
  }

  #handle(message: LiveClientMessage): void {
    const { camera, connection, counters, now, leave } = this.#options;
    switch (message.type) {
      case 'ping':
        connection.send({ type: 'pong', clientTimeMs: message.clientTimeMs, serverTimeUs: now() });
        break;
      case 'pause':
        this.#resumeWanted = false;
        this.#reader?.pause();
        break;
      case 'resume':
        this.#resume(now());
        break;
      case 'key-frame':
        if (this.#keyFrames.take(now())) camera.stream.requestKeyFrame(now());
        else counters.keyFrameRequestsIgnored++;
        break;
      case 'bye':
        leave();
        break;
    }
  }

  /** Each resume may replay a whole GOP, so it waits for room in the queue, and for its turn. */
  #resume(now: Micros): void {
    this.#resumeWanted = this.pressure >= 1 || !this.#resumes.take(now);
    if (!this.#resumeWanted) this.#reader?.resume();
  }
}
