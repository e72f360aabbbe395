export {
  FragmentMuxer,
  type FragmentMuxerCounters,
  type FragmentMuxerOptions,
  type MuxedFragment,
  type MuxerUnit,
} from './fragment-muxer.ts';
export { FMP4_TIMESCALE, FMP4_TRACK_ID, type InitSegmentOptions, initSegment } from './init-segment.ts';
export { type FragmentSample, type MediaFragmentOptions, mediaFragment } from './media-fragment.ts';
