import { Emitter, type Listener, type Micros, messageOf } from '@pinhole/core';
import { localNow } from '../clock/local-clock.ts';
import { createVideo } from '../players/video-element.ts';
import { type VideoFrameShown, watchFrames } from '../players/video-frames.ts';
import { Screen, type SnapshotOptions } from '../screen.ts';
import { ErrorBudget } from './error-budget.ts';
import { type FeedEvent, FootageFeed } from './footage-feed.ts';
import type { FootageIndex } from './footage-index.ts';
import { PlaybackReport } from './playback-report.ts';
import type { PlaybackState } from './playback-state.ts';
import { Playhead } from './playhead.ts';
import type {
  PlaybackStep,
  RecordingPlayerEvents,
  RecordingPlayerOptions,
} from './recording-player-options.ts';
import { RecordingsApi } from './recordings-api.ts';
import { Seeker } from './seeker.ts';

const TICK_MS = 100;

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
  readonly #seeker: Seeker;
  #shown: Micros | undefined;
  /** From here on another buffer is needed. */
  #otherTracksAt: Micros | undefined;
  readonly #errors = new ErrorBudget({ most: 3, windowMs: 10_000 });

  constructor(options: RecordingPlayerOptions) {
    this.#options = options;
    this.api = new RecordingsApi(options);
    this.#screen = new Screen(options.container);
    this.#head = new Playhead({ video: this.#video, blocked: () => this.#look() });
    this.#feed = new FootageFeed({
      api: this.api,
      video: this.#video,
      playhead: () => (this.#seeker.missing === undefined ? this.#head.ticks : undefined),
      rate: () => this.#head.rate,
      handle: (event) => this.#hear(event),
    });
    this.#seeker = new Seeker({
      api: this.api,
      feed: this.#feed,
      head: this.#head,
      gap: (gap) => this.#emitter.emit('gap', gap),
      going: (loaded) => {
        this.#otherTracksAt = undefined;
        this.#report.begin(loaded);
      },
    });
    this.#screen.add(this.#video);
    this.#screen.show(this.#video);
    const { signal } = this.#abort;
    // What is paused shows its picture and stays.
    this.#video.autoplay = false;
    this.#video.addEventListener('seeked', () => this.#arrived(), { signal });
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
    return this.#seeker.wanted ?? this.#shown;
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
    this.#report.asked();
    this.#seeker.seek(time);
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
  step(step: PlaybackStep): this {
    if (this.#report.facts.closed) return this;
    this.pause();
    this.#report.asked();
    this.#seeker.step(step);
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

  #hear(event: FeedEvent): void {
    this.#report.learn(event);
    const { kind } = event;
    if (kind === 'fragment') this.#seeker.loaded();
    else if (kind === 'failed') this.#failed(event.thrown);
    else if (kind === 'span')
      this.#emitter.emit('span', { from: event.from, contentType: event.contentType });
    else {
      if (kind === 'other-tracks') this.#otherTracksAt = event.at;
      if (kind === 'edge') this.#seeker.ended(event.last);
      this.#look();
    }
  }

  #arrived(): void {
    if (!this.#video.seeking) this.#seeker.arrived();
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
    this.#seeker.look();
    if (this.#seeker.wanted === undefined) {
      this.#passHole(index);
      this.#report.facts.starved =
        this.#head.playing && this.#seeker.wanted === undefined && this.#head.isStarved(index);
      this.#feed.trim();
    }
    if (
      this.#otherTracksAt !== undefined &&
      (this.#report.facts.starved || this.#seeker.missing !== undefined)
    ) {
      this.#restart(this.#seeker.missing ?? this.#otherTracksAt);
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
      this.#report.facts.gap = undefined;
      this.#seeker.show(next);
    }
  }

  /** Begins anew with another buffer. */
  #restart(time: Micros): this {
    if (this.#report.facts.closed) return this;
    this.#feed.reset();
    this.#seeker.reset();
    return this.seek(time);
  }

  /** Begins anew; too often in a row, and the player gives up. */
  #failed(thrown: unknown): void {
    if (this.#report.facts.closed || this.#feed.index === undefined) return;
    const { position } = this;
    if (this.#errors.add(localNow()) && position !== undefined) this.#restart(position);
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
    facts.seekingTo = this.#seeker.missing;
    this.#report.tell(this.position);
  }
}
