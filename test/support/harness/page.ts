import { LivePlayer, type LivePlayerOptions, type LiveState, type PlayerStats } from '@pinhole/client';
import '@pinhole/client/element';
import { type JanusOptions, janusTransport } from '@pinhole/client/janus';
import { type Mark, MarkedCamera } from './marked-camera.ts';
import { PaintedFrames, type SeenFrame } from './painted-frames.ts';

export type { Mark } from './marked-camera.ts';
export type { SeenFrame } from './painted-frames.ts';

/** What a test may ask a page to watch. */
export type WatchOptions = Pick<LivePlayerOptions, 'transports' | 'players'> & {
  /** From a Janus, and not from `camera`; by a bare `LivePlayer`. */
  readonly janus?: JanusOptions;
  readonly camera: string;
  readonly token: string;
  /** By `<pinhole-camera>`, with what it says to people; else by a bare `LivePlayer`. */
  readonly element?: true;
};

/** All that happened to one player since it was opened. */
export interface Watched {
  readonly frames: readonly SeenFrame[];
  readonly unreadable: number;
  readonly states: readonly LiveState[];
  readonly transports: readonly {
    readonly transport: string;
    readonly player: string;
    /** Why another path does not show the picture. */
    readonly reason: string | undefined;
    readonly atMs: number;
  }[];
  readonly latency:
    | { readonly p50Ms: number; readonly p95Ms: number; readonly confidenceMs: number }
    | undefined;
  readonly stats: PlayerStats | undefined;
  /** From `watch` to the first painted frame. */
  readonly firstFrameMs: number | undefined;
  /** What the element said, state by state; empty for a bare player. */
  readonly marks: readonly Mark[];
}

class Watcher {
  readonly #element: MarkedCamera | undefined;
  readonly #bare: LivePlayer | undefined;
  readonly #painted: PaintedFrames;
  readonly #states: LiveState[] = [];
  readonly #transports: Watched['transports'][number][] = [];
  readonly #openedAt = performance.now();

  constructor({ element, janus, ...options }: WatchOptions) {
    const container = document.createElement('div');
    document.body.append(container);
    this.#painted = new PaintedFrames(() => this.#player?.element);
    if (element) {
      container.style.cssText = 'display:inline-block;width:400px;height:225px';
      this.#element = new MarkedCamera({
        ...options,
        container,
        last: () => this.#painted.last,
        onPlayer: (player) => this.#listen(player),
      });
    } else {
      container.style.cssText = 'position:relative;width:640px;height:360px';
      this.#bare = janus
        ? new LivePlayer({ container, transport: janusTransport(janus) })
        : new LivePlayer({ container, ...options });
      this.#listen(this.#bare);
      this.#bare.open();
    }
    this.#painted.open();
  }

  report(): Watched {
    const player = this.#player;
    const latency = player?.latency;
    return {
      frames: this.#painted.take(),
      unreadable: this.#painted.unreadable,
      states: [...this.#states],
      transports: [...this.#transports],
      latency: latency && { p50Ms: latency.p50Ms, p95Ms: latency.p95Ms, confidenceMs: latency.confidenceMs },
      stats: player?.stats(),
      firstFrameMs: this.#painted.firstFrameMs,
      marks: this.#element?.marks ?? [],
    };
  }

  /** As a tile that is scrolled out of sight, or back. */
  look(at: 'it' | 'elsewhere'): void {
    if (at === 'it') this.#player?.resume();
    else this.#player?.pause();
  }

  close(): void {
    this.#painted.close();
    this.#bare?.close();
    this.#element?.close();
  }

  get #player(): LivePlayer | undefined {
    return this.#bare ?? this.#element?.player;
  }

  #listen(player: LivePlayer): void {
    player.on('state', (state) => this.#states.push(state));
    player.on('transport', ({ transport, player: name, reason }) => {
      const atMs = performance.now() - this.#openedAt;
      this.#transports.push({ transport, player: name, reason, atMs });
    });
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
  look: (name: string, at: 'it' | 'elsewhere'): void => watchers.get(name)?.look(at),
  close(name: string): void {
    watchers.get(name)?.close();
    watchers.delete(name);
  },
};

/** The harness as the test's side sees it. */
export type Harness = typeof harness;

Object.assign(window, { harness });
