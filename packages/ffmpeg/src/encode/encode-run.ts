import type { FfmpegError } from '../failure.ts';
import type { EncodedUnit, EncoderName, EncoderTuning, PictureToEncode } from './encoder-options.ts';

/** What a child that encodes tells. */
export interface EncodeRunEvents {
  /** It takes pictures now. */
  ready(): void;
  encoder(encoder: { readonly name: EncoderName; readonly width?: number; readonly height?: number }): void;
  unit(unit: EncodedUnit): void;
  /** The picture that was sent is dealt with: the next may come. */
  done(outcome: 'encoded' | 'corrupt'): void;
  /**
   * The child is gone. Without a reason it was asked to end; `not-loaded`: node-av is of no use here. Called once.
   */
  ended(why: FfmpegError | 'not-loaded' | undefined): void;
}

/** A child process that encodes one picture at a time. */
export interface EncodeRun {
  /** Whether a key frame can be asked for, and the tuning changed, while it runs. */
  readonly tunable: 'live' | 'fixed';
  readonly pid: number | undefined;
  send(picture: PictureToEncode): void;
  requestKeyFrame(): void;
  tune(tuning: EncoderTuning): void;
  /** Ends it soon; `ended` tells when it is gone. */
  stop(): void;
  /** Ends it at once: it hangs. */
  kill(): void;
}
