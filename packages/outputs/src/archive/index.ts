export { Archive, INDEX_NAME } from './archive.ts';
export type {
  ArchiveCounters,
  ArchiveOptions,
  ArchiveState,
  BegunRecording,
  RecordingProgress,
} from './archive-options.ts';
export type { ArchivedFile } from './archived-file.ts';
export { type ByteRange, parseByteRange, type RequestedRange } from './byte-range.ts';
export type { Refusal, RefusalCounters } from './confined-folder.ts';
export { coverageOf, gapsOf, type RecordedDay, type TimeRange } from './coverage.ts';
export type { FileRange } from './file-table.ts';
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
