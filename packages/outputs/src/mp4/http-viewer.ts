import { type Micros, micros } from '@pinhole/core';
import type {
  AccessUnitSink,
  Camera,
  Delivery,
  ReaderCounters,
  StreamReader,
  StreamUnit,
} from '@pinhole/engine';
import { SendQueue } from '../queue/index.ts';
import type { HttpFraming } from './http-framing.ts';

/** What a viewer is made with. */
export interface HttpViewerOptions {
  readonly camera: Camera;
  readonly framing: HttpFraming;
  readonly now: () => Micros;
  /** The player hung up. */
  readonly leave: () => void;
}

/** A player may read in gulps: more than a page would be given, less than a person would call broken. */
const QUEUE_LIMITS = {
  wait: micros(2_000_000),
  catchUpWait: micros(5_000_000),
  bytes: 8 * 2 ** 20,
  catchUpBytes: 32 * 2 ** 20,
};

/** One player reading a response body. What it has not read yet waits here, within bounds, and nowhere else. */
export class HttpViewer implements AccessUnitSink {
  /** The body of the response. */
  readonly body: ReadableStream<Uint8Array>;
  readonly #options: HttpViewerOptions;
  readonly #queue = new SendQueue(QUEUE_LIMITS);
  readonly #chunks: Uint8Array[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #wake: (() => void) | undefined;
  #reader: StreamReader | undefined;
  #ended = false;

  constructor(options: HttpViewerOptions) {
    this.#options = options;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: () => {
          // Cancelled is closed already.
          this.#controller = undefined;
          options.leave();
        },
      },
      // Nothing is taken from us before the socket has room for it.
      { highWaterMark: 0 },
    );
  }

  /** Begins to send. */
  start(): void {
    const { camera, now } = this.#options;
    this.#reader = camera.stream.attach(this, { now });
  }

  /** Ends the body after what was read; what still waits is dropped. May be called again. */
  stop(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reader?.detach();
    this.#chunks.length = 0;
    this.#wake?.();
    this.#controller?.close();
    this.#controller = undefined;
  }

  /** What became of the stream's units. */
  get delivered(): ReaderCounters {
    return this.#reader?.counters ?? { written: 0, droppedBusy: 0, droppedUntilKey: 0 };
  }

  get pressure(): number {
    return this.#queue.pressure(this.#options.now());
  }

  /** For how long the player read nothing although something waited for it. */
  stalledFor(now: Micros): Micros {
    return this.#queue.stalledFor(now);
  }

  write(unit: StreamUnit, { catchUp }: Delivery): void {
    const { framing, now } = this.#options;
    for (const bytes of framing.frame(unit)) {
      this.#queue.push({ bytes: bytes.byteLength, at: now(), catchUp });
      this.#chunks.push(bytes);
    }
    this.#wake?.();
  }

  async #pull(): Promise<void> {
    while (this.#chunks.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return;
    this.#queue.shift(this.#options.now());
    this.#controller?.enqueue(chunk);
  }
}
