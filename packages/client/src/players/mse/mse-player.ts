import { MalformedError, messageOf, micros } from '@pinhole/core';
import type { LiveFrame } from '@pinhole/protocol/live';
import { localNow } from '../../clock/local-clock.ts';
import { CaptureTimes } from '../../latency/capture-times.ts';
import type { FramePlayer, FramePlayerOptions, StreamConfig } from '../frame-player.ts';
import { createVideo, play } from '../video-element.ts';
import { watchFrames } from '../video-frames.ts';
import { AppendQueue } from './append-queue.ts';
import { LiveEdge } from './live-edge.ts';
import { type AttachedMediaSource, attachMediaSource, mimeTypeOf, mseProblem } from './media-source.ts';
import { Track, type TrackSegments } from './track.ts';

/** Played media is kept for so long, and at least from the key frame before the playhead on. */
const KEEP_SECONDS = 2;
/** A playhead so far behind the end did not run out of media: the clock of a hidden page ran on without any. */
const RAN_AWAY_MS = 200;
const MAX_ERRORS = 3;
const ERROR_WINDOW_MS = 10_000;

/** Plays by Media Source Extensions, near the live edge; works on plain http. */
export class MsePlayer implements FramePlayer {
  readonly element: HTMLVideoElement;
  readonly #options: FramePlayerOptions;
  readonly #captureTimes = new CaptureTimes();
  readonly #abort = new AbortController();
  #track = new Track();
  #edge = new LiveEdge();
  #source: AttachedMediaSource | undefined;
  #queue: AppendQueue | undefined;
  #codec: string | undefined;
  #bFrames = false;
  #needsKey = true;
  #keyTimes: number[] = [];
  /** Media time, in seconds, of the first live unit; it is not known while units from the server's store come. */
  #storeEnd = 0;
  /** Media time, in seconds, of the key unit after the last gap: what is before it is too old to go back to. */
  #seam = 0;
  #painted = 0;
  #skipped = 0;
  #errorsAt: number[] = [];
  #unwatch: (() => void) | undefined;
  #unblock: (() => void) | undefined;

  constructor(options: FramePlayerOptions) {
    this.#options = options;
    this.element = createVideo();
  }

  get decoded(): number {
    return this.element.getVideoPlaybackQuality().totalVideoFrames;
  }

  get painted(): number {
    return this.#painted;
  }

  get dropped(): number {
    return this.#skipped + this.element.getVideoPlaybackQuality().droppedVideoFrames;
  }

  get bufferMs(): number {
    return this.#aheadMs();
  }

  get decoder(): string {
    return 'MSE';
  }

  configure({ bFrames }: StreamConfig): void {
    this.#bFrames = bFrames;
  }

  write(frame: LiveFrame): void {
    if (this.#abort.signal.aborted) return;
    if (frame.discontinuity) this.skip();
    // A browser that wants no media may do so for long: then not even a key unit finds room.
    const full = this.#queue?.full === true;
    if (full && !this.#needsKey) this.#askForKey();
    if (full || (this.#needsKey && !frame.key)) {
      this.#skipped++;
      return;
    }
    let segments: TrackSegments;
    try {
      segments = this.#track.push(frame, { bFrames: this.#bFrames });
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      this.#askForKey();
      return;
    }
    if (this.#needsKey) this.#seam = segments.mediaTime / 1e6;
    this.#needsKey = false;
    if (segments.init && !this.#begin(segments.init)) return;
    if (frame.key) this.#keyTimes.push(segments.mediaTime / 1e6);
    this.#captureTimes.add(segments.mediaTime, frame.captureTime);
    // The live edge is behind the last of what the server had in store, which comes in parts.
    if (frame.catchUp) this.#storeEnd = Number.POSITIVE_INFINITY;
    else {
      if (this.#storeEnd === Number.POSITIVE_INFINITY) this.#storeEnd = segments.mediaTime / 1e6;
      this.#edge.arrived(frame.pts / 1000, localNow());
    }
    this.#queue?.append(segments.fragment);
  }

  skip(): void {
    this.#needsKey = true;
  }

  resume(): void {
    if (this.#source) this.#play();
  }

  close(): void {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    this.#unblock?.();
    this.#unwatch?.();
    this.#detach();
  }

  /** The first key unit, or one with other parameters. */
  #begin({ bytes, codec }: { readonly bytes: Uint8Array; readonly codec: string }): boolean {
    const problem = mseProblem(codec);
    if (problem !== undefined) {
      this.#giveUp('mse/unsupported', problem);
      return false;
    }
    if (!this.#queue) this.#attach(codec);
    else if (codec !== this.#codec) this.#queue.changeType(mimeTypeOf(codec));
    this.#codec = codec;
    this.#queue?.append(bytes);
    return true;
  }

  #attach(codec: string): void {
    const queue = new AppendQueue({
      updated: () => this.#updated(),
      failed: (thrown) => this.#failed(thrown),
      makeRoom: () => this.#trim(0.1),
      wantsMedia: () => this.#source?.wantsMedia() ?? false,
    });
    this.#queue = queue;
    this.#source = attachMediaSource(this.element, (event) => {
      if (event === 'open') this.#opened(queue, codec);
      else if (event === 'wants-media') queue.resume();
      else this.#failed(new Error('the browser took the buffer away'));
    });
    const { signal } = this.#abort;
    if (!this.#unwatch) {
      this.element.addEventListener('waiting', () => this.#edge.stalled(localNow()), { signal });
      const failed = (): void => this.#failed(this.element.error);
      this.element.addEventListener('error', failed, { signal });
      this.#unwatch = watchFrames(this.element, ({ shownAt, width, height, mediaTime }) => {
        this.#painted++;
        const captureTime = this.#captureTimes.at(micros(mediaTime * 1e6));
        const frame = {
          paintedAt: shownAt,
          width,
          height,
          ...(captureTime === undefined ? {} : { captureTime }),
        };
        this.#options.handle({ kind: 'painted', frame });
      });
    }
    this.#play();
  }

  #opened(queue: AppendQueue, codec: string): void {
    const mediaSource = this.#source?.mediaSource;
    if (queue !== this.#queue || !mediaSource) return;
    try {
      // An endless source is live to the browser: it shows a picture at once instead of filling a buffer first.
      mediaSource.duration = Number.POSITIVE_INFINITY;
      queue.use(mediaSource.addSourceBuffer(mimeTypeOf(codec)));
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  #updated(): void {
    const video = this.element;
    const { buffered } = video;
    const last = buffered.length - 1;
    if (last < 0) return;
    if (buffered.end(last) < Math.max(this.#storeEnd, this.#seam)) return;
    const start = buffered.start(last);
    const aheadMs = this.#aheadMs();
    const hole = start > video.currentTime + 0.001 || aheadMs < -RAN_AWAY_MS;
    const action = this.#edge.steer({ aheadMs, hole, seeking: video.seeking }, localNow());
    if (action.seekToAheadMs !== undefined) {
      video.currentTime = Math.max(start, this.#seam, buffered.end(last) - action.seekToAheadMs / 1000);
    }
    if (video.playbackRate !== action.playbackRate) video.playbackRate = action.playbackRate;
    this.#trim(KEEP_SECONDS);
  }

  /** Removes what was played `keepSeconds` ago, from the key frame on that the playhead does not need. */
  #trim(keepSeconds: number): boolean {
    const limit = this.element.currentTime - keepSeconds;
    const keep = this.#keyTimes.findLastIndex((time) => time <= limit);
    const end = this.#keyTimes[keep];
    if (keep < 1 || end === undefined) return false;
    this.#keyTimes.splice(0, keep);
    this.#queue?.trim(end);
    return true;
  }

  #aheadMs(): number {
    const { buffered, currentTime } = this.element;
    return buffered.length === 0 ? 0 : (buffered.end(buffered.length - 1) - currentTime) * 1000;
  }

  #play(): void {
    this.#unblock?.();
    this.#unblock = play(this.element, () => this.#options.handle({ kind: 'blocked' }));
  }

  #askForKey(): void {
    this.#needsKey = true;
    this.#options.handle({ kind: 'key-frame-wanted' });
  }

  /** Starts over with a new media source; too often in a row, and the player gives up. */
  #failed(thrown: unknown): void {
    if (this.#abort.signal.aborted || !this.#queue) return;
    const now = localNow();
    this.#errorsAt = [...this.#errorsAt.filter((at) => now - at < ERROR_WINDOW_MS), now];
    if (this.#errorsAt.length > MAX_ERRORS) {
      const words = thrown instanceof MediaError ? thrown.message : messageOf(thrown);
      this.#giveUp('mse/decoder', `The browser's media player fails again and again (${words}).`);
      return;
    }
    this.#detach();
    this.#track = new Track();
    this.#edge = new LiveEdge();
    this.#captureTimes.clear();
    this.#keyTimes = [];
    this.#storeEnd = 0;
    this.#seam = 0;
    this.#askForKey();
  }

  #detach(): void {
    this.#queue?.close();
    this.#queue = undefined;
    this.#source?.detach();
    this.#source = undefined;
  }

  #giveUp(code: string, reason: string): void {
    this.close();
    this.#options.handle({ kind: 'failed', failure: { code, reason, remedy: 'retry' } });
  }
}
