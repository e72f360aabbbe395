/** Why an RTSP source is not live. */
export type RtspCode =
  | 'source/refused'
  | 'source/no-such-host'
  | 'source/unreachable'
  | 'source/unauthorized'
  | 'source/not-found'
  | 'source/timeout'
  | 'source/stalled'
  | 'source/ended'
  | 'source/no-video'
  | 'source/invalid-input'
  | 'source/crashed'
  | 'source/no-ffmpeg'
  | 'source/failed';
