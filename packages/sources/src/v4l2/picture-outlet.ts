import type { Logger } from '@pinhole/core';
import type { JpegPicture, MediaKind } from '@pinhole/engine';
import {
  type EncoderCounters,
  type H264Encoder,
  type H264EncoderOptions,
  openH264Encoder,
} from '@pinhole/ffmpeg';
import { completeJpeg, h264InJpeg } from '@pinhole/media/jpeg';
import type { ChosenMode } from './device/choose-mode.ts';
import type { CapturedFrame } from './device/v4l2-access.ts';
import { type PassedUnit, PassedUnits } from './passed-units.ts';

/** Whether a camera's JPEGs carry H.264 shows in the first of them. */
const PICTURES_LOOKED_INTO = 30;

/** What becomes of the pictures of one capture. */
export interface PictureOutletOptions {
  readonly mode: ChosenMode;
  readonly log: Logger;
  readonly encoder: Pick<H264EncoderOptions, 'backend' | 'command' | 'encoder' | 'bitrate' | 'gop'>;
  readonly unit: (unit: PassedUnit) => void;
  readonly picture: (picture: Omit<JpegPicture, 'sequence'>) => void;
  /** Pictures cannot be encoded any more. */
  readonly failed: (error: Error) => void;
}

/** What it saw. */
export interface PictureCounters {
  readonly units: number;
  readonly pictures: number;
  /** Buffers that hold no whole picture. */
  readonly damaged: number;
}

/** Sends the pictures of one capture their ways: H.264 as it is, JPEG as it is and encoded, raw ones encoded. */
export class PictureOutlet {
  readonly #options: PictureOutletOptions;
  readonly #passed = new PassedUnits();
  #encoder: H264Encoder | undefined;
  #wanted: ReadonlySet<MediaKind>;
  #carriesH264 = false;
  #lookedInto = 0;
  #failed = false;
  #counters = { units: 0, pictures: 0, damaged: 0 };

  constructor(options: PictureOutletOptions, wanted: ReadonlySet<MediaKind>) {
    this.#options = options;
    this.#wanted = wanted;
  }

  get counters(): PictureCounters {
    return this.#counters;
  }

  /** What the encoder did, where there is one. */
  get encoderCounters(): EncoderCounters | undefined {
    return this.#encoder?.counters;
  }

  /** Of the encoder's child process, where there is one. */
  get encoderPid(): number | undefined {
    return this.#encoder?.pid;
  }

  /** Whether pictures are encoded here. */
  get encodes(): boolean {
    return this.#options.mode.kind !== 'h264' && !this.#carriesH264;
  }

  /** Whether `requestKeyFrame` does something. */
  get keyFrameOnRequest(): boolean {
    return this.encodes && this.#encoder?.keyFrameOnRequest !== false;
  }

  /** Follows what is wanted; whoever comes after a rest gets a key frame at once. */
  want(kinds: ReadonlySet<MediaKind>): void {
    if (kinds.has('units') && !this.#wanted.has('units')) this.#encoder?.requestKeyFrame();
    this.#wanted = kinds;
  }

  /** Makes the next encoded picture a key picture. */
  requestKeyFrame(): void {
    this.#encoder?.requestKeyFrame();
  }

  /** Aims at another bit rate, in bits a second. */
  setBitrate(bitrate: number): void {
    this.#encoder?.tune({ bitrate });
  }

  /** Takes a buffer of the device. */
  take({ data, captureTime }: CapturedFrame): void {
    const { kind } = this.#options.mode;
    if (kind === 'h264') this.#pass(data, captureTime);
    else if (kind === 'mjpeg') this.#takeJpeg(data, captureTime);
    else this.#encode(data, captureTime);
  }

  /** Ends the encoder's child. */
  async close(): Promise<void> {
    await this.#encoder?.close();
  }

  #takeJpeg(data: Uint8Array, captureTime: CapturedFrame['captureTime']): void {
    const whole = completeJpeg(data);
    if (whole === undefined) {
      this.#counters.damaged++;
      return;
    }
    const { jpeg, width, height } = whole;
    this.#counters.pictures++;
    this.#options.picture({ data: jpeg, width, height, captureTime });
    if (this.#carriesH264 || this.#lookedInto < PICTURES_LOOKED_INTO) {
      this.#lookedInto++;
      const h264 = h264InJpeg(jpeg);
      if (h264 !== undefined) {
        if (!this.#carriesH264) this.#options.log.info({}, 'the JPEGs carry H.264, which is passed through');
        this.#carriesH264 = true;
        this.#pass(h264, captureTime);
        return;
      }
    }
    if (!this.#carriesH264) this.#encode(jpeg, captureTime);
  }

  #pass(data: Uint8Array, captureTime: CapturedFrame['captureTime']): void {
    const unit = this.#passed.unit(data, captureTime);
    if (unit !== undefined) this.#unit(unit);
  }

  #unit(unit: PassedUnit): void {
    this.#counters.units++;
    this.#options.unit(unit);
  }

  #encode(data: Uint8Array, captureTime: CapturedFrame['captureTime']): void {
    if (!this.#wanted.has('units') || this.#failed) return;
    try {
      this.#encoder ??= this.#openEncoder();
      this.#encoder.write({ data, captureTime });
    } catch (thrown) {
      this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  #openEncoder(): H264Encoder {
    const { mode, log, encoder } = this.#options;
    const { kind, width, height, framesPerSecond } = mode;
    return openH264Encoder({
      ...encoder,
      input: kind === 'mjpeg' || kind === 'h264' ? { kind: 'mjpeg' } : { kind, width, height },
      framesPerSecond,
      log,
      unit: (unit) => this.#unit(unit),
      failed: (error) => this.#fail(error),
    });
  }

  #fail(error: Error): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#options.failed(error);
  }
}
