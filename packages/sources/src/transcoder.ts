import { type Logger, type Micros, micros, Pace } from '@pinhole/core';
import type { AccessUnit, ControlDescriptor, ControlValue, JpegPicture } from '@pinhole/engine';
import {
  type EncodedUnit,
  type EncoderCounters,
  type FfmpegError,
  type H264Encoder,
  type H264EncoderOptions,
  openH264Encoder,
} from '@pinhole/ffmpeg';
import type { SourceClock } from './clock.ts';
import { TranscoderControls } from './transcoder-controls.ts';

/** How the encoder is to work; what is left out is the encoder's own choice. */
export type TranscoderTuning = Pick<
  H264EncoderOptions,
  'backend' | 'command' | 'bitrate' | 'gop' | 'framesPerSecond' | 'encoder'
>;

/** How a transcoder is made. */
export interface TranscoderOptions extends TranscoderTuning {
  readonly clock: SourceClock;
  readonly log: Logger;
  /** Takes each unit. */
  readonly unit: (unit: AccessUnit) => void;
  /** No unit can be made: the encoder is missing or keeps failing. */
  readonly failed: (error: FfmpegError) => void;
}

/** What stands in a description: why H.264 of this camera costs CPU here. */
export const WHY_TRANSCODING =
  'the camera makes JPEG pictures only: H.264 is encoded from them here, once for everybody, while somebody wants it';

/** Makes H.264 of a camera's JPEG pictures while somebody wants that. */
export class Transcoder {
  readonly #options: TranscoderOptions;
  readonly #controls: TranscoderControls;
  #pace: Pace;
  #encoder: H264Encoder | undefined;
  #failed: FfmpegError | undefined;
  #wanted = false;
  #sequence = 0;
  #last = micros(Number.NEGATIVE_INFINITY);
  readonly #originUtc: Micros;

  constructor(options: TranscoderOptions) {
    this.#options = options;
    this.#controls = new TranscoderControls(options);
    this.#pace = new Pace(this.#controls.mostFrames);
    const { clock } = options;
    this.#originUtc = micros(clock.utcNow() - clock.monotonicNow() * 1000);
  }

  /** What the encoder did since it was opened. */
  get counters(): EncoderCounters | undefined {
    return this.#encoder?.counters;
  }

  /** Whether a key frame can be asked for. */
  get keyFrameOnRequest(): boolean {
    return this.#encoder?.keyFrameOnRequest ?? true;
  }

  /** What of the H.264 can be changed while it is watched. */
  controls(): readonly ControlDescriptor[] {
    return this.#controls.descriptors();
  }

  /** What holds now. */
  controlValues(): ReadonlyMap<string, ControlValue> {
    return this.#controls.values();
  }

  /**
   * Changes one of them, from the next picture on.
   * @throws {PinholeError} `control/unknown`, `control/out-of-range`
   */
  setControl(id: string, value: ControlValue): void {
    this.#controls.set(id, value);
    this.#pace = new Pace(this.#controls.mostFrames);
    this.#encoder?.tune(this.#controls.tuning);
  }

  /** Whether somebody wants units. The encoder rests otherwise, and its process ends after a while. */
  want(wanted: boolean): void {
    if (wanted && !this.#wanted) this.#encoder?.requestKeyFrame();
    this.#wanted = wanted;
    this.tellFailure();
  }

  /** Takes the next picture. */
  write({ data, captureTime }: JpegPicture): void {
    if (!this.#wanted || this.#failed !== undefined || !this.#pace.admits(captureTime)) return;
    this.#encoder ??= this.#open();
    this.#encoder?.write({ data, captureTime });
  }

  /** Makes the next unit a key unit. */
  requestKeyFrame(): void {
    this.#encoder?.requestKeyFrame();
  }

  /** Ends the encoder; the next picture that is wanted opens another. */
  async close(): Promise<void> {
    const encoder = this.#encoder;
    this.#encoder = undefined;
    this.#failed = undefined;
    await encoder?.close();
  }

  #open(): H264Encoder | undefined {
    const { clock, log, unit: _unit, failed: _failed, ...tuning } = this.#options;
    const failed = (error: FfmpegError): void => {
      this.#failed = error;
      this.tellFailure();
    };
    try {
      return openH264Encoder({
        ...tuning,
        ...this.#controls.tuning,
        log,
        input: { kind: 'mjpeg' },
        unit: (unit) => this.#place(unit, clock),
        failed,
      });
    } catch (thrown) {
      failed(thrown as FfmpegError); // the only thing that it throws
      return undefined;
    }
  }

  /** Tells again that no unit can be made, when that is so and somebody wants one. */
  tellFailure(): void {
    if (this.#failed !== undefined && this.#wanted) this.#options.failed(this.#failed);
  }

  /** Units are shown at the pace in which their pictures were taken, on a clock that never steps. */
  #place({ data, key, captureTime }: EncodedUnit, clock: SourceClock): void {
    const age = clock.utcNow() - captureTime;
    const at = Math.max(this.#last + 1, Math.round(this.#originUtc + clock.monotonicNow() * 1000 - age));
    this.#last = micros(at);
    this.#options.unit({
      data,
      key,
      captureTime,
      pts: this.#last,
      dts: this.#last,
      sequence: this.#sequence++,
    });
  }
}
