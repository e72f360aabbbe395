import type { Micros } from '@pinhole/core';

/** How a camera's sound is coded; the same object until it changes. */
export interface AudioParameters {
  /** `aac` is raw AAC-LC frames (ISO 14496-3) without ADTS headers, `opus` packets of RFC 6716. */
  readonly codec: 'aac' | 'opus';
  /** Samples a second; an Opus stream's is 48 000. */
  readonly sampleRate: number;
  readonly channels: number;
  /** AAC's AudioSpecificConfig (ISO 14496-3 §1.6.2.1). */
  readonly config?: Uint8Array;
}

/**
 * One coded frame of sound, as a source hands it over.
 *
 * Ownership: as with an access unit, nobody changes or reuses `data` once it was handed over.
 */
export interface AudioFrame {
  readonly data: Uint8Array;
  /** When its first sample was heard, UTC; the same clock as the pictures'. */
  readonly captureTime: Micros;
  /** On the time line of the pictures' `pts`. */
  readonly pts: Micros;
  readonly duration: Micros;
  readonly parameters: AudioParameters;
}

/** Sound that no stream carries: it is to be encoded first. */
export interface RawAudioParameters {
  /**
   * `pcmu` and `pcma` are G.711 µ-law and A-law, `l16` linear samples of 16 bits, big-endian.
   * @see RFC 3551 §4.5.11, §4.5.14
   */
  readonly codec: 'pcmu' | 'pcma' | 'l16';
  readonly sampleRate: number;
  readonly channels: number;
}

/** As an `AudioFrame`, of sound that is to be encoded first: whole samples, channels by turns. */
export interface RawAudioFrame extends Omit<AudioFrame, 'parameters'> {
  readonly parameters: RawAudioParameters;
}

/** Sound as a source has it. */
export type SourceAudioFrame = AudioFrame | RawAudioFrame;

/** Whether sound is to be encoded before a stream can carry it. */
export const isRawAudio = (frame: SourceAudioFrame): frame is RawAudioFrame =>
  frame.parameters.codec !== 'aac' && frame.parameters.codec !== 'opus';
