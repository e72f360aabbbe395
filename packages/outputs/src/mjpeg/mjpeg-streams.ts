import { type Logger, type Micros, micros, PinholeError } from '@pinhole/core';
import type { Camera, Cameras, Identity, ViewerEnd, ViewerRegistry } from '@pinhole/engine';
import { HIGHEST_RATE, PictureFeeds } from '../pictures/index.ts';
import { refusal } from '../refusal.ts';
import { MjpegViewer } from './mjpeg-viewer.ts';
import { MULTIPART_TYPE } from './multipart.ts';

/** What the streams are made with. */
export interface MjpegStreamsOptions {
  readonly cameras: Cameras;
  readonly registry: ViewerRegistry;
  /** UTC microseconds that never step back. */
  readonly now: () => Micros;
  readonly log: Logger;
  /** Where pictures come from; shared with other outputs, so that none is decoded twice. */
  readonly feeds?: PictureFeeds;
}

/** Who wants to see what; may view it. */
export interface MjpegContext {
  readonly camera: string;
  readonly identity: Identity;
}

/** What happened since the program started. */
export interface MjpegCounters {
  readonly framesSent: number;
  /** Of the files alone. */
  readonly bytesSent: number;
  /** Pictures that a newer one replaced before the reader had room for them. */
  readonly picturesReplaced: number;
  /** Readers cut off because they read nothing. */
  readonly viewersStalled: number;
  /** Requests refused: a limit, a bad rate, a camera that is unknown or not live, no decoder. */
  readonly requestsRefused: number;
}

/** How long a request may wait for a camera that is just being started. */
const START_PATIENCE = micros(8_000_000);
/** A reader that read nothing for so long is gone, or stopped for good. */
const STALL_LIMIT = micros(15_000_000);
const CHECK_MS = 1000;

/** Serves `stream.mjpeg`: a row of pictures that any `<img>` shows, the newest that a reader has room for. */
export class MjpegStreams {
  readonly #options: MjpegStreamsOptions;
  readonly #feeds: PictureFeeds;
  readonly #viewers = new Map<MjpegViewer, (why: ViewerEnd) => void>();
  readonly #counters = {
    framesSent: 0,
    bytesSent: 0,
    picturesReplaced: 0,
    viewersStalled: 0,
    requestsRefused: 0,
  };
  #check: NodeJS.Timeout | undefined;

  constructor(options: MjpegStreamsOptions) {
    this.#options = options;
    this.#feeds = options.feeds ?? new PictureFeeds(options);
  }

  /** Viewers now. */
  get viewers(): number {
    return this.#viewers.size;
  }

  get counters(): MjpegCounters {
    return { ...this.#counters };
  }

  /**
   * Answers a GET with pictures as they come, at most `?fps=` a second, or with a problem (RFC 9457): `camera/unknown`,
   * `camera/not-live`, `session/limit`, `http/method`, `mjpeg/*`. A HEAD is told the type and starts nothing.
   */
  async respond(request: Request, context: MjpegContext): Promise<Response> {
    const response = await this.#answer(request, context);
    if (!response.ok) this.#counters.requestsRefused++;
    return response;
  }

  async #answer(request: Request, { camera: id, identity }: MjpegContext): Promise<Response> {
    const camera = this.#options.cameras.get(id);
    if (!camera)
      return refusal(new PinholeError('camera/unknown', `there is no camera "${id.slice(0, 80)}"`));
    if (request.method === 'HEAD') return new Response(null, { headers: HEADERS });
    if (request.method !== 'GET') {
      return refusal(new PinholeError('http/method', `${request.method} is not served here; GET is`));
    }
    try {
      const framesPerSecond = parseRate(new URL(request.url).searchParams.get('fps'));
      return await this.#open(request, { camera, identity, framesPerSecond });
    } catch (error) {
      if (!(error instanceof PinholeError)) throw error;
      return refusal(error);
    }
  }

  async #open(
    request: Request,
    wish: {
      readonly camera: Camera;
      readonly identity: Identity;
      readonly framesPerSecond: number | undefined;
    },
  ): Promise<Response> {
    const { registry, now, log } = this.#options;
    const { camera, identity, framesPerSecond } = wish;
    const ended: { why?: ViewerEnd; viewer?: MjpegViewer; closeFeed?: () => void } = {};
    const end = (why: ViewerEnd): void => {
      if (ended.why) return;
      ended.why = why;
      admitted.leave(why);
      ended.closeFeed?.();
      if (ended.viewer) this.#remove(ended.viewer);
      log.info({ ...about, why }, 'HTTP viewer left');
    };
    const media = this.#feeds.mediaOf(camera);
    const admitted = registry.admit({ camera, transport: 'http', media, who: identity, close: end });
    const about = { camera: camera.id, viewer: admitted.id.slice(0, 8), format: 'mjpeg' };
    log.info(about, 'HTTP viewer came');
    request.signal.addEventListener('abort', () => end('left'), { once: true });
    try {
      const deadline = micros(now() + START_PATIENCE);
      if (media === 'units') await camera.ready({ deadline });
      const failed = (error: PinholeError): void => {
        log.warn({ ...about, code: error.code, error: error.message }, 'pictures ended');
        end('left');
      };
      const feed = this.#feeds.open(camera, { framesPerSecond, failed });
      ended.closeFeed = () => feed.close();
      const first = await feed.first({ deadline });
      if (request.signal.aborted) end('left');
      if (ended.why) throw new PinholeError('session/ended', `the session ended: ${ended.why}`);
      const viewer = new MjpegViewer({ feed, now, counters: this.#counters, leave: () => end('left') });
      ended.viewer = viewer;
      this.#viewers.set(viewer, end);
      this.#check ??= setInterval(() => this.#endStalled(), CHECK_MS);
      viewer.offer(first);
      return new Response(viewer.body, { headers: HEADERS });
    } catch (error) {
      end('left');
      throw error;
    }
  }

  #remove(viewer: MjpegViewer): void {
    viewer.stop();
    this.#viewers.delete(viewer);
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

/** @throws {PinholeError} `mjpeg/bad-rate` */
export function parseRate(text: string | null): number | undefined {
  if (text === null) return undefined;
  const rate = Number(text);
  if (/^\d{1,2}(?:\.\d{1,3})?$/.test(text) && rate > 0 && rate <= HIGHEST_RATE) return rate;
  throw new PinholeError(
    'mjpeg/bad-rate',
    `fps "${text.slice(0, 20)}": write a number above 0 and up to ${HIGHEST_RATE}, e.g. 10 or 0.5`,
  );
}

const HEADERS = {
  'Content-Type': MULTIPART_TYPE,
  'Cache-Control': 'no-store',
  'Accept-Ranges': 'none',
  // Reverse proxies collect responses unless they are told not to.
  'X-Accel-Buffering': 'no',
};
