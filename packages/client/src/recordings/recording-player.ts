import { Emitter, type Listener, type Micros, messageOf, micros, millis } from '@pinhole/core';
import { localNow } from '../clock/local-clock.ts';
import { createVideo } from '../players/video-element.ts';
import { type VideoFrameShown, watchFrames } from '../players/video-frames.ts';
import { Screen, type SnapshotOptions } from '../screen.ts';
import { type FeedEvent, FootageFeed } from './footage-feed.ts';
import type { FootageIndex } from './footage-index.ts';
import { PlaybackReport } from './playback-report.ts';
import type { PlaybackState } from './playback-state.ts';
import { Playhead, wantedFrame } from './playhead.ts';
import type {
  PlaybackStep,
  RecordingPlayerEvents,
  RecordingPlayerOptions,
} from './recording-player-options.ts';
import { RecordingsApi } from './recordings-api.ts';

const TICK_MS = 100;
const PATIENCE_MS = 400;
const MAX_ERRORS = 3;
const ERROR_WINDOW_MS = 10_000;
/** Key frames are looked for so far away. */
const KEY_FRAMES_WITHIN = 60e6;

/**
 * The past of one camera on the page: plays from any time on, over borders of files, gaps and changes of the picture, from disk
 * and from memory, until now; steps, seeks, and comes back by itself.
 *
 * ```ts
 * const player = new RecordingPlayer({ camera: 'door', token, container });
 * player.on('time', ({ captureTime }) => show(new Date(captureTime / 1000)));
 * player.seek(micros((Date.now() - 30_000) * 1000));
 * ```
 */
export class RecordingPlayer {
  /** What else there is to ask about the recordings. */
  readonly api: RecordingsApi;
  readonly #options: RecordingPlayerOptions;
  readonly #emitter = new Emitter<RecordingPlayerEvents>({ onListenerError: reportError });
  readonly #screen: Screen;
  readonly #video = createVideo();
  readonly #head: Playhead;
  readonly #abort = new AbortController();
  readonly #unwatch: () => void;
  readonly #report = new PlaybackReport(this.#emitter);
  readonly #feed: FootageFeed;
  /** The time that was asked for and is not painted yet. */
  #target: Micros | undefined;
  /** The picture of the target is loaded, and the element is on its way. */
  #placed = false;
  #placedAt = millis(0);
  /** Asked for while the one before was on its way. */
  #queued: Micros | undefined;
  /** A step that waits for the next picture to be loaded. */
  #stepping = false;
  #shown: Micros | undefined;
  /** From here on another buffer is needed. */
  #otherTracksAt: Micros | undefined;
  #errorsAt: number[] = [];

  constructor(options: RecordingPlayerOptions) {
    this.#options = options;
    this.api = new RecordingsApi(options);
    this.#screen = new Screen(options.container);
    this.#head = new Playhead({ video: this.#video, blocked: () => this.#look() });
    this.#feed = new FootageFeed({
      api: this.api,
      video: this.#video,
      playhead: () => (this.#placed || this.#target === undefined ? this.#head.ticks : undefined),
      rate: () => this.#head.rate,
      handle: (event) => this.#hear(event),
    });
    this.#screen.add(this.#video);
    this.#screen.show(this.#video);
    const { signal } = this.#abort;
    // What is paused shows its picture and stays.
    this.#video.autoplay = false;
    this.#video.addEventListener('seeked', () => this.#settled(), { signal });
    this.#video.addEventListener('error', () => this.#failed(this.#video.error), { signal });
    globalThis.addEventListener?.('online', () => this.#feed.wake(), { signal });
    this.#unwatch = watchFrames(this.#video, (frame) => this.#painted(frame));
    const timer = setInterval(() => this.#look(), TICK_MS);
    signal.addEventListener('abort', () => clearInterval(timer));
    if (options.signal?.aborted) this.close();
    else options.signal?.addEventListener('abort', () => this.close(), { signal });
  }

  /** What it does now. */
  get state(): PlaybackState {
    return this.#report.state;
  }

  /** When the picture on the page was captured, UTC; the time that is looked for while it is not there yet. */
  get position(): Micros | undefined {
    const { waited } = this.#head;
    if (waited !== undefined) return this.#feed.index?.captureTimeAt(waited);
    return this.#queued ?? this.#target ?? this.#shown;
  }

  /** The element that shows the picture. */
  get element(): HTMLVideoElement {
    return this.#video;
  }

  /** 1 is as it was; 0.5 to 16. */
  get rate(): number {
    return this.#head.rate;
  }

  /** Without its sound, as at first: browsers start nothing loud by itself. */
  get muted(): boolean {
    return this.#video.muted;
  }

  set muted(muted: boolean) {
    this.#video.muted = muted;
  }

  /**
   * Calls `listener` at each `name` from now on.
   * @returns a function that ends it
   */
  on<Name extends keyof RecordingPlayerEvents>(
    name: Name,
    listener: Listener<RecordingPlayerEvents[Name]>,
  ): () => void {
    return this.#emitter.on(name, listener);
  }

  /** Shows the picture of a time, UTC: the one that was captured then or last before, or the first behind a gap. */
  seek(time: Micros): this {
    if (this.#report.facts.closed) return this;
    this.#stepping = false;
    this.#report.asked();
    this.#queued = time;
    // One after the other, else none would ever be painted while somebody drags.
    if (this.#target === undefined || !this.#placed) this.#goToQueued();
    this.#update();
    return this;
  }

  /** Goes on. */
  play(): this {
    if (this.#report.facts.closed) return this;
    this.#report.asked();
    this.#head.play();
    this.#look();
    return this;
  }

  /** Stands still. */
  pause(): this {
    this.#head.pause();
    this.#look();
    return this;
  }

  /** Plays so many times as fast. @throws {RangeError} for what browsers do not play: 0.5 to 16 */
  setRate(rate: number): this {
    if (!(rate >= 0.5 && rate <= 16)) throw new RangeError(`rate ${rate}, need 0.5 to 16`);
    this.#head.rate = rate;
    return this;
  }

  /** Stands still at the next picture or key frame, or the one before. */
  step({ direction, by = 'frame' }: PlaybackStep): this {
    const { index } = this.#feed;
    if (this.#report.facts.closed || index === undefined) return this;
    this.pause();
    this.#report.asked();
    const keys = by === 'key-frame';
    const found = index.beside(this.#head.cursor, { step: direction, keys });
    if (found) {
      this.#queued = undefined;
      this.#target = found.captureTime;
      this.#show(found);
    } else if (keys) void this.#seekKeyFrame(direction);
    else if (direction === 1) this.#stepping = true;
    else if (index.first) this.seek(micros(index.first.captureTime - 1_000));
    this.#update();
    return this;
  }

  /** Tries once more after a refusal or a fault. */
  retry(): this {
    const { position } = this;
    return position === undefined ? this : this.#restart(position);
  }

  /** The picture on the page as a file. @throws {PinholeError} `client/no-picture` */
  snapshot(options: SnapshotOptions = {}): Promise<Blob> {
    return this.#screen.snapshot(options);
  }

  /** Ends everything and takes the picture off the page. May be called again. */
  close(): void {
    if (this.#report.facts.closed) return;
    this.#report.facts.closed = true;
    this.#abort.abort();
    this.#unwatch();
    this.#feed.reset();
    this.#head.close();
    this.#screen.clear();
    this.#update();
  }

  #goToQueued(): void {
    const time = this.#queued;
    if (time === undefined) return;
    this.#queued = undefined;
    this.#report.facts = {
      opened: true,
      closed: false,
      starved: false,
      paused: !this.#head.playing,
      edge: this.#report.facts.edge,
    };
    this.#target = time;
    const { index } = this.#feed;
    const frame = index && this.#otherTracksAt === undefined && wantedFrame(index, time);
    if (frame && index?.first && index.first.captureTime <= time) this.#show(frame);
    else this.#load(time);
  }

  /** Loads from a time on what is not loaded. */
  #load(time: Micros): void {
    this.#placed = false;
    this.#head.stay();
    this.#report.facts.edge = undefined;
    this.#otherTracksAt = undefined;
    this.#feed.load(time);
  }

  #hear(event: FeedEvent): void {
    const { facts } = this.#report;
    switch (event.kind) {
      case 'updated':
        break;
      case 'fragment':
        facts.trouble = undefined;
        facts.edge = undefined;
        this.#place();
        return;
      case 'span':
        this.#emitter.emit('span', { from: event.from, contentType: event.contentType });
        return;
      case 'failed':
        this.#failed(event.thrown);
        return;
      case 'unsupported':
        facts.failed = { code: 'mse/unsupported', reason: event.reason };
        break;
      case 'loading':
        facts.trouble = undefined;
        break;
      case 'trouble':
        facts.trouble = event.trouble;
        break;
      case 'refused':
        facts.refused = { code: event.code, reason: event.reason };
        break;
      case 'other-tracks':
        this.#otherTracksAt = event.at;
        break;
      case 'edge':
        facts.trouble = undefined;
        facts.edge = event.edge;
        this.#endAt(event.last);
    }
    this.#look();
  }

  /** What was asked for lies behind the last picture: that one is shown. */
  #endAt(last: Micros | undefined): void {
    if (this.#target === undefined || this.#placed) return;
    const frame = this.#feed.index?.last;
    if (frame) this.#show(frame);
    else if (last !== undefined && last < this.#target) this.seek(micros(last - 1_000));
  }

  /** Shows what was asked for, once it is loaded. */
  #place(): void {
    const { index } = this.#feed;
    if (index === undefined) return;
    if (this.#stepping) {
      const next = index.beside(this.#head.cursor, { step: 1 });
      if (next) {
        this.#stepping = false;
        this.#target = next.captureTime;
        this.#show(next);
      }
    }
    if (this.#target === undefined || this.#placed) return;
    const frame = wantedFrame(index, this.#target);
    if (frame === undefined) return;
    if (frame.captureTime > this.#target) {
      this.#emitter.emit('gap', { from: this.#target, to: frame.captureTime });
    }
    this.#show(frame);
  }

  #show(frame: Parameters<Playhead['show']>[0]): void {
    this.#placed = true;
    this.#placedAt = localNow();
    this.#report.facts.gap = undefined;
    this.#head.show(frame);
  }

  #settled(): void {
    if (!this.#placed || this.#video.seeking || !this.#head.arrive()) return;
    this.#target = undefined;
    this.#placed = false;
    this.#goToQueued();
    this.#look();
  }

  #painted({ mediaTime, shownAt, width, height }: VideoFrameShown): void {
    const frame = this.#feed.index?.shownAt(this.#head.painted(mediaTime));
    if (frame === undefined) return;
    this.#shown = frame.captureTime;
    this.#emitter.emit('time', { captureTime: frame.captureTime, paintedAt: shownAt, width, height });
  }

  /** Looks what is next for the playhead. Called a few times a second. */
  #look(): void {
    const { index } = this.#feed;
    if (this.#report.facts.closed || index === undefined) return;
    this.#head.arrive();
    if (this.#target === undefined) {
      this.#passHole(index);
      this.#report.facts.starved =
        this.#head.playing && this.#target === undefined && this.#head.isStarved(index);
      this.#feed.trim();
    } else if (this.#placed && this.#queued !== undefined && localNow() - this.#placedAt > PATIENCE_MS) {
      // Near now a browser may wait for pictures that are not there yet before it says that it is where it should be.
      this.#goToQueued();
    }
    if (this.#otherTracksAt !== undefined && (this.#report.facts.starved || this.#target !== undefined)) {
      this.#restart(this.#target ?? this.#otherTracksAt);
    }
    this.#update();
  }

  #passHole(index: FootageIndex): void {
    const { waited, waitsThrough, playing } = this.#head;
    const hole = waitsThrough ?? this.#head.holeHere(index);
    if (hole === undefined || !playing || this.#video.seeking) return;
    if (waited !== undefined && waited < hole.to) return;
    const next = index.beside(hole.from, { step: 1 }) ?? index.shownAt(hole.to);
    const from = index.captureTimeAt(hole.from);
    if (next === undefined || from === undefined) return;
    const gap = { from, to: next.captureTime };
    if (waited === undefined) this.#emitter.emit('gap', gap);
    if (waited === undefined && this.#options.gaps === 'wait') {
      this.#head.waitThrough(hole);
      this.#report.facts.gap = gap;
    } else {
      this.#target = next.captureTime;
      this.#show(next);
    }
  }

  async #seekKeyFrame(direction: 1 | -1): Promise<void> {
    const { position } = this;
    if (position === undefined) return;
    const [from, to] =
      direction === 1
        ? [position + 1_000, position + KEY_FRAMES_WITHIN]
        : [Math.max(0, position - KEY_FRAMES_WITHIN), position - 1_000];
    try {
      const { signal } = this.#abort;
      const found = await this.api.keyFrames({ from: micros(from), to: micros(to) }, { signal });
      const key = direction === 1 ? found[0] : found.at(-1);
      if (key !== undefined) this.seek(micros(key + 1_000));
    } catch {
      // The picture stays; what is wrong with the server is told where footage is loaded.
    }
  }

  /** Begins anew with another buffer. */
  #restart(time: Micros): this {
    if (this.#report.facts.closed) return this;
    this.#feed.reset();
    this.#target = undefined;
    this.#placed = false;
    this.#otherTracksAt = undefined;
    return this.seek(time);
  }

  /** Begins anew; too often in a row, and the player gives up. */
  #failed(thrown: unknown): void {
    if (this.#report.facts.closed || this.#feed.index === undefined) return;
    const now = localNow();
    this.#errorsAt = [...this.#errorsAt.filter((at) => now - at < ERROR_WINDOW_MS), now];
    const { position } = this;
    if (this.#errorsAt.length <= MAX_ERRORS && position !== undefined) this.#restart(position);
    else {
      const words = thrown instanceof MediaError ? thrown.message : messageOf(thrown);
      const reason = `The browser's media player fails again and again (${words}).`;
      this.#feed.stop();
      this.#report.facts.failed = { code: 'mse/decoder', reason };
      this.#update();
    }
  }

  #update(): void {
    const { waitsThrough, playing } = this.#head;
    const { facts } = this.#report;
    if (waitsThrough === undefined) facts.gap = undefined;
    facts.paused = !playing;
    facts.seekingTo = this.#placed ? undefined : this.#target;
    this.#report.tell(this.position);
  }
}
