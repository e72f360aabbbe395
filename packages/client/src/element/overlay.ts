import type { LatencySummary } from '../latency/latency-window.ts';
import type { LivePlayerEvents } from '../live-player-options.ts';
import type { LiveState } from '../liveness/live-state.ts';
import { wordsOf } from './words.ts';

/** What the buttons do. */
export interface OverlayActions {
  readonly fullscreen: () => void;
  readonly pictureInPicture: () => void;
}

const WORDS = {
  webrtc: 'WebRTC',
  websocket: 'WebSocket',
  janus: 'Janus',
  native: '',
  webcodecs: ' · WebCodecs',
  mse: ' · MSE',
  jpeg: ' · JPEG',
};

/** What lies over the picture: state, delay, transport, a sentence when something is wrong, two buttons. */
export class Overlay {
  readonly #state = chip('state');
  readonly #latency = chip('latency');
  readonly #transport = chip('transport');
  readonly #notice: HTMLElement;

  /** Adds itself to `root`. */
  constructor(root: ShadowRoot, actions: OverlayActions) {
    const overlay = part('div', 'overlay');
    this.#state.setAttribute('role', 'status');
    overlay.append(this.#state, this.#latency, this.#transport);
    this.#notice = part('div', 'notice');
    const controls = part('div', 'controls');
    controls.append(
      button('Picture in picture', 'M3 5h18v14H3zM12 12h6v4h-6z', actions.pictureInPicture),
      button('Full screen', 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5', actions.fullscreen),
    );
    root.append(overlay, this.#notice, controls);
  }

  /** Shows another state. */
  showState(state: LiveState): void {
    const { icon, label, tone, notice } = wordsOf(state, (time) => new Date(time).toLocaleTimeString());
    const mark = part('span', 'icon');
    mark.ariaHidden = 'true';
    mark.textContent = icon;
    this.#state.replaceChildren(mark, ` ${label}`);
    this.#state.dataset['tone'] = tone;
    this.#notice.textContent = notice;
    if (tone === 'bad') this.#latency.textContent = '';
  }

  /** Shows another delay; half of the frames are faster. */
  showLatency({ p50Ms, confidenceMs }: LatencySummary): void {
    this.#latency.textContent = `${Math.round(p50Ms)} ms`;
    this.#latency.title = `Capture to screen, right to ±${Math.max(1, Math.round(confidenceMs))} ms`;
  }

  /** Shows how the pictures come. */
  showTransport({ transport, player, reason }: LivePlayerEvents['transport']): void {
    this.#transport.textContent = `${WORDS[transport]}${WORDS[player]}`;
    this.#transport.title = reason ?? '';
  }

  /** Nothing plays. */
  clear(): void {
    for (const element of [this.#state, this.#latency, this.#transport, this.#notice])
      element.textContent = '';
  }
}

function part(tag: string, name: string): HTMLElement {
  const element = document.createElement(tag);
  element.className = name;
  element.setAttribute('part', name);
  return element;
}

function chip(name: string): HTMLElement {
  const element = part('span', name);
  element.classList.add('chip');
  return element;
}

/** Drawn, not written: fonts lack such signs. */
function button(label: string, path: string, action: () => void): HTMLElement {
  const element = part('button', 'button');
  element.innerHTML = `<svg viewBox="0 0 24 24" width="18" height="18" fill="none" stroke="currentColor"
    stroke-width="2" aria-hidden="true"><path d="${path}"/></svg>`;
  element.title = label;
  element.ariaLabel = label;
  element.addEventListener('click', action);
  return element;
}
