import { basename } from 'node:path';
import { type Abort, type Micros, type Millis, micros, millis, PinholeError } from '@pinhole/core';
import type { ControlDescriptor, Source, SourceDescription, SourceSink } from '@pinhole/engine';
import { type SourceClock, SystemClock } from '../clock.ts';
import type { TimedPicture } from './clip.ts';
import { playedClip } from './played-clip.ts';

/** How a file is played as a camera. */
export interface FileSourceOptions {
  readonly path: string;
  /** Begin again at the end; default true. */
  readonly loop?: boolean;
  /** For people; the file's name unless told. */
  readonly label?: string;
  /** Whether AAC or Opus in it is played as well. Default `off`. */
  readonly audio?: 'off' | 'on';
  /** Rate of a raw H.264 file, 1…240, in place of what its SPS tells (25 where that tells none). */
  readonly framesPerSecond?: number;
  readonly clock?: SourceClock;
}

/** What the source did since it was made. */
export interface FileCounters {
  readonly pictures: number;
  readonly audioFrames: number;
  /** Times that it was so late (a busy machine, a slow disk) that the rest was put off rather than hurried through. */
  readonly postponements: number;
}

/** Later than that, the time line moves; less is caught up. */
const MAX_LATENESS_MS = 1_000;

/**
 * A camera that plays an MP4 or raw H.264 file at its own speed, over and over, with times that go on at the seam.
 * `captureTime` is the moment at which a picture is handed on. The file is read as it is played; one that is replaced
 * meanwhile is taken from the next round on.
 *
 * @throws {PinholeError} `source/bad-option` for a frame rate that is none.
 */
export const createFileSource = (options: FileSourceOptions): FileSource => new FileSource(options);

/** The source that `createFileSource` makes. */
export class FileSource implements Source {
  readonly #options: FileSourceOptions;
  readonly #clock: SourceClock;
  readonly #originUtc: number;
  #sequence = 0;
  #postponements = 0;
  #audioFrames = 0;
  #lastSoundPts = Number.NEGATIVE_INFINITY;
  #lastDts = Number.NEGATIVE_INFINITY;

  constructor(options: FileSourceOptions) {
    const { framesPerSecond } = options;
    if (framesPerSecond !== undefined && !(framesPerSecond >= 1 && framesPerSecond <= 240)) {
      throw new PinholeError('source/bad-option', `framesPerSecond ${framesPerSecond}: use 1 to 240`);
    }
    this.#options = options;
    this.#clock = options.clock ?? new SystemClock();
    this.#originUtc = this.#clock.utcNow() - this.#clock.monotonicNow() * 1000;
  }

  /** What it did so far. */
  get counters(): FileCounters {
    return { pictures: this.#sequence, audioFrames: this.#audioFrames, postponements: this.#postponements };
  }

  async start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    if (signal.aborted) return;
    sink.state({ kind: 'connecting' });
    const { path, loop = true, audio = 'off', framesPerSecond } = this.#options;
    const pictures = playedClip({ path, loop, audio, framesPerSecond });
    try {
      let timeline: Timeline | undefined;
      for await (const picture of pictures) {
        if (signal.aborted) return;
        if (timeline === undefined) {
          timeline = this.#beginTimeline(picture);
          sink.state({ kind: 'live' });
        }
        await this.#waitUntil(timeline.dueMs(picture.dts), signal);
        if (signal.aborted) return;
        this.#postpone(timeline, picture);
        this.#write(sink, picture, timeline);
      }
    } finally {
      await pictures.return();
    }
  }

  /** Does nothing: a file's key frames are where they are. */
  requestKeyFrame(): void {}

  describe(): SourceDescription {
    return {
      kind: 'file',
      label: this.#options.label ?? basename(this.#options.path),
      keyFrameOnRequest: false,
    };
  }

  controls(): readonly ControlDescriptor[] {
    return [];
  }

  setControl(id: string): Promise<void> {
    return Promise.reject(new PinholeError('control/unknown', `no control "${id}": a file has none`));
  }

  /** The first picture is due now; its time continues those of an earlier start. */
  #beginTimeline(first: TimedPicture): Timeline {
    const now = this.#clock.monotonicNow();
    const begin = Math.max(this.#originUtc + now * 1000, this.#lastDts + 1);
    return new Timeline(now, first.dts, micros(Math.round(begin)));
  }

  #postpone(timeline: Timeline, picture: TimedPicture): void {
    const lateMs = this.#clock.monotonicNow() - timeline.dueMs(picture.dts);
    if (lateMs < MAX_LATENESS_MS) return;
    timeline.shift(millis(lateMs));
    this.#postponements++;
  }

  #write(sink: SourceSink, picture: TimedPicture, timeline: Timeline): void {
    const { data, key } = picture;
    const dts = timeline.at(picture.dts);
    this.#lastDts = dts;
    const captureTime = this.#clock.utcNow();
    sink.write({ data, key, captureTime, pts: timeline.at(picture.pts), dts, sequence: this.#sequence++ });
    for (const { pts: heard, ...sound } of picture.sounds ?? []) {
      const pts = timeline.at(heard);
      // Where a round is longer heard than seen, the next one begins in the midst of it.
      if (pts <= this.#lastSoundPts) continue;
      this.#lastSoundPts = pts;
      this.#audioFrames++;
      sink.audio?.({ ...sound, pts, captureTime: micros(captureTime + heard - picture.pts) });
    }
  }

  #waitUntil(dueMs: Millis, signal: Abort): Promise<void> {
    const delayMs = dueMs - this.#clock.monotonicNow();
    if (delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = this.#clock.after(millis(delayMs), done);
      signal.addEventListener('abort', done);
    });
  }
}

/** Carries a file's times over to the clock and to the source's own time line. */
class Timeline {
  #startMs: number;
  readonly #firstDts: Micros;
  readonly #begin: Micros;

  constructor(startMs: Millis, firstDts: Micros, begin: Micros) {
    this.#startMs = startMs;
    this.#firstDts = firstDts;
    this.#begin = begin;
  }

  /** When on the monotonic clock a time of the file comes. */
  dueMs(time: Micros): Millis {
    return millis(this.#startMs + (time - this.#firstDts) / 1000);
  }

  /** A time of the file on the source's time line. */
  at(time: Micros): Micros {
    return micros(this.#begin + time - this.#firstDts);
  }

  /** Everything still to come is due so much later. */
  shift(byMs: Millis): void {
    this.#startMs += byMs;
  }
}
