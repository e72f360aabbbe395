import { type Micros, micros } from '@pinhole/core';
import type {
  AccessUnitSink,
  Camera,
  Delivery,
  StreamParameters,
  StreamReader,
  StreamUnit,
} from '@pinhole/engine';
import type { ViewerControls } from '../controls/index.ts';
import { SendQueue } from '../queue/index.ts';
import type { Audience } from './audience.ts';
import type { LiveConnection } from './live-connection.ts';
import { LiveConversation } from './live-conversation.ts';
import type { MutableLiveCounters } from './live-counters.ts';
import type { SeatedViewer } from './seated-viewer.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a viewer is made with. */
export interface LiveViewerOptions {
  readonly camera: Camera;
  readonly audience: Audience;
  readonly connection: LiveConnection;
  readonly controls: ViewerControls;
  readonly counters: MutableLiveCounters;
  readonly now: () => Micros;
  /** How long it rather waits for a key unit than take an old GOP. */
  readonly patience?: Micros;
  /** The viewer said goodbye. */
  readonly leave: () => void;
}

/** Pictures that the network holds for longer than this are old news: the viewer is behind, whatever the queue says. */
const LAG_LIMIT = micros(2_000_000);

/**
 * One viewer of a camera's H.264: gets the stream's units, and says what it wants. Two clocks tell how far behind it is:
 * how long units wait here for the operating system, and how long a WebSocket ping takes, which passes through all the
 * buffers that nobody here can see.
 */
export class LiveViewer implements AccessUnitSink, SeatedViewer {
  readonly conversation: LiveConversation;
  readonly #options: LiveViewerOptions;
  readonly #queue = new SendQueue();
  readonly #resumes: TokenBucket;
  #reader: StreamReader | undefined;
  #parameters: StreamParameters | undefined;
  #pingSentAt: Micros | undefined;
  #resumeWanted = false;

  constructor(options: LiveViewerOptions) {
    this.#options = options;
    const { camera, now, leave } = options;
    this.#resumes = new TokenBucket({ burst: 3, perSecond: 1, now: now() });
    this.conversation = new LiveConversation({
      ...options,
      wishes: {
        pause: () => {
          this.#resumeWanted = false;
          this.#reader?.pause();
        },
        resume: () => this.#resume(now()),
        keyFrame: () => camera.stream.requestKeyFrame(now()),
        leave,
      },
    });
  }

  start(): void {
    const { camera, audience, connection, now, patience } = this.#options;
    const { parameters } = camera.stream;
    connection.send({
      type: 'hello',
      camera: camera.id,
      ...(parameters && { codec: parameters.codec, width: parameters.width, height: parameters.height }),
      ...(camera.description.jpeg && { jpeg: true }),
      serverTimeUs: now(),
    });
    connection.sendText(audience.status());
    audience.add(connection);
    this.#reader = camera.stream.attach(this, { now, ...(patience !== undefined && { patience }) });
  }

  stop(): void {
    const { audience, connection, counters } = this.#options;
    audience.remove(connection);
    if (!this.#reader) return;
    this.#reader.detach();
    counters.framesDroppedBusy += this.#reader.counters.droppedBusy;
    counters.framesDroppedUntilKey += this.#reader.counters.droppedUntilKey;
    this.#reader = undefined;
  }

  get dropped(): SeatedViewer['dropped'] {
    return this.#reader?.counters ?? { droppedBusy: 0, droppedUntilKey: 0 };
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

  stalledFor(now: Micros): Micros {
    return this.#queue.stalledFor(now, this.#pingSentAt);
  }

  beat(now: Micros): void {
    if (this.#resumeWanted) this.#resume(now);
    if (this.#pingSentAt !== undefined) return;
    this.#pingSentAt = now;
    this.#options.connection.ping();
  }

  handlePong(): void {
    this.#pingSentAt = undefined;
  }

  /** Each resume may replay a whole GOP, so it waits for room in the queue, and for its turn. */
  #resume(now: Micros): void {
    this.#resumeWanted = this.pressure >= 1 || !this.#resumes.take(now);
    if (!this.#resumeWanted) this.#reader?.resume();
  }
}
