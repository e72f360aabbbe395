import type { Logger, Micros } from '@pinhole/core';
import type { FfmpegOptions } from '../backend.ts';
import type { FfmpegError } from '../failure.ts';

/** How sound is coded. */
export interface AudioCoding<Codec extends string = string> {
  readonly codec: Codec;
  readonly sampleRate: number;
  readonly channels: number;
  /** AAC's AudioSpecificConfig. */
  readonly config?: Uint8Array;
}

/** What an encoder makes. */
export type AudioTarget = 'aac' | 'opus';

/** What an encoder takes: G.711, linear samples of 16 bits (big-endian), AAC frames without headers, Opus packets. */
export type AudioInput = 'pcmu' | 'pcma' | 'l16' | AudioTarget;

/** One frame of sound, with its place in time. */
export interface TimedAudio<Codec extends string> {
  readonly data: Uint8Array;
  /** When its first sample was heard. */
  readonly captureTime: Micros;
  readonly pts: Micros;
  readonly duration: Micros;
  readonly parameters: AudioCoding<Codec>;
}

/** What an audio encoder is opened with. */
export interface AudioEncoderOptions extends Pick<FfmpegOptions, 'command'> {
  readonly to: AudioTarget;
  /** Takes each frame, with memory of its own, in the order of `pts`. */
  readonly write: (frame: TimedAudio<AudioTarget>) => void;
  /** Called once, when it gave up. */
  readonly failed?: (why: FfmpegError) => void;
  readonly log?: Logger;
}

/** What became of sound. */
export interface AudioEncoderCounters {
  readonly taken: number;
  readonly encoded: number;
  /** Left out while the child was being started again. */
  readonly droppedDown: number;
  /** Children that crashed or hung and were started again. */
  readonly restarts: number;
}
