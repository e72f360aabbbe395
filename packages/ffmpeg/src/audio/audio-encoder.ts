import { Backoff, type Logger, millis, silentLogger } from '@pinhole/core';
import { chooseBackend } from '../backend.ts';
import { FfmpegError } from '../failure.ts';
import type {
  AudioCoding,
  AudioEncoderCounters,
  AudioEncoderOptions,
  AudioInput,
  TimedAudio,
} from './audio-encoder-options.ts';
import { AudioRun } from './audio-run.ts';

/** A child that holds so much sound back hangs. */
const HANGS_SECONDS = 5;
const RETRY = { firstMs: millis(200), maxMs: millis(5_000) };
/** So many children in a row that gave no sound: it will not get better. */
const MOST_FAILURES = 5;

/**
 * Opens an encoder: sound of any kind in, AAC-LC or Opus of 48 kHz out, with its times, in a child process of low
 * priority (the `ffmpeg` command). The kind of sound may change on the way. A child that crashes or hangs is started
 * again; what comes meanwhile is left out.
 *
 * @throws {FfmpegError} `ffmpeg/missing` with how to get FFmpeg
 */
export function openAudioEncoder(options: AudioEncoderOptions): AudioEncoder {
  return new AudioEncoder(options);
}

/** The encoder that `openAudioEncoder` opens. */
export class AudioEncoder {
  readonly #options: AudioEncoderOptions;
  readonly #log: Logger;
  readonly #path: string;
  readonly #backoff = new Backoff(RETRY);
  #run: AudioRun | undefined;
  readonly #leaving = new Set<Promise<void>>();
  #runs = 0;
  #failures = 0;
  #retryAt = 0;
  #closed = false;
  readonly #counters = { taken: 0, encoded: 0, droppedDown: 0, restarts: 0 };

  /** Use `openAudioEncoder`. @throws {FfmpegError} `ffmpeg/missing` */
  constructor(options: AudioEncoderOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    const { command } = options;
    const backend = chooseBackend({ backend: 'command', ...(command !== undefined && { command }) });
    this.#path = backend.kind === 'command' ? backend.path : 'ffmpeg';
  }

  /** What it did so far. */
  get counters(): AudioEncoderCounters {
    return this.#counters;
  }

  /** The child's process id while there is one. */
  get pid(): number | undefined {
    return this.#run?.pid;
  }

  /** Takes a frame. */
  write(frame: TimedAudio<AudioInput>): void {
    if (this.#closed) return;
    this.#counters.taken++;
    if (this.#run !== undefined && !sameCoding(this.#run.input, frame.parameters)) this.#dismiss();
    const run = this.#run ?? this.#start(frame.parameters);
    if (run === undefined) {
      this.#counters.droppedDown++;
      return;
    }
    run.push(frame);
    if (run.pendingSeconds > HANGS_SECONDS) {
      run.kill(new FfmpegError('ffmpeg/encode', `FFmpeg held ${HANGS_SECONDS} s of sound back`));
    }
  }

  /** Ends the child; resolves when it is gone. No frame comes any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#dismiss();
    await Promise.all(this.#leaving);
  }

  #start(input: AudioCoding<AudioInput>): AudioRun | undefined {
    if (performance.now() < this.#retryAt) return undefined;
    let run: AudioRun | undefined;
    const current = (): boolean => run !== undefined && this.#run === run;
    try {
      run = new AudioRun(this.#path, input, this.#options.to, {
        write: (frame) => {
          if (!current() || this.#closed) return;
          this.#failures = 0;
          this.#backoff.reset();
          this.#counters.encoded++;
          this.#options.write(frame);
        },
        ended: (why) => {
          if (current()) this.#ended(why);
        },
      });
    } catch (thrown) {
      this.#giveUp(thrown);
      return undefined;
    }
    this.#run = run;
    if (this.#runs++ > 0) this.#counters.restarts++;
    return run;
  }

  /** Another kind of sound comes, or none any more: no fault of the child's. */
  #dismiss(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    this.#runs = 0;
    const gone = run.stop();
    this.#leaving.add(gone);
    void gone.finally(() => this.#leaving.delete(gone));
  }

  #ended(why: FfmpegError): void {
    this.#run = undefined;
    if (this.#closed) return;
    this.#failures++;
    if (why.code === 'ffmpeg/missing' || this.#failures >= MOST_FAILURES) {
      this.#giveUp(why);
      return;
    }
    const retryInMs = this.#backoff.next();
    this.#retryAt = performance.now() + retryInMs;
    this.#log.warn({ code: why.code, why: why.message, retryInMs }, 'audio encoder ended; starting it again');
  }

  #giveUp(error: unknown): void {
    this.#closed = true;
    const why = error instanceof FfmpegError ? error : new FfmpegError('ffmpeg/encode', String(error));
    this.#options.failed?.(why);
  }
}

/** Whether both can go through one child. */
function sameCoding(a: AudioCoding, b: AudioCoding): boolean {
  if (a === b) return true;
  if (a.codec !== b.codec || a.sampleRate !== b.sampleRate || a.channels !== b.channels) return false;
  const [one, other] = [a.config ?? new Uint8Array(), b.config ?? new Uint8Array()];
  return one.byteLength === other.byteLength && one.every((byte, index) => byte === other[index]);
}
