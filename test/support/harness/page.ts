import { LivePlayer, type LivePlayerOptions, type LiveState, type PlayerStats } from '@pinhole/client';
import { readTimeCode } from '@pinhole/media/timecode';

/** A frame whose time code was read off the page. */
export interface SeenFrame {
  readonly frameNumber: number;
  /** UTC microseconds of the camera's clock. */
  readonly captureTime: number;
  /** UTC milliseconds of the page's clock, when it was on the screen. */
  readonly paintedAt: number;
  readonly width: number;
  readonly height: number;
}

/** What a test may ask a page to watch. */
export type WatchOptions = Pick<LivePlayerOptions, 'transports' | 'players'> & {
  readonly camera: string;
  readonly token: string;
};

/** All that happened to one player since it was opened. */
export interface Watched {
  readonly frames: readonly SeenFrame[];
  readonly unreadable: number;
  readonly states: readonly LiveState[];
  readonly transports: readonly {
    readonly transport: string;
    readonly player: string;
    readonly atMs: number;
  }[];
  readonly latency:
    | { readonly p50Ms: number; readonly p95Ms: number; readonly confidenceMs: number }
    | undefined;
  readonly stats: PlayerStats | undefined;
  /** From `watch` to the first painted frame. */
  readonly firstFrameMs: number | undefined;
}

class Watcher {
  readonly player: LivePlayer;
  readonly #frames: SeenFrame[] = [];
  readonly #states: LiveState[] = [];
  readonly #transports: Watched['transports'][number][] = [];
  readonly #probe = new OffscreenCanvas(1, 1);
  readonly #openedAt = performance.now();
  #unreadable = 0;
  #firstFrameMs: number | undefined;
  #lastNumber = -1;
  #closed = false;

  constructor(options: WatchOptions) {
    const container = document.createElement('div');
    container.style.cssText = 'position:relative;width:640px;height:360px';
    document.body.append(container);
    this.player = new LivePlayer({ container, ...options });
    this.player.on('state', (state) => this.#states.push(state));
    this.player.on('transport', ({ transport, player }) => {
      this.#transports.push({ transport, player, atMs: performance.now() - this.#openedAt });
    });
    this.#look();
    this.player.open();
  }

  report(): Watched {
    const { latency } = this.player;
    return {
      frames: this.#frames.splice(0),
      unreadable: this.#unreadable,
      states: [...this.#states],
      transports: [...this.#transports],
      latency: latency && { p50Ms: latency.p50Ms, p95Ms: latency.p95Ms, confidenceMs: latency.confidenceMs },
      stats: this.player.stats(),
      firstFrameMs: this.#firstFrameMs,
    };
  }

  close(): void {
    this.#closed = true;
    this.player.close();
  }

  /** Looks at whatever element shows the picture, once a painted frame. */
  #look(): void {
    if (this.#closed) return;
    const { element } = this.player;
    if (element instanceof HTMLVideoElement) {
      element.requestVideoFrameCallback((_now, { expectedDisplayTime }) => {
        // On a busy machine the callback comes late, and what is drawn then is a newer frame than the one it tells of.
        const paintedAt = Math.max(expectedDisplayTime, performance.now());
        this.#read(element, element.videoWidth, element.videoHeight, paintedAt);
        this.#look();
      });
      // A video element that is taken off the page calls back no more.
      const gone = setInterval(() => {
        if (this.player.element === element && !this.#closed) return;
        clearInterval(gone);
        this.#look();
      }, 100);
    } else {
      requestAnimationFrame((now) => {
        if (element) this.#read(element, element.width, element.height, now);
        this.#look();
      });
    }
  }

  #read(picture: CanvasImageSource, width: number, height: number, paintedAt: number): void {
    if (width === 0 || height === 0) return;
    const rows = Math.ceil(height / 3);
    if (this.#probe.width !== width) this.#probe.width = width;
    if (this.#probe.height !== height) this.#probe.height = height;
    const context = this.#probe.getContext('2d', { willReadFrequently: true });
    if (!context) return;
    context.drawImage(picture, 0, 0, width, rows, 0, 0, width, rows);
    const code = readTimeCode({ data: context.getImageData(0, 0, width, rows).data, width, height });
    if (!code) {
      this.#unreadable++;
      return;
    }
    if (code.frameNumber === this.#lastNumber) return;
    this.#lastNumber = code.frameNumber;
    this.#firstFrameMs ??= performance.now() - this.#openedAt;
    this.#frames.push({ ...code, paintedAt: performance.timeOrigin + paintedAt, width, height });
  }
}

const watchers = new Map<string, Watcher>();

/** What tests call in the page. */
const harness = {
  watch(name: string, options: WatchOptions): void {
    watchers.set(name, new Watcher(options));
  },
  /** What happened; frames since the last report. */
  report: (name: string): Watched | undefined => watchers.get(name)?.report(),
  close(name: string): void {
    watchers.get(name)?.close();
    watchers.delete(name);
  },
};

/** The harness as the test's side sees it. */
export type Harness = typeof harness;

Object.assign(window, { harness });
