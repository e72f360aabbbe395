export type { RtspCode, RtspFailure } from './rtsp-failure.ts';
export { createRtspSource, type RtspCounters, RtspSource, type RtspSourceOptions } from './rtsp-source.ts';
