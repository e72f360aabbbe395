export type { TranscoderTuning } from '../transcoder.ts';
export { DeviceClaims } from './device-claims.ts';
export { type MjpegCode, MjpegError } from './mjpeg-error.ts';
export {
  createMjpegSource,
  type MjpegCounters,
  MjpegSource,
  type MjpegSourceOptions,
  type MjpegTuning,
} from './mjpeg-source.ts';
