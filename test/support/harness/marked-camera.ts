import type { LivePlayer, LivePlayerOptions, LiveState } from '@pinhole/client';
import type { SeenFrame } from './painted-frames.ts';

/** What `<pinhole-camera>` said to people from a moment on. */
export interface Mark {
  /** UTC milliseconds of the page's clock. */
  readonly at: number;
  readonly kind: string;
  readonly code: string;
  readonly reason: string;
  /** The picture was marked as old. */
  readonly stale: boolean;
  /** All words on the element. */
  readonly words: string;
  /** The newest frame that was painted by then. */
  readonly frameNumber: number | undefined;
  /** How many players the element had until then: more than one means that it began anew. */
  readonly players: number;
}

/** What a camera is made with. */
export type MarkedCameraOptions = Pick<LivePlayerOptions, 'transports' | 'players'> & {
  readonly camera: string;
  readonly token: string;
  readonly container: HTMLElement;
  /** The newest painted frame. */
  readonly last: () => SeenFrame | undefined;
  /** Gets each new player of the element. */
  readonly onPlayer: (player: LivePlayer) => void;
};

/** A `<pinhole-camera>` as people have it on their pages, and a log of what it says. */
export class MarkedCamera {
  readonly marks: Mark[] = [];
  readonly #element = document.createElement('pinhole-camera');
  readonly #options: MarkedCameraOptions;
  readonly #players = new Set<LivePlayer>();

  constructor(options: MarkedCameraOptions) {
    this.#options = options;
    const element = this.#element;
    element.style.cssText = 'width:100%;height:100%';
    element.setAttribute('camera', options.camera);
    element.setAttribute('token', options.token);
    element.setAttribute('overlay', '');
    for (const name of ['transports', 'players'] as const) {
      const list = options[name];
      if (list) element.setAttribute(name, list.join(' '));
    }
    element.addEventListener('state', (event) => this.#mark((event as CustomEvent<LiveState>).detail));
    options.container.append(element);
  }

  get player(): LivePlayer | undefined {
    return this.#element.player;
  }

  close(): void {
    this.#element.remove();
  }

  #mark({ kind, code, reason }: LiveState): void {
    const { player } = this;
    if (player && !this.#players.has(player)) {
      this.#players.add(player);
      this.#options.onPlayer(player);
    }
    const root = this.#element.shadowRoot;
    const words = [...(root?.querySelectorAll('.state, .notice') ?? [])].map(
      ({ textContent }) => textContent,
    );
    this.marks.push({
      at: performance.timeOrigin + performance.now(),
      kind,
      code,
      reason,
      stale: this.#element.hasAttribute('stale'),
      words: words.join(' '),
      frameNumber: this.#options.last()?.frameNumber,
      players: this.#players.size,
    });
  }
}
