export { Archive, INDEX_NAME } from './archive.ts';
export type {
  ArchiveCounters,
  ArchiveOptions,
  ArchiveState,
  BegunRecording,
} from './archive-options.ts';
export type { ArchivedFile } from './archived-file.ts';
export { type ByteRange, parseByteRange, type RequestedRange } from './byte-range.ts';
export type { Refusal, RefusalCounters } from './confined-folder.ts';
export { coverageOf, gapsOf, type RecordedDay, type TimeRange } from './coverage.ts';
export type { FileRange } from './file-table.ts';
export { followRecorder } from './follow-recorder.ts';
export { type Footage, FootageReader, type FootageRequest } from './footage/footage.ts';
export type { FootageSpan, RewindMemory } from './footage/footage-plan.ts';
export type { FootageSource } from './footage/footage-source.ts';
export { type LocalTime, localTimeOf, utcOf } from './local-time.ts';
export type { ReadingProgress } from './reading-queue.ts';
export type { FileState, OnDemand, RecordedAudio, RecordedFile, RecordedVideo } from './recorded-file.ts';
export type { IndexCounters, IndexEvents } from './recording-index.ts';
export {
  formatRecordingPath,
  type PathFault,
  parseRecordingPath,
  type RecordingPath,
  RecordingPathError,
  siblingPath,
} from './recording-path.ts';
export {
  type DiskSpace,
  diskSpaceOf,
  MIN_FREE_BYTES,
  Retention,
  type RetentionCounters,
  type RetentionLimits,
  type RetentionOptions,
  type RoomMade,
} from './retention.ts';
