export type { RtpCounters } from '../rtp/rtp-counters.ts';
export type { RtspSoundCounters } from './camera-sound.ts';
export type { RtspWay } from './reception.ts';
export type { RtspCode } from './rtsp-code.ts';
export type { RtspFailure } from './rtsp-failure.ts';
export { createRtspSource, type RtspCounters, RtspSource, type RtspSourceOptions } from './rtsp-source.ts';
