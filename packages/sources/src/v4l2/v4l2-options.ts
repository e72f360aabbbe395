import type { Logger, Millis } from '@pinhole/core';
import type { ControlValue } from '@pinhole/engine';
import type { EncoderName, FfmpegOptions } from '@pinhole/ffmpeg';
import type { SourceClock } from '../clock.ts';
import type { FormatWish } from './device/choose-mode.ts';
import type { V4l2Access } from './device/v4l2-access.ts';

/** How a camera on this machine is used. */
export interface V4l2SourceOptions {
  /** `/dev/video0`, or better a path under `/dev/v4l/by-id/`, which finds the camera under any number. */
  readonly path: string;
  /** Default `auto`: H.264 where the camera makes it, else JPEG, else raw pictures. */
  readonly format?: FormatWish;
  /** With `height`; without them the largest up to 1280×720 that comes at 25 pictures a second. */
  readonly width?: number;
  readonly height?: number;
  /** Default 30, or the nearest that there is. */
  readonly framesPerSecond?: number;
  /** Bits a second where pictures are encoded here. */
  readonly bitrate?: number;
  /** Frames from one key frame to the next where pictures are encoded here. */
  readonly gop?: number;
  readonly encoder?: 'auto' | EncoderName;
  /** Start values of controls, by id or by V4L2's name. */
  readonly controls?: ReadonlyMap<string, ControlValue>;
  readonly label?: string;
  readonly log?: Logger;
  readonly ffmpeg?: FfmpegOptions;
  /** The way to the device; `v4l2-ctl` unless told. */
  readonly access?: V4l2Access;
  readonly clock?: SourceClock;
  /** The first picture has to come within so long. Default 10 s. */
  readonly connectMs?: Millis;
  /** No picture for so long means that the camera hangs. Default 3 s. */
  readonly stallMs?: Millis;
  /** Waits between tries; a camera that is plugged in again ends one. Default 0.5 s doubling to 10 s. */
  readonly retry?: { readonly firstMs: Millis; readonly maxMs: Millis };
}

/** What a V4L2 source did since it was made. */
export interface V4l2Counters {
  readonly captures: number;
  readonly stalls: number;
  readonly units: number;
  readonly pictures: number;
  /** Pictures that are no whole JPEG. */
  readonly damaged: number;
  /** Pictures of the device that never came, or that the driver marked as damaged. */
  readonly lostFrames: number;
  /** Pictures left out because a newer one came before the encoder was free. */
  readonly droppedBusy: number;
}
