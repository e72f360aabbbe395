import { messageOf } from '@pinhole/core';
import { LivePlayer } from '../live-player.ts';
import type { LivePlayerEvents, LivePlayerOptions } from '../live-player-options.ts';
import type { LiveState } from '../liveness/live-state.ts';
import type { SnapshotOptions } from '../screen.ts';
import { Overlay } from './overlay.ts';
import { STYLE } from './style.ts';
import { isStale } from './words.ts';

/** Where there is no DOM (server-side rendering) the class may be imported all the same. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

type List<Name extends 'transports' | 'players'> = NonNullable<LivePlayerOptions[Name]>;

/**
 * `<pinhole-camera src="/whep/door" token="…" overlay controls>`: one live camera.
 *
 * Attributes: `src`, or `camera` with `base`; `token`; `transports` and `players`, space-separated in order of
 * preference; `overlay` shows state, delay and transport; `controls` shows buttons. It sets `state`, `transport` and,
 * while the picture is old, `stale` on itself. Events `state`, `stats`, `latency`, `transport` carry in `detail` what
 * `LivePlayer` tells. It stops while it is scrolled out of sight.
 */
export class PinholeCamera extends Base {
  static readonly observedAttributes = ['src', 'base', 'camera', 'token', 'transports', 'players'];
  #player: LivePlayer | undefined;
  #overlay: Overlay | undefined;
  #picture: HTMLElement | undefined;
  #observer: IntersectionObserver | undefined;
  #restarting = false;

  /** What plays; `undefined` while it is off the page or has no address. */
  get player(): LivePlayer | undefined {
    return this.#player;
  }

  /** What the picture is now. */
  get state(): LiveState | undefined {
    return this.#player?.state;
  }

  /**
   * The picture as a file.
   * @throws {PinholeError} `client/no-picture`
   */
  async snapshot(options: SnapshotOptions = {}): Promise<Blob | undefined> {
    return await this.#player?.snapshot(options);
  }

  connectedCallback(): void {
    this.#build();
    this.#observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting === false) this.#player?.pause();
      else this.#player?.resume();
    });
    this.#observer.observe(this);
    this.#restart();
  }

  disconnectedCallback(): void {
    this.#observer?.disconnect();
    this.#stop();
  }

  attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
    if (before !== after && this.isConnected) this.#restart();
  }

  #build(): void {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: 'open' });
    // Not a style element: a page's policy may forbid those.
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    this.#picture = document.createElement('div');
    this.#picture.className = 'picture';
    this.#picture.setAttribute('part', 'picture');
    root.append(this.#picture);
    this.#overlay = new Overlay(root, {
      fullscreen: () => this.#toggleFullscreen(),
      pictureInPicture: () => this.#togglePictureInPicture(),
    });
  }

  /** Several attributes that change in one go make one new player. */
  #restart(): void {
    if (this.#restarting) return;
    this.#restarting = true;
    queueMicrotask(() => {
      this.#restarting = false;
      this.#stop();
      if (this.isConnected) this.#start();
    });
  }

  #start(): void {
    const container = this.#picture;
    const address = this.#address();
    if (!container || !address) return;
    const token = this.getAttribute('token');
    const transports = this.#list('transports');
    const players = this.#list('players');
    let player: LivePlayer;
    try {
      player = new LivePlayer({
        ...address,
        container,
        ...(token === null ? {} : { token }),
        ...(transports.length === 0 ? {} : { transports: transports as unknown as List<'transports'> }),
        ...(players.length === 0 ? {} : { players: players as unknown as List<'players'> }),
      });
    } catch (thrown) {
      const action = 'Correct the attributes of the element.';
      this.#showState({ kind: 'refused', code: 'client/address', reason: messageOf(thrown), action });
      return;
    }
    this.#player = player;
    player.on('state', (state) => this.#showState(state));
    player.on('latency', (latency) => this.#overlay?.showLatency(latency));
    player.on('transport', (transport) => {
      this.setAttribute('transport', transport.transport);
      this.#overlay?.showTransport(transport);
    });
    for (const name of ['stats', 'latency', 'transport'] as const) {
      player.on(name, (detail) => this.#tell(name, detail));
    }
    this.#showState(player.state);
    player.open();
  }

  #stop(): void {
    this.#player?.close();
    this.#player = undefined;
    this.#overlay?.clear();
    for (const name of ['state', 'transport', 'stale']) this.removeAttribute(name);
  }

  #showState(state: LiveState): void {
    this.setAttribute('state', state.kind);
    this.toggleAttribute('stale', isStale(state));
    this.#overlay?.showState(state);
    this.#tell('state', state);
  }

  #tell<Name extends keyof LivePlayerEvents>(name: Name, detail: LivePlayerEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #address(): { url: string } | { camera: string; base?: string } | undefined {
    const [url, camera, base] = ['src', 'camera', 'base'].map((name) => this.getAttribute(name));
    if (url != null) return { url };
    if (camera == null) return undefined;
    return base == null ? { camera } : { camera, base };
  }

  #list(name: string): string[] {
    return (this.getAttribute(name) ?? '').split(/\s+/).filter((word) => word !== '');
  }

  #toggleFullscreen(): void {
    const done = document.fullscreenElement === this ? document.exitFullscreen() : this.requestFullscreen();
    // Refused without a tap, or on an iPhone, where only a video element can do it.
    done.catch(() => {});
  }

  #togglePictureInPicture(): void {
    const element = this.#player?.element;
    if (document.pictureInPictureElement) document.exitPictureInPicture().catch(() => {});
    else if (element instanceof HTMLVideoElement) element.requestPictureInPicture().catch(() => {});
  }
}
