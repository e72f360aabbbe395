import { type ChildProcess, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { messageOf, micros } from '@pinhole/core';
import { aacLowComplexityConfig } from '@pinhole/media/fmp4';
import { ChildLines, childEnd, stopChild } from '../child.ts';
import { FfmpegError } from '../failure.ts';
import { AdtsReader, adtsWriter } from './adts.ts';
import type { AudioCoding, AudioInput, AudioTarget, TimedAudio } from './audio-encoder-options.ts';
import { OggOpusWriter, OggReader } from './ogg.ts';
import { SampleClock } from './sample-clock.ts';

/** Every player has it, Opus has no other, and at the rates of telephones AAC frames would last four times as long. */
const RATE = 48_000;
const MOST_CHANNELS = 2;
const BITS_PER_CHANNEL = { aac: 64_000, opus: 32_000 } as const;
const SAMPLES_PER_FRAME = { aac: 1024, opus: 960 } as const;
/** What FFmpeg's own AAC encoder puts in front; Opus tells in its header. */
const AAC_PRIMING = 1024;
const PRE_SKIP_OFFSET = 10;

const READERS = { pcmu: 'mulaw', pcma: 'alaw', l16: 's16be', aac: 'aac', opus: 'ogg' } as const;
const RAW: ReadonlySet<AudioInput> = new Set(['pcmu', 'pcma', 'l16']);

/** Where a run puts what comes of it. */
export interface AudioRunSink {
  write(frame: TimedAudio<AudioTarget>): void;
  /** The child is gone, and it was not asked to go. Called once. */
  ended(why: FfmpegError): void;
}

/** The arguments of the `ffmpeg` command for a kind of sound. */
function audioArguments(input: AudioCoding<AudioInput>, to: AudioTarget): readonly string[] {
  const channels = Math.min(MOST_CHANNELS, input.channels);
  const layout = RAW.has(input.codec) ? `-ar ${input.sampleRate} -ac ${input.channels}` : '';
  const coder =
    to === 'aac'
      ? '-c:a aac -f adts'
      : '-c:a libopus -application audio -frame_duration 20 -f ogg -page_duration 20000';
  const line = [
    '-hide_banner -nostats -loglevel error -threads 1 -probesize 32 -analyzeduration 0',
    `-f ${READERS[input.codec]} ${layout} -i pipe:0 -vn -ar ${RATE} -ac ${channels}`,
    `-b:a ${BITS_PER_CHANNEL[to] * channels} ${coder} -flush_packets 1 pipe:1`,
  ];
  return line.join(' ').split(/ +/);
}

/** One child process that encodes sound of one kind. */
export class AudioRun {
  readonly input: AudioCoding<AudioInput>;
  readonly #to: AudioTarget;
  readonly #sink: AudioRunSink;
  readonly #child: ChildProcess;
  readonly #clock = new SampleClock();
  readonly #wrap: (frame: Uint8Array, samples: number) => Uint8Array;
  readonly #parameters: AudioCoding<AudioTarget>;
  readonly #gone: Promise<void>;
  #framesOut = 0;
  #headersOut = 0;
  #priming = AAC_PRIMING;
  #lastPts = Number.NEGATIVE_INFINITY;
  #stopped = false;
  #broken: FfmpegError | undefined;

  /** @throws {FfmpegError} `ffmpeg/encode` for sound that cannot be told to FFmpeg */
  constructor(path: string, input: AudioCoding<AudioInput>, to: AudioTarget, sink: AudioRunSink) {
    this.input = input;
    this.#to = to;
    this.#sink = sink;
    const channels = Math.min(MOST_CHANNELS, input.channels);
    const coded = { sampleRate: RATE, channels };
    this.#parameters = {
      codec: to,
      ...coded,
      ...(to === 'aac' && { config: aacLowComplexityConfig(coded) }),
    };
    const ogg = input.codec === 'opus' ? new OggOpusWriter() : undefined;
    this.#wrap = wrapFor(input, ogg);
    this.#child = spawn(path, audioArguments(input, to), {
      stdio: ['pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    lowerPriority(this.#child.pid);
    this.#child.stdin?.on('error', () => {}); // it ended before it read: its end says why
    if (ogg) this.#child.stdin?.write(ogg.head(Math.min(MOST_CHANNELS, input.channels)));
    this.#gone = this.#watch();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Seconds of sound that wait in it. */
  get pendingSeconds(): number {
    return this.#clock.pendingSeconds;
  }

  /** Takes a frame of the kind that it was made for. */
  push(frame: TimedAudio<AudioInput>): void {
    const { sampleRate } = this.input;
    const samples = Math.round((frame.duration * sampleRate) / 1e6);
    const bytes = this.#wrap(frame.data, samples);
    if (bytes.byteLength === 0) return;
    this.#clock.push(frame, samples / sampleRate);
    this.#child.stdin?.write(bytes);
  }

  /** Ends it at once: it hangs. `ended` follows. */
  kill(why: FfmpegError): void {
    this.#broken ??= why;
    this.#child.kill('SIGKILL');
  }

  /** Ends it; resolves when it is gone. Nothing is written any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    stopChild(this.#child, () => this.#child.stdin?.end());
    await this.#gone;
  }

  async #watch(): Promise<void> {
    const { stdout, stderr } = this.#child;
    const log = stderr && new ChildLines(stderr, (text) => text);
    const reader = this.#to === 'aac' ? new AdtsReader() : new OggReader();
    stdout?.on('data', (chunk: Uint8Array) => {
      if (this.#stopped || this.#broken !== undefined) return;
      try {
        for (const frame of reader.push(chunk)) this.#take(frame);
      } catch (thrown) {
        this.kill(new FfmpegError('ffmpeg/encode', messageOf(thrown), { cause: thrown }));
      }
    });
    const { error, code, signal } = await childEnd(this.#child);
    if (this.#stopped) return;
    if (error !== undefined) {
      const message = `the ffmpeg program does not start: ${error.message}`;
      this.#sink.ended(new FfmpegError('ffmpeg/missing', message, { cause: error }));
      return;
    }
    const words = log?.lines.at(-1) ?? `exit code ${code ?? signal}`;
    const ended = new FfmpegError('ffmpeg/encode', `the ffmpeg program ended: ${words}`);
    this.#sink.ended(this.#broken ?? ended);
  }

  #take(data: Uint8Array): void {
    if (this.#to === 'opus' && this.#headersOut < 2) {
      if (this.#headersOut++ === 0) {
        this.#priming = (data[PRE_SKIP_OFFSET] ?? 0) | ((data[PRE_SKIP_OFFSET + 1] ?? 0) << 8);
      }
      return;
    }
    const samples = SAMPLES_PER_FRAME[this.#to];
    const moment = this.#clock.at((this.#framesOut++ * samples - this.#priming) / RATE);
    if (moment === undefined) return;
    const pts = micros(Math.max(this.#lastPts + 1, moment.pts));
    this.#lastPts = pts;
    const duration = micros(Math.round((samples * 1e6) / RATE));
    this.#sink.write({ data, pts, captureTime: moment.captureTime, duration, parameters: this.#parameters });
  }
}

function wrapFor(
  input: AudioCoding<AudioInput>,
  ogg: OggOpusWriter | undefined,
): (frame: Uint8Array, samples: number) => Uint8Array {
  if (ogg !== undefined) return (frame, samples) => ogg.packet(frame, samples);
  return input.codec === 'aac' ? adtsWriter(input) : (frame) => frame;
}

/** Sound that is recorded may wait; pictures that are watched may not. */
function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It ended already, or the system does not let us.
  }
}
