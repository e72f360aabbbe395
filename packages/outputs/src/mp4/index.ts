export type { HttpFormat } from './http-framing.ts';
export {
  type HttpStreamContext,
  type HttpStreamCounters,
  HttpStreams,
  type HttpStreamsOptions,
} from './http-streams.ts';
