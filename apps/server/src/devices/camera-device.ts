import type { ControlDescriptor } from '@pinhole/engine';

/** A way in which a camera can be read: `H264 1920x1080 at 30, 24, 15 frames/s`. */
export interface DeviceMode {
  /** The pixel format or codec; absent where the camera has just one. */
  readonly format?: string;
  /** `WIDTHxHEIGHT`, or a range of sizes. */
  readonly size: string;
  /** Pictures a second, as told; empty where nothing is told. */
  readonly rates: readonly number[];
}

/** A camera that was found, or one that was asked for. */
export interface CameraDevice {
  /** As a source is written: `rpicam:0`, `v4l2:/dev/video0`. */
  readonly address: string;
  readonly label: string;
  readonly modes: readonly DeviceMode[];
  readonly controls: readonly ControlDescriptor[];
  /** Why nothing more is known of it. */
  readonly problem?: string;
}
