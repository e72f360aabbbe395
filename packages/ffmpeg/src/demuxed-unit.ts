import type { Micros } from '@pinhole/core';
import type { AudioInput, TimedAudio } from './audio/audio-encoder-options.ts';

/** One coded picture out of a demuxer, in the shape that the engine takes as an access unit. */
export interface DemuxedUnit {
  /** Annex B, one whole picture; a key unit starts with its parameter sets. Nobody else uses its memory. */
  readonly data: Uint8Array;
  /** An IDR picture. */
  readonly key: boolean;
  /** When its last byte came out of the demuxer; UTC. */
  readonly captureTime: Micros;
  /** When to show it, on the input's own time line. */
  readonly pts: Micros;
  /** When to decode it, same origin; never falls within one run. */
  readonly dts: Micros;
  /** Counts up by one a picture; a jump says that pictures were left out. */
  readonly sequence: number;
}

/** What the input turned out to be. */
export interface DemuxedInput {
  /** FFmpeg's name of the codec that the input carries, e.g. `h264`, `mjpeg`. */
  readonly codec: string;
  /** Why the pictures are encoded here rather than passed through, when they are; one sentence. */
  readonly transcoding?: string;
}

/** Where a demuxer puts what it finds. Nothing in here may throw. */
export interface DemuxSink {
  /** Called once, before the first unit. */
  opened(input: DemuxedInput): void;
  write(unit: DemuxedUnit): void;
  /** Units left out so far because they were not taken fast enough; called when it grew. */
  droppedBusy(total: number): void;
  /** A frame of sound, where it was asked for, dated when it was begun to be heard; node-av only. */
  audio?(frame: TimedAudio<AudioInput>): void;
}

/** What to demux and how. */
export interface DemuxRequest {
  /** `rtsp:`, `rtsps:`, `http:`, `https:` or `file:` URL. May carry credentials; they go nowhere but to the server. */
  readonly url: string;
  /** How RTP travels; of use with `rtsp:` only. Default `tcp`. */
  readonly transport?: 'tcp' | 'udp';
  /** Reads a file at the speed of its pictures rather than as fast as they are taken. */
  readonly pace?: 'real-time';
  /**
   * Whether sound that an audio encoder takes is read as well. Default `off`. The `ffmpeg` command gives none: it would
   * let pictures wait for it.
   */
  readonly audio?: 'off' | 'on';
}

/** The sentence that tells why a codec is not passed through. */
export const transcodingNotice = (codec: string): string =>
  `the input is ${codec}, which browsers cannot play live: encoded here once to H.264 Constrained Baseline; set the camera to H.264 to save this`;
