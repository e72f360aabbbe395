import { type PlaybackState, RecordingPlayer, type RecordingPlayerEvents } from '@pinhole/client/recordings';
import { micros } from '@pinhole/core';
import { PaintedFrames, type SeenFrame } from './painted-frames.ts';

/** All that happened to one player of the past. */
export interface WatchedPast {
  /** Since the last report. */
  readonly frames: readonly SeenFrame[];
  readonly unreadable: number;
  readonly states: readonly PlaybackState[];
  readonly gaps: readonly RecordingPlayerEvents['gap'][];
  readonly spans: readonly RecordingPlayerEvents['span'][];
  readonly ended: readonly RecordingPlayerEvents['ended'][];
  /** What the player says is painted, against what the picture says. */
  readonly times: readonly RecordingPlayerEvents['time'][];
  readonly position: number | undefined;
  /** From the last `seek` to the first picture painted after it. */
  readonly seekMs: number | undefined;
}

/** What is painted after a seek: a little before what was asked for, or behind, as a busy machine paints not every picture. */
const BEFORE_US = 100_000;
const BEHIND_US = 500_000;

class PastWatcher {
  readonly player: RecordingPlayer;
  readonly #painted: PaintedFrames;
  readonly #states: PlaybackState[] = [];
  readonly #gaps: RecordingPlayerEvents['gap'][] = [];
  readonly #spans: RecordingPlayerEvents['span'][] = [];
  readonly #ended: RecordingPlayerEvents['ended'][] = [];
  #times: RecordingPlayerEvents['time'][] = [];
  #sought = 0;
  #soughtAt = 0;
  #seekMs: number | undefined;

  constructor(options: { readonly camera: string; readonly token: string; readonly gaps?: 'skip' | 'wait' }) {
    const container = document.createElement('div');
    container.style.cssText = 'position:relative;width:640px;height:360px';
    document.body.append(container);
    this.player = new RecordingPlayer({ container, ...options });
    this.player.on('state', (state) => this.#states.push(state));
    this.player.on('gap', (gap) => this.#gaps.push(gap));
    this.player.on('span', (span) => this.#spans.push(span));
    this.player.on('ended', (ended) => this.#ended.push(ended));
    this.player.on('time', (time) => {
      this.#times.push(time);
      // Pictures of before the seek may still come.
      const behind = time.captureTime - this.#sought;
      if (behind > -BEFORE_US && behind < BEHIND_US) this.#seekMs ??= performance.now() - this.#soughtAt;
    });
    this.#painted = new PaintedFrames(() => this.player.element);
    this.#painted.open();
  }

  seek(at: number): void {
    this.#sought = at;
    this.#soughtAt = performance.now();
    this.#seekMs = undefined;
    this.player.seek(micros(at));
  }

  report(): WatchedPast {
    const times = this.#times;
    this.#times = [];
    return {
      frames: this.#painted.take(),
      unreadable: this.#painted.unreadable,
      states: [...this.#states],
      gaps: [...this.#gaps],
      spans: [...this.#spans],
      ended: [...this.#ended],
      times,
      position: this.player.position,
      seekMs: this.#seekMs,
    };
  }

  close(): void {
    this.#painted.close();
    this.player.close();
  }
}

const watchers = new Map<string, PastWatcher>();
const of = (name: string): PastWatcher => {
  const found = watchers.get(name);
  if (!found) throw new Error(`nothing called "${name}" is watched`);
  return found;
};

/** What tests call in the page. */
const past = {
  watch(name: string, options: ConstructorParameters<typeof PastWatcher>[0]): void {
    watchers.set(name, new PastWatcher(options));
  },
  seek: (name: string, at: number): void => of(name).seek(at),
  play: (name: string): void => void of(name).player.play(),
  pause: (name: string): void => void of(name).player.pause(),
  rate: (name: string, rate: number): void => void of(name).player.setRate(rate),
  step: (name: string, direction: 1 | -1, by: 'frame' | 'key-frame' = 'frame'): void =>
    void of(name).player.step({ direction, by }),
  report: (name: string): WatchedPast => of(name).report(),
  close(name: string): void {
    of(name).close();
    watchers.delete(name);
  },
};

/** The page as the test's side sees it. */
export type Past = typeof past;

Object.assign(window, { past });
