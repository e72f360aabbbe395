export type { PlaybackState } from './playback-state.ts';
export { RecordingPlayer } from './recording-player.ts';
export {
  PLAYBACK_RATES,
  type PlaybackStep,
  type PlaybackTime,
  type RecordingPlayerEvents,
  type RecordingPlayerOptions,
} from './recording-player-options.ts';
export type {
  CameraRecording,
  FootageMap,
  FootageSpan,
  RecordedDay,
  RecorderState,
  Recording,
  RecordingFault,
  RecordingStart,
  TimeRange,
} from './recording-types.ts';
export {
  type Abortable,
  type FootageQuery,
  RecordingsApi,
  type RecordingsApiOptions,
  type RecordingsPage,
} from './recordings-api.ts';
export { RecordingsError } from './recordings-error.ts';
