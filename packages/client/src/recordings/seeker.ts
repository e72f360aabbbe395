import { type Micros, micros, millis } from '@pinhole/core';
import { localNow } from '../clock/local-clock.ts';
import type { FootageFeed } from './footage-feed.ts';
import type { LoadedFrame } from './footage-index.ts';
import { type Playhead, wantedFrame } from './playhead.ts';
import type { PlaybackStep } from './recording-player-options.ts';
import type { TimeRange } from './recording-types.ts';
import type { RecordingsApi } from './recordings-api.ts';

/** What a seeker needs. */
export interface SeekerOptions {
  readonly api: RecordingsApi;
  readonly feed: FootageFeed;
  readonly head: Playhead;
  /** What is asked for was not recorded; the next that was is shown. */
  readonly gap: (gap: TimeRange) => void;
  /** It begins to go to another time, of which the picture is loaded or has to be. */
  readonly going: (loaded: 'loaded' | 'loading') => void;
}

const PATIENCE_MS = 400;
/** What is missing for less is the distance of two pictures. */
const SHORTEST_GAP = 1_000_000;
/** Key frames are looked for so far away. */
const KEY_FRAMES_WITHIN = 60e6;

/**
 * What was asked for, until it is shown: loads what is not loaded, goes there when the browser has it, and keeps the newest
 * wish while it is on its way. One after the other, else none would ever be painted while somebody drags.
 */
export class Seeker {
  readonly #options: SeekerOptions;
  /** The time that was asked for and is not painted yet. */
  #target: Micros | undefined;
  /** The picture of the target is loaded, and the element is on its way. */
  #placed = false;
  #placedAt = millis(0);
  #queued: Micros | undefined;
  /** A step that waits for the next picture to be loaded. */
  #stepping = false;

  constructor(options: SeekerOptions) {
    this.#options = options;
  }

  /** What is wanted and not shown yet. */
  get wanted(): Micros | undefined {
    return this.#queued ?? this.#target;
  }

  /** What is looked for and not loaded yet. */
  get missing(): Micros | undefined {
    return this.#placed ? undefined : this.#target;
  }

  /** Shows the picture of a time. */
  seek(time: Micros): void {
    this.#stepping = false;
    this.#queued = time;
    if (this.#target === undefined || !this.#placed) this.#goToQueued();
  }

  /** Goes to a picture that is loaded. */
  show(frame: LoadedFrame): void {
    this.#target = frame.captureTime;
    this.#place(frame);
  }

  /** Goes to the picture or key frame next to the last one that was shown or asked for. */
  step({ direction, by = 'frame' }: PlaybackStep): void {
    const { feed, head } = this.#options;
    const { index } = feed;
    if (index === undefined) return;
    const found = index.beside(head.cursor, { step: direction, keys: by === 'key-frame' });
    if (found) {
      this.#queued = undefined;
      this.show(found);
    } else if (by === 'key-frame') void this.#seekKeyFrame(direction);
    else if (direction === 1) this.#stepping = true;
    else if (index.first) this.seek(micros(index.first.captureTime - 1_000));
  }

  /** More is loaded. */
  loaded(): void {
    const { feed, head, gap } = this.#options;
    const { index } = feed;
    const next = this.#stepping ? index?.beside(head.cursor, { step: 1 }) : undefined;
    if (next) {
      this.#stepping = false;
      this.show(next);
    }
    if (index === undefined || this.#target === undefined || this.#placed) return;
    const frame = wantedFrame(index, this.#target);
    if (frame === undefined) return;
    if (frame.captureTime - this.#target >= SHORTEST_GAP) gap({ from: this.#target, to: frame.captureTime });
    this.#place(frame);
  }

  /** Nothing more is to be had. What was asked for lies behind the last picture: that one is shown. */
  ended(last: Micros | undefined): void {
    if (this.#target === undefined || this.#placed) return;
    const frame = this.#options.feed.index?.last;
    if (frame) this.#place(frame);
    else if (last !== undefined && last < this.#target) this.seek(micros(last - 1_000));
  }

  /** The element is where it was sent: goes on to what was asked for meanwhile. */
  arrived(): void {
    if (!this.#placed || !this.#options.head.arrive()) return;
    this.#target = undefined;
    this.#placed = false;
    this.#goToQueued();
  }

  /** Near now a browser may wait for pictures that are not there yet before it says that it has arrived. */
  look(): void {
    if (this.#placed && this.#queued !== undefined && localNow() - this.#placedAt > PATIENCE_MS)
      this.#goToQueued();
  }

  /** Forgets what was asked for. */
  reset(): void {
    this.#target = undefined;
    this.#queued = undefined;
    this.#placed = false;
    this.#stepping = false;
  }

  #goToQueued(): void {
    const time = this.#queued;
    if (time === undefined) return;
    const { feed, head, going } = this.#options;
    this.#queued = undefined;
    this.#target = time;
    const { index } = feed;
    const frame = index && wantedFrame(index, time);
    const isLoaded = index?.first !== undefined && index.first.captureTime <= time;
    going(frame && isLoaded ? 'loaded' : 'loading');
    if (frame && isLoaded) this.#place(frame);
    else {
      this.#placed = false;
      head.stay();
      feed.load(time);
    }
  }

  #place(frame: LoadedFrame): void {
    this.#placed = true;
    this.#placedAt = localNow();
    this.#options.head.show(frame);
  }

  async #seekKeyFrame(direction: 1 | -1): Promise<void> {
    const { api, feed, head } = this.#options;
    const at = feed.index?.captureTimeAt(head.cursor);
    if (at === undefined) return;
    const [from, to] =
      direction === 1
        ? [at + 1_000, at + KEY_FRAMES_WITHIN]
        : [Math.max(0, at - KEY_FRAMES_WITHIN), Math.max(1, at - 1_000)];
    try {
      const found = await api.keyFrames({ from: micros(from), to: micros(to) });
      const key = direction === 1 ? found[0] : found.at(-1);
      // They are told to the millisecond.
      if (key !== undefined) this.seek(micros(key + 1_000));
    } catch {
      // The picture stays; what is wrong with the server is told where footage is loaded.
    }
  }
}
