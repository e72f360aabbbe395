import { Emitter, type Listener, type Micros, messageOf, micros } from '@pinhole/core';
import { localNow } from '../clock/local-clock.ts';
import { createVideo } from '../players/video-element.ts';
import { type VideoFrameShown, watchFrames } from '../players/video-frames.ts';
import { Screen, type SnapshotOptions } from '../screen.ts';
import { FootageBuffer } from './footage-buffer.ts';
import { FootageLoader, type LoaderEvent } from './footage-loader.ts';
import { pause } from './pause.ts';
import { describePlayback, type PlaybackFacts, type PlaybackState } from './playback-state.ts';
import { Playhead, wantedFrame } from './playhead.ts';
import type {
  PlaybackStep,
  RecordingPlayerEvents,
  RecordingPlayerOptions,
} from './recording-player-options.ts';
import { RecordingsApi } from './recordings-api.ts';

const TICK_MS = 100;
/** How far before the first picture the time line begins: within it, seeking back needs no other buffer. */
const BEFORE_ORIGIN = 7 * 86_400e6;
const LEAST_AHEAD_SECONDS = 10;
const MOST_AHEAD_SECONDS = 60;
const MOST_AHEAD_BYTES = 32 * 2 ** 20;
const MAX_ERRORS = 3;
const ERROR_WINDOW_MS = 10_000;
/** Key frames are looked for so far away. */
const KEY_FRAMES_WITHIN = 60e6;

type Mutable<Facts> = { -readonly [Name in keyof Facts]: Facts[Name] };

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
  #facts: Mutable<PlaybackFacts> = { opened: false, closed: false, starved: false, paused: false };
  #state: PlaybackState = describePlayback(this.#facts);
  #buffer: FootageBuffer | undefined;
  #loader: FootageLoader | undefined;
  #origin = micros(0);
  /** The time that was asked for and is not painted yet. */
  #target: Micros | undefined;
  /** The picture of the target is loaded, and the element is on its way. */
  #placed = false;
  /** Asked for while the one before was on its way. */
  #queued: Micros | undefined;
  /** A step that waits for the next picture to be loaded. */
  #stepping = false;
  #shown: Micros | undefined;
  /** From here on another buffer is needed. */
  #otherTracksAt: Micros | undefined;
  #contentType: string | undefined;
  #told = false;
  #errorsAt: number[] = [];

  constructor(options: RecordingPlayerOptions) {
    this.#options = options;
    this.api = new RecordingsApi(options);
    this.#screen = new Screen(options.container);
    this.#head = new Playhead({ video: this.#video, blocked: () => this.#look() });
    const { signal } = this.#abort;
    // What is paused shows its picture and stays.
    this.#video.autoplay = false;
    this.#video.addEventListener('seeked', () => this.#settled(), { signal });
    this.#video.addEventListener('error', () => this.#failed(this.#video.error), { signal });
    globalThis.addEventListener?.('online', () => this.#loader?.wake(), { signal });
    this.#unwatch = watchFrames(this.#video, (frame) => this.#painted(frame));
    const timer = setInterval(() => this.#look(), TICK_MS);
    signal.addEventListener('abort', () => clearInterval(timer));
    if (options.signal?.aborted) this.close();
    else options.signal?.addEventListener('abort', () => this.close(), { signal });
  }

  /** What it does now. */
  get state(): PlaybackState {
    return this.#state;
  }

  /** When the picture on the page was captured, UTC; the time that is looked for while it is not there yet. */
  get position(): Micros | undefined {
    const { waited } = this.#head;
    if (waited !== undefined) return this.#buffer?.index.captureTimeAt(waited);
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
    if (this.#facts.closed) return this;
    this.#stepping = false;
    this.#told = false;
    this.#queued = time;
    // One after the other, else none would ever be painted while somebody drags.
    if (this.#target === undefined || !this.#placed) this.#goToQueued();
    this.#update();
    return this;
  }

  /** Goes on. */
  play(): this {
    if (this.#facts.closed) return this;
    this.#told = false;
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
    if (this.#facts.closed || this.#buffer === undefined) return this;
    this.pause();
    this.#told = false;
    const keys = by === 'key-frame';
    const found = this.#buffer.index.beside(this.#head.cursor, { step: direction, keys });
    if (found) {
      this.#queued = undefined;
      this.#target = found.captureTime;
      this.#show(found);
    } else if (keys) void this.#seekKeyFrame(direction);
    else if (direction === 1) this.#stepping = true;
    else if (this.#buffer.index.first) this.seek(micros(this.#buffer.index.first.captureTime - 1_000));
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
    if (this.#facts.closed) return;
    this.#facts.closed = true;
    this.#abort.abort();
    this.#unwatch();
    this.#loader?.close();
    this.#head.close();
    this.#buffer?.close();
    this.#screen.clear();
    this.#update();
  }

  #goToQueued(): void {
    const time = this.#queued;
    if (time === undefined) return;
    this.#queued = undefined;
    this.#facts = {
      opened: true,
      closed: false,
      starved: false,
      paused: !this.#head.playing,
      edge: this.#facts.edge,
    };
    this.#target = time;
    const frame = this.#buffer && this.#otherTracksAt === undefined && wantedFrame(this.#buffer.index, time);
    const { first } = this.#buffer?.index ?? {};
    if (frame && first && first.captureTime <= time) this.#show(frame);
    else this.#load(time);
  }

  /** Loads from a time on what is not loaded. */
  #load(time: Micros): void {
    this.#loader?.close();
    this.#placed = false;
    this.#facts.edge = undefined;
    this.#otherTracksAt = undefined;
    if (this.#buffer === undefined || time < this.#origin) {
      this.#buffer?.close();
      this.#origin = micros(Math.max(0, time - BEFORE_ORIGIN));
      this.#buffer = this.#createBuffer();
    } else this.#buffer.clear();
    this.#loader = this.#createLoader(this.#buffer);
    // A fault of ours is told like one.
    this.#loader.run(time).catch(reportError);
  }

  #createBuffer(): FootageBuffer {
    this.#screen.add(this.#video);
    this.#screen.show(this.#video);
    const buffer: FootageBuffer = new FootageBuffer({
      video: this.#video,
      updated: () => this.#look(),
      failed: (thrown) => buffer === this.#buffer && this.#failed(thrown),
    });
    return buffer;
  }

  #createLoader(buffer: FootageBuffer): FootageLoader {
    const { index } = buffer;
    const ahead = (): number =>
      this.#placed || this.#target === undefined ? ((index.end ?? 0) - this.#head.ticks) / 90_000 : 0;
    const wanted = (): number =>
      Math.min(MOST_AHEAD_SECONDS, Math.max(LEAST_AHEAD_SECONDS, this.#head.rate * 5));
    const isFull = (): boolean =>
      buffer.full || (this.#placed && index.bytesAfter(this.#head.ticks) > MOST_AHEAD_BYTES && ahead() > 1);
    const loader: FootageLoader = new FootageLoader({
      api: this.api,
      origin: this.#origin,
      ahead,
      wanted,
      handle: (event) => this.#loader === loader && this.#hear(event),
      sink: {
        index,
        init: (bytes, contentType) => this.#begin(buffer, { bytes, contentType }),
        fragment: (fragment) => {
          buffer.append(fragment);
          this.#facts.trouble = undefined;
          this.#facts.edge = undefined;
          this.#place();
        },
        room: async (signal) => {
          while (isFull() && !signal.aborted) await pause(TICK_MS, signal);
        },
      },
    });
    return loader;
  }

  #begin(
    buffer: FootageBuffer,
    { bytes, contentType }: { readonly bytes: Uint8Array; readonly contentType: string },
  ): boolean {
    const problem = FootageBuffer.problemOf(contentType);
    if (problem !== undefined) {
      this.#giveUp('mse/unsupported', problem);
      return false;
    }
    if (!buffer.init(bytes, contentType)) return false;
    if (contentType !== this.#contentType) {
      this.#contentType = contentType;
      const from = buffer.index.reached ?? this.#target;
      if (from !== undefined) this.#emitter.emit('span', { from, contentType });
    }
    return true;
  }

  #hear(event: LoaderEvent): void {
    switch (event.kind) {
      case 'loading':
        this.#facts.trouble = undefined;
        break;
      case 'trouble':
        this.#facts.trouble = event.trouble;
        break;
      case 'refused':
        this.#facts.refused = { code: event.code, reason: event.reason };
        break;
      case 'other-tracks':
        this.#otherTracksAt = event.at;
        break;
      case 'edge':
        this.#facts.trouble = undefined;
        this.#facts.edge = event.edge;
        this.#endAt(event.last);
    }
    this.#look();
  }

  /** What was asked for lies behind the last picture: that one is shown. */
  #endAt(last: Micros | undefined): void {
    if (this.#target === undefined || this.#placed) return;
    const frame = this.#buffer?.index.last;
    if (frame) this.#show(frame);
    else if (last !== undefined && last < this.#target) this.seek(micros(last - 1_000));
  }

  /** Shows what was asked for, once it is loaded. */
  #place(): void {
    const index = this.#buffer?.index;
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
    this.#facts.gap = undefined;
    this.#head.show(frame);
  }

  #settled(): void {
    if (!this.#placed || this.#video.seeking) return;
    this.#target = undefined;
    this.#placed = false;
    this.#goToQueued();
    this.#look();
  }

  #painted({ mediaTime, shownAt, width, height }: VideoFrameShown): void {
    const frame = this.#buffer?.index.shownAt(this.#head.painted(mediaTime));
    if (frame === undefined) return;
    this.#shown = frame.captureTime;
    this.#emitter.emit('time', { captureTime: frame.captureTime, paintedAt: shownAt, width, height });
  }

  /** Looks what is next for the playhead. Called a few times a second. */
  #look(): void {
    const buffer = this.#buffer;
    if (this.#facts.closed || buffer === undefined) return;
    if (this.#target === undefined) {
      this.#passHole(buffer);
      const nothingNext = this.#head.isNearEnd(buffer.index) && this.#video.readyState < 4;
      this.#facts.starved = this.#head.playing && (nothingNext || buffer.index.end === undefined);
      buffer.trim();
    }
    if (this.#otherTracksAt !== undefined && (this.#facts.starved || this.#target !== undefined)) {
      this.#restart(this.#target ?? this.#otherTracksAt);
    }
    this.#update();
  }

  #passHole({ index }: FootageBuffer): void {
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
      this.#facts.gap = gap;
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
    if (this.#facts.closed) return this;
    this.#loader?.close();
    this.#buffer?.close();
    this.#buffer = undefined;
    this.#target = undefined;
    this.#placed = false;
    this.#otherTracksAt = undefined;
    this.#contentType = undefined;
    return this.seek(time);
  }

  /** Begins anew; too often in a row, and the player gives up. */
  #failed(thrown: unknown): void {
    if (this.#facts.closed || this.#buffer === undefined) return;
    const now = localNow();
    this.#errorsAt = [...this.#errorsAt.filter((at) => now - at < ERROR_WINDOW_MS), now];
    const { position } = this;
    if (this.#errorsAt.length <= MAX_ERRORS && position !== undefined) this.#restart(position);
    else {
      const words = thrown instanceof MediaError ? thrown.message : messageOf(thrown);
      this.#giveUp('mse/decoder', `The browser's media player fails again and again (${words}).`);
    }
  }

  #giveUp(code: string, reason: string): void {
    this.#loader?.close();
    this.#facts.failed = { code, reason };
    this.#update();
  }

  #update(): void {
    const { waitsThrough, playing } = this.#head;
    if (waitsThrough === undefined) this.#facts.gap = undefined;
    this.#facts.paused = !playing;
    this.#facts.seekingTo = this.#placed ? undefined : this.#target;
    const before = this.#state;
    this.#state = describePlayback(this.#facts);
    if (isSame(before, this.#state)) return;
    this.#emitter.emit('state', this.#state);
    const { kind } = this.#state;
    if (this.#told || (kind !== 'live-edge' && kind !== 'ended') || this.position === undefined) return;
    this.#told = true;
    this.#emitter.emit('ended', { edge: kind === 'ended' ? 'end' : 'live', at: this.position });
  }
}

const isSame = (a: PlaybackState, b: PlaybackState): boolean =>
  a.kind === b.kind && JSON.stringify(a) === JSON.stringify(b);
