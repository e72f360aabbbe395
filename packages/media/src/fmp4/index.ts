export { type AudioSpecificConfig, parseAudioSpecificConfig } from './audio-specific-config.ts';
export { AAC_RATES, type AudioTrack, aacLowComplexityConfig, audioCodecString } from './audio-track.ts';
export {
  type Box,
  type BoxHeader,
  boxesIn,
  LONGEST_BOX_HEADER_BYTES,
  parseBoxHeader,
} from './box-header.ts';
export {
  FragmentMuxer,
  type FragmentMuxerCounters,
  type FragmentMuxerOptions,
  type MuxedFragment,
  type MuxerUnit,
} from './fragment-muxer.ts';
export { FrameIntervalEstimator } from './frame-interval.ts';
export {
  FMP4_AUDIO_TRACK_ID,
  FMP4_TIMESCALE,
  FMP4_TRACK_ID,
  type InitSegmentOptions,
  initSegment,
} from './init-segment.ts';
export { type FragmentSample, type MediaFragmentOptions, mediaFragment } from './media-fragment.ts';
export { type Fragment, type FragmentRun, parseFragment, type SamplePlace } from './parse-fragment.ts';
export { type Movie, type MovieAudioTrack, type MovieVideoTrack, parseMovie } from './parse-movie.ts';
export type { ProducerTime } from './producer-time.ts';
export {
  MFRO_BYTES,
  movieFragmentRandomAccess,
  parseMovieFragmentRandomAccess,
  type RandomAccessPoint,
  randomAccessBytes,
} from './random-access.ts';
export {
  type RecordingFragment,
  type RecordingFragmentOptions,
  recordingFragment,
  type TrackRun,
  type TrackSample,
} from './recording-fragment.ts';
export {
  LONGEST_RECORDING_TICKS,
  type Patch,
  type RecordingHeader,
  type RecordingHeaderOptions,
  recordingHeader,
} from './recording-header.ts';
