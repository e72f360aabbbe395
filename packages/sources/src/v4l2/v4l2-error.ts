import { PinholeError } from '@pinhole/core';

/** What can go wrong between us and a V4L2 device. */
export type V4l2Code =
  | 'source/no-program'
  | 'source/no-ffmpeg'
  | 'source/no-such-device'
  | 'source/device-gone'
  | 'source/busy'
  | 'source/forbidden'
  | 'source/no-camera'
  | 'source/unsupported-mode'
  | 'source/timeout'
  | 'source/stalled'
  | 'source/failed';

/** A device cannot be used, or not as it is set up. The message names it and what would help. */
export class V4l2Error extends PinholeError<V4l2Code> {
  override readonly name: string = 'V4l2Error';
}
