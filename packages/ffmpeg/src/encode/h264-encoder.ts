import { Backoff, type Logger, millis, silentLogger } from '@pinhole/core';
import { jpegSize } from '@pinhole/media/jpeg';
import { chooseBackend } from '../backend.ts';
import { FfmpegError } from '../failure.ts';
import { type EncodeCommand, encodeByCommand } from './encode-by-command.ts';
import { encodeByWorker } from './encode-by-worker.ts';
import type { EncodeRun, EncodeRunEvents } from './encode-run.ts';
import {
  type EncoderCounters,
  type EncoderName,
  type EncoderTuning,
  encoderTuning,
  type H264EncoderOptions,
  type PictureToEncode,
} from './encoder-options.ts';
import { isWholePicture } from './whole-picture.ts';

/** A child that has had nothing to do for so long is ended; the next picture starts another. */
const REST_MS = 15_000;
/** A picture takes milliseconds; a child that takes so long hangs. */
const HANGS_MS = 5_000;
const RETRY = { firstMs: millis(200), maxMs: millis(5_000) };
/** So many children in a row that gave no unit: it will not get better. */
const MOST_FAILURES = 5;
/** So many refused pictures from the start on mean a camera whose every JPEG is odd. */
const STRICT_TRIES = 5;

/**
 * Opens an encoder: pictures in, H.264 Constrained Baseline out, in a child process, each picture at once. A picture
 * that comes while another is encoded waits; a newer one takes its place. The child is started again when it crashes or
 * hangs, and rests while no picture comes for a while. Pictures may change their size on the way.
 *
 * @throws {FfmpegError} `ffmpeg/missing` with how to get FFmpeg
 */
export function openH264Encoder(options: H264EncoderOptions): H264Encoder {
  chooseBackend(options);
  return new H264Encoder(options);
}

/** The encoder that `openH264Encoder` opens. */
export class H264Encoder {
  readonly #options: H264EncoderOptions;
  readonly #log: Logger;
  readonly #backoff = new Backoff(RETRY);
  #tuning: EncoderTuning;
  #run: EncodeRun | undefined;
  #ready = false;
  #busy = false;
  #next: PictureToEncode | undefined;
  #size: string | undefined;
  #keyFrameWanted = false;
  #encoder: EncoderName | undefined;
  #command: Omit<EncodeCommand, 'path'>;
  #failures = 0;
  #refused = 0;
  #runs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #gone: (() => void) | undefined;
  #counters = { pictures: 0, units: 0, droppedBusy: 0, droppedCorrupt: 0, restarts: 0 };

  /** Use `openH264Encoder`. */
  constructor(options: H264EncoderOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#tuning = encoderTuning(options);
    this.#command = {
      // Which hardware there is, only trying tells, and the command cannot try in passing.
      encoder: options.encoder === 'h264_v4l2m2m' ? 'h264_v4l2m2m' : 'libx264',
      strictness: 'strict',
    };
    this.#start();
  }

  /** What it did so far. */
  get counters(): EncoderCounters {
    return this.#counters;
  }

  /** What encodes, as soon as that is known. */
  get encoder(): EncoderName | undefined {
    return this.#encoder;
  }

  /** Whether `requestKeyFrame` does anything: the `ffmpeg` command cannot be asked. */
  get keyFrameOnRequest(): boolean {
    return this.#run?.tunable !== 'fixed';
  }

  /** The child's process id while there is one. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /** Takes a picture, or drops it where it is damaged; the one that waits makes room for it. */
  write(picture: PictureToEncode): void {
    if (this.#closed) return;
    this.#counters.pictures++;
    if (!isWholePicture(picture.data, this.#options.input)) {
      this.#counters.droppedCorrupt++;
      return;
    }
    if (this.#next !== undefined) this.#counters.droppedBusy++;
    this.#next = picture;
    if (this.#run === undefined && this.#retry === undefined) this.#start();
    this.#pump();
  }

  /** Makes the next picture a key picture; does nothing where `keyFrameOnRequest` is false. */
  requestKeyFrame(): void {
    this.#keyFrameWanted = true;
  }

  /** Works otherwise from the next picture on. The `ffmpeg` command is started again for it. */
  tune(tuning: Partial<EncoderTuning>): void {
    const before = this.#tuning;
    this.#tuning = { ...before, ...tuning };
    const { bitrate, gop, framesPerSecond } = this.#tuning;
    if (bitrate === before.bitrate && gop === before.gop && framesPerSecond === before.framesPerSecond)
      return;
    if (this.#run?.tunable === 'live') this.#run.tune(this.#tuning);
    else this.#dismiss();
  }

  /** Ends the child; resolves when it is gone. No unit comes any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#next = undefined;
    clearTimeout(this.#retry);
    clearTimeout(this.#timer);
    const run = this.#run;
    if (run === undefined) return;
    await new Promise<void>((resolve) => {
      this.#gone = resolve;
      run.stop();
    });
  }

  #start(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#ready = false;
    this.#busy = false;
    let ours: EncodeRun | undefined;
    const current = (): boolean => ours !== undefined && this.#run === ours;
    const events: EncodeRunEvents = {
      ready: () => {
        if (!current()) return;
        this.#ready = true;
        this.#pump();
      },
      encoder: ({ name }) => {
        if (!current()) return;
        this.#encoder = name;
        this.#log.info({ encoder: name }, 'encoder opened');
      },
      unit: (unit) => {
        if (!current() || this.#closed) return;
        this.#failures = 0;
        this.#refused = 0;
        this.#backoff.reset();
        this.#counters.units++;
        this.#options.unit(unit);
      },
      done: (outcome) => {
        if (current()) this.#done(outcome);
      },
      ended: (why) => {
        if (!current()) return;
        clearTimeout(this.#timer);
        this.#run = undefined;
        this.#ready = false;
        this.#gone?.();
        if (!this.#closed) this.#ended(why);
      },
    };
    try {
      ours = this.#open(events);
    } catch (thrown) {
      this.#giveUp(thrown as FfmpegError);
      return;
    }
    this.#run = ours;
    this.#size = undefined;
    if (this.#runs++ > 0) this.#counters.restarts++;
    this.#rest();
  }

  #open(events: EncodeRunEvents): EncodeRun {
    const { input, encoder = 'auto' } = this.#options;
    const request = { input, encoder, tuning: this.#tuning };
    const backend = chooseBackend(this.#options);
    return backend.kind === 'node-av'
      ? encodeByWorker(request, events)
      : encodeByCommand({ ...this.#command, path: backend.path }, request, events);
  }

  #pump(): void {
    const picture = this.#next;
    const run = this.#run;
    if (run === undefined || picture === undefined || !this.#ready || this.#busy || this.#closed) return;
    if (run.tunable === 'fixed' && this.#outgrows(picture)) return;
    this.#next = undefined;
    this.#busy = true;
    if (this.#keyFrameWanted) {
      this.#keyFrameWanted = false;
      run.requestKeyFrame();
    }
    run.send(picture);
    this.#watch(HANGS_MS, () => run.kill());
  }

  /** The command goes on with the size it began with, so another size takes another child. */
  #outgrows(picture: PictureToEncode): boolean {
    if (this.#options.input.kind !== 'mjpeg') return false;
    const size = jpegSize(picture.data);
    const shown = `${size?.width}x${size?.height}`;
    if (this.#size !== undefined && this.#size !== shown) {
      this.#dismiss();
      return true;
    }
    this.#size = shown;
    return false;
  }

  #done(outcome: 'encoded' | 'corrupt'): void {
    this.#busy = false;
    if (outcome === 'corrupt') {
      this.#counters.droppedCorrupt++;
      this.#refused++;
      if (this.#refused === STRICT_TRIES && this.#counters.units === 0) this.#becomeTolerant();
    }
    this.#rest();
    this.#pump();
  }

  #becomeTolerant(): void {
    if (this.#run?.tunable === 'live' || this.#command.strictness === 'tolerant') return;
    this.#command = { ...this.#command, strictness: 'tolerant' };
    this.#dismiss();
  }

  /** Ends the child in favour of a fresh one, which starts with the next picture. */
  #dismiss(): void {
    this.#ready = false;
    this.#run?.stop();
  }

  #rest(): void {
    this.#watch(REST_MS, () => this.#dismiss());
  }

  #watch(delayMs: number, run: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(run, delayMs);
    this.#timer.unref();
  }

  #ended(why: FfmpegError | 'not-loaded' | undefined): void {
    if (why === undefined || why === 'not-loaded') {
      // Asked to end; a picture may have come meanwhile.
      if (this.#next !== undefined || why === 'not-loaded') this.#start();
      return;
    }
    this.#failures++;
    if (why.code === 'ffmpeg/missing' || this.#failures >= MOST_FAILURES) {
      this.#giveUp(why);
      return;
    }
    const retryInMs = this.#backoff.next();
    this.#log.warn({ code: why.code, why: why.message, retryInMs }, 'encoder ended; starting it again');
    this.#retry = setTimeout(() => this.#start(), retryInMs);
  }

  #giveUp(error: unknown): void {
    this.#closed = true;
    this.#next = undefined;
    const why = error instanceof FfmpegError ? error : new FfmpegError('ffmpeg/encode', String(error));
    this.#options.failed?.(why);
  }
}
