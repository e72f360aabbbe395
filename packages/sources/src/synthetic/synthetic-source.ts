import { type Abort, type Micros, type Millis, micros, millis, PinholeError } from '@pinhole/core';
import type {
  AccessUnit,
  ControlDescriptor,
  ControlValue,
  Source,
  SourceDescription,
  SourceSink,
} from '@pinhole/engine';
import { type SourceClock, SystemClock } from '../clock.ts';
import { FrameSchedule } from './frame-schedule.ts';
import {
  gopOf,
  type SyntheticSettings,
  syntheticControls,
  syntheticValues,
  withControl,
} from './synthetic-controls.ts';
import { DEFAULT_LOOK, SyntheticEncoder, type SyntheticEncoderOptions } from './synthetic-encoder.ts';

/** How the synthetic camera is set up. */
export interface SyntheticSourceOptions extends Partial<SyntheticEncoderOptions> {
  /** Frames from one key frame to the next, 1…100000; two seconds' worth unless told. */
  readonly gopFrames?: number;
  readonly clock?: SourceClock;
}

/** What the synthetic camera did since it was made. */
export interface SyntheticCounters {
  readonly frames: number;
  readonly keyFrames: number;
  /** Frames left out because the machine was too busy to draw them in time. */
  readonly skippedFrames: number;
}

const DEFAULTS = { width: 1280, height: 720, framesPerSecond: 30 } as const;

/** Key frames on request come no nearer to the last key frame than this; the request is kept meanwhile. */
const MIN_KEY_INTERVAL_MS = millis(100);

const MAX_GOP_FRAMES = 100_000;

/**
 * A camera that needs no hardware: a test card with clock, frame number and time code, encoded here.
 *
 * `captureTime` is the moment when a frame is drawn, `pts` and `dts` are that moment on a clock that never steps.
 * A machine too busy to draw in time leaves frames out (`counters.skippedFrames`); numbering stays without gaps.
 *
 * @throws {PinholeError} `source/bad-option` naming the option, its value and what would do.
 */
export const createSyntheticSource = (options: SyntheticSourceOptions = {}): SyntheticSource =>
  new SyntheticSource(options);

/** The source that `createSyntheticSource` makes. */
export class SyntheticSource implements Source {
  readonly #label: string | undefined;
  readonly #clock: SourceClock;
  readonly #initial: SyntheticSettings;
  readonly #originUtc: Micros;
  #settings: SyntheticSettings;
  #encoder: SyntheticEncoder;
  /** Times frames anew, while it runs. */
  #retime: (() => void) | undefined;
  #sequence = 0;
  #keyFrames = 0;
  #skippedFrames = 0;
  #framesSinceKey = 0;
  #lastKeyAt = millis(Number.NEGATIVE_INFINITY);
  #keyWanted = true;
  #keyNow = false;

  constructor(options: SyntheticSourceOptions) {
    const { gopFrames, label, look = DEFAULT_LOOK, ...encoding } = { ...DEFAULTS, ...options };
    this.#label = label;
    this.#clock = options.clock ?? new SystemClock();
    const { width, height, framesPerSecond } = encoding;
    this.#initial = { look, width, height, framesPerSecond, gopFrames };
    this.#settings = this.#initial;
    this.#encoder = this.#openEncoder();
    const gop = gopOf(this.#initial);
    if (!Number.isInteger(gop) || gop < 1 || gop > MAX_GOP_FRAMES) {
      throw new PinholeError(
        'source/bad-option',
        `gopFrames ${gop}: use a whole number from 1 to ${MAX_GOP_FRAMES}`,
      );
    }
    this.#originUtc = micros(this.#clock.utcNow() - this.#clock.monotonicNow() * 1000);
  }

  /** What it did so far. */
  get counters(): SyntheticCounters {
    return { frames: this.#sequence, keyFrames: this.#keyFrames, skippedFrames: this.#skippedFrames };
  }

  start(sink: SourceSink, { signal }: { readonly signal: Abort }): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    this.#keyWanted = true;
    this.#lastKeyAt = millis(Number.NEGATIVE_INFINITY);
    sink.state({ kind: 'live' });
    return new Promise((resolve, reject) => {
      let schedule = this.#openSchedule();
      let cancel = (): void => {};
      const stop = (): void => {
        cancel();
        this.#retime = undefined;
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const wait = (): void => {
        cancel = this.#clock.after(schedule.delay(this.#clock.monotonicNow()), frame);
      };
      const frame = (): void => {
        try {
          const skippedBefore = schedule.skipped;
          schedule.take(this.#clock.monotonicNow());
          this.#skippedFrames += schedule.skipped - skippedBefore;
          sink.write(this.#makeUnit());
        } catch (thrown) {
          this.#retime = undefined;
          signal.removeEventListener('abort', stop);
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
          return;
        }
        if (!signal.aborted) wait();
      };
      this.#retime = () => {
        cancel();
        schedule = this.#openSchedule();
        wait();
      };
      signal.addEventListener('abort', stop);
      frame();
    });
  }

  requestKeyFrame(): void {
    this.#keyWanted = true;
  }

  describe(): SourceDescription {
    const { width, height, framesPerSecond } = this.#settings;
    return {
      kind: 'synthetic',
      label: this.#label ?? `Test picture ${width}×${height}, ${framesPerSecond} frames a second`,
      keyFrameOnRequest: true,
    };
  }

  controls(): readonly ControlDescriptor[] {
    return syntheticControls(this.#initial, this.#settings);
  }

  controlValues(): ReadonlyMap<string, ControlValue> {
    return syntheticValues(this.#settings);
  }

  setControl(id: string, value: ControlValue): Promise<void> {
    try {
      this.#set(withControl(this.#settings, { id, value }, this.controls()));
      if (id === 'key-frame') this.requestKeyFrame();
    } catch (thrown) {
      return Promise.reject(thrown as PinholeError);
    }
    return Promise.resolve();
  }

  #set(settings: SyntheticSettings): void {
    const before = this.#settings;
    const { width, height, framesPerSecond, look } = settings;
    this.#settings = settings;
    if (width !== before.width || height !== before.height || framesPerSecond !== before.framesPerSecond) {
      this.#encoder = this.#openEncoder();
      // A decoder can use nothing of the new encoder before its first key frame.
      this.#keyNow = true;
    } else if (look !== before.look) {
      this.#encoder.setLook(look);
    }
    if (framesPerSecond !== before.framesPerSecond) this.#retime?.();
  }

  #openEncoder(): SyntheticEncoder {
    const { look, width, height, framesPerSecond } = this.#settings;
    return new SyntheticEncoder({
      look,
      width,
      height,
      framesPerSecond,
      ...(this.#label !== undefined && { label: this.#label }),
    });
  }

  #openSchedule(): FrameSchedule {
    return new FrameSchedule(this.#clock.monotonicNow(), this.#settings.framesPerSecond);
  }

  #makeUnit(): AccessUnit {
    const monotonic = this.#clock.monotonicNow();
    const captureTime = this.#clock.utcNow();
    const key = this.#isKeyDue(monotonic);
    if (key) {
      this.#keyWanted = false;
      this.#keyNow = false;
      this.#framesSinceKey = 0;
      this.#lastKeyAt = monotonic;
      this.#keyFrames++;
    }
    this.#framesSinceKey++;
    const sequence = this.#sequence++;
    const frameNumber = sequence % 2 ** 32;
    const pts = micros(Math.round(this.#originUtc + monotonic * 1000));
    return {
      data: this.#encoder.encode({ frameNumber, captureTime, key }),
      key,
      captureTime,
      pts,
      dts: pts,
      sequence,
    };
  }

  #isKeyDue(monotonic: Millis): boolean {
    if (this.#keyNow || this.#framesSinceKey >= gopOf(this.#settings)) return true;
    return this.#keyWanted && monotonic - this.#lastKeyAt >= MIN_KEY_INTERVAL_MS;
  }
}
