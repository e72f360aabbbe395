export {
  type MjpegContext,
  type MjpegCounters,
  MjpegStreams,
  type MjpegStreamsOptions,
  parseRate,
} from './mjpeg-streams.ts';
