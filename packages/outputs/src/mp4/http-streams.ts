import { type Logger, type Micros, micros, PinholeError } from '@pinhole/core';
import type { Camera, Cameras, Identity, ViewerEnd, ViewerRegistry } from '@pinhole/engine';
import { refusal } from '../refusal.ts';
import { type HttpFormat, openFraming } from './http-framing.ts';
import { HttpViewer } from './http-viewer.ts';

/** What the streams are made with. */
export interface HttpStreamsOptions {
  readonly cameras: Cameras;
  readonly registry: ViewerRegistry;
  /** UTC microseconds that never step back. */
  readonly now: () => Micros;
  readonly log: Logger;
}

/** Who wants to see what, and how; may view it. */
export interface HttpStreamContext {
  readonly camera: string;
  readonly identity: Identity;
  readonly format: HttpFormat;
}

/** How long a request may wait for a camera that is just being started. */
const START_PATIENCE = micros(8_000_000);

/** A player that read nothing for so long is gone, or paused for good. */
const STALL_LIMIT = micros(15_000_000);

const CHECK_MS = 1000;

/** What happened since the program started. */
export interface HttpStreamCounters {
  readonly framesSent: number;
  /** Left out because a player's queue was full. */
  readonly framesDroppedBusy: number;
  /** Left out while a player waited for a key unit. */
  readonly framesDroppedUntilKey: number;
  /** Players cut off because they read nothing. */
  readonly viewersStalled: number;
  /** Requests refused: a limit, a camera that is unknown or not live. */
  readonly requestsRefused: number;
}

/** Serves cameras as endless responses, for players without JavaScript: `stream.mp4` and `stream.h264`. */
export class HttpStreams {
  readonly #options: HttpStreamsOptions;
  readonly #viewers = new Map<HttpViewer, (why: ViewerEnd) => void>();
  readonly #counters = {
    framesSent: 0,
    framesDroppedBusy: 0,
    framesDroppedUntilKey: 0,
    viewersStalled: 0,
    requestsRefused: 0,
  };
  #check: NodeJS.Timeout | undefined;

  constructor(options: HttpStreamsOptions) {
    this.#options = options;
  }

  /** Viewers now. */
  get viewers(): number {
    return this.#viewers.size;
  }

  get counters(): HttpStreamCounters {
    const sum = { ...this.#counters };
    for (const viewer of this.#viewers.keys()) add(sum, viewer);
    return sum;
  }

  /**
   * Answers a GET with the camera's stream from the cached GOP on, or with a problem (RFC 9457): `camera/unknown`,
   * `camera/not-live`, `session/limit`, `http/method`. A player that begins with the cached GOP stays that much behind
   * the live edge. A HEAD is told the type and starts nothing.
   */
  async respond(request: Request, context: HttpStreamContext): Promise<Response> {
    const response = await this.#answer(request, context);
    if (!response.ok) this.#counters.requestsRefused++;
    return response;
  }

  async #answer(request: Request, { camera: id, identity, format }: HttpStreamContext): Promise<Response> {
    const camera = this.#options.cameras.get(id);
    if (!camera)
      return refusal(new PinholeError('camera/unknown', `there is no camera "${id.slice(0, 80)}"`));
    if (request.method === 'HEAD') {
      return new Response(null, { headers: headersOf(format === 'mp4' ? 'video/mp4' : 'video/h264') });
    }
    if (request.method !== 'GET') {
      return refusal(new PinholeError('http/method', `${request.method} is not served here; GET is`));
    }
    try {
      return await this.#open(request, { camera, identity, format });
    } catch (error) {
      if (!(error instanceof PinholeError)) throw error;
      return refusal(error);
    }
  }

  async #open(
    request: Request,
    { camera, identity, format }: { camera: Camera; identity: Identity; format: HttpFormat },
  ): Promise<Response> {
    const { registry, now, log } = this.#options;
    const ended: { why?: ViewerEnd; viewer?: HttpViewer } = {};
    const end = (why: ViewerEnd): void => {
      if (ended.why) return;
      ended.why = why;
      admitted.leave(why);
      if (ended.viewer) this.#remove(ended.viewer);
      log.info({ camera: camera.id, viewer: admitted.id.slice(0, 8), format, why }, 'HTTP viewer left');
    };
    const admitted = registry.admit({ camera, transport: 'http', who: identity, close: end });
    log.info({ camera: camera.id, viewer: admitted.id.slice(0, 8), format }, 'HTTP viewer came');
    request.signal.addEventListener('abort', () => end('left'), { once: true });
    try {
      const parameters = await camera.ready({ deadline: micros(now() + START_PATIENCE) });
      if (request.signal.aborted) end('left');
      if (ended.why) throw new PinholeError('session/ended', `the session ended: ${ended.why}`);
      const framing = openFraming(format, parameters);
      const viewer = new HttpViewer({ camera, framing, now, leave: () => end('left') });
      ended.viewer = viewer;
      this.#viewers.set(viewer, end);
      this.#check ??= setInterval(() => this.#endStalled(), CHECK_MS);
      viewer.start();
      return new Response(viewer.body, { headers: headersOf(framing.contentType) });
    } catch (error) {
      end('left');
      throw error;
    }
  }

  #remove(viewer: HttpViewer): void {
    viewer.stop();
    if (this.#viewers.delete(viewer)) add(this.#counters, viewer);
    if (this.#viewers.size > 0) return;
    clearInterval(this.#check);
    this.#check = undefined;
  }

  #endStalled(): void {
    const now = this.#options.now();
    for (const [viewer, end] of this.#viewers) {
      if (viewer.stalledFor(now) < STALL_LIMIT) continue;
      this.#counters.viewersStalled++;
      end('stalled');
    }
  }
}

type MutableCounters = { -readonly [Name in keyof HttpStreamCounters]: number };

const add = (sum: MutableCounters, { delivered }: HttpViewer): void => {
  sum.framesSent += delivered.written;
  sum.framesDroppedBusy += delivered.droppedBusy;
  sum.framesDroppedUntilKey += delivered.droppedUntilKey;
};

const headersOf = (contentType: string): Record<string, string> => ({
  'Content-Type': contentType,
  'Cache-Control': 'no-store',
  'Accept-Ranges': 'none',
  // Reverse proxies collect responses unless they are told not to.
  'X-Accel-Buffering': 'no',
});
