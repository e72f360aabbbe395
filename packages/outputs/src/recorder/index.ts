export type { RecorderDisk } from './disk.ts';
export { type RecorderCode, RecorderError, type RecorderFault } from './disk-fault.ts';
export { Recorder } from './recorder.ts';
export { DEFAULT_WRITE_LIMITS, type RecorderOptions, type RecordingMode } from './recorder-options.ts';
export type {
  RecordedSegment,
  RecorderEvents,
  RecorderState,
  SaveRequest,
  StartRequest,
} from './recorder-state.ts';
export { numberedStem, type RecordingName, RecordingNames } from './recording-name.ts';
export {
  parseRecordingNote,
  type RecordingNote,
  type RecordingStarter,
  type RecordingTree,
} from './recording-note.ts';
export {
  RewindBuffer,
  type RewindBufferOptions,
  type RewindCounters,
  type RewindExtent,
  type RewindGop,
  type RewindLimits,
} from './rewind-buffer.ts';
export { LOCK_NAME } from './root-lock.ts';
export type { CutReason } from './segment-cut.ts';
export type { WriteLimits, WrittenSegment } from './segment-queue.ts';
export type { StillCounters, StillDecoder } from './still-writer.ts';
export type { TreeCounters, TreeState, TreeStateKind } from './tree-state.ts';
export { type WriteLane, WriteLanes } from './write-lanes.ts';
