import type { Abort } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import type { PictureSize } from '@pinhole/media/jpeg';
import type { CameraHttp } from './http/exchange.ts';
import type { HttpTarget } from './http/http-target.ts';

/** What a device tells while it is connected. */
export interface DeviceEvents {
  /** Other controls, or other values of them, than before. */
  controlsChanged(): void;
}

/** A camera behind HTTP, but for its pictures: where they are, and what can be changed. */
export interface CameraDevice {
  /** The kind by which it is configured. */
  readonly kind: string;
  /** For people; no credentials. */
  readonly label: string;
  /** It serves one stream to one client; two sources that have the same are told so. */
  readonly exclusive?: string;
  /**
   * Addresses under which its stream may be, the likeliest first; asked before each connection.
   * @throws {MjpegError} `source/*`
   */
  streams(http: CameraHttp, signal: Abort): Promise<readonly HttpTarget[]>;
  /** The stream was found there. What it asks of the camera besides goes on until `signal` aborts. */
  connected(at: HttpTarget, options: { readonly signal: Abort; readonly events: DeviceEvents }): void;
  /** A picture of this size came. */
  pictureCame(size: PictureSize): void;
  controls(): readonly ControlDescriptor[];
  values(): ReadonlyMap<string, ControlValue>;
  /** @throws {PinholeError} `control/*` */
  set(id: string, value: ControlValue): Promise<void>;
}
