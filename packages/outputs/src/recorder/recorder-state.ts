import type { Micros } from '@pinhole/core';
import type { RecorderFault } from './disk-fault.ts';
import type { RecordingMode } from './recorder-options.ts';
import type { RecordingStarter, RecordingTree } from './recording-note.ts';
import type { WrittenSegment } from './segment-queue.ts';
import type { TreeState } from './tree-state.ts';

/** A complete file of a camera. */
export interface RecordedSegment extends WrittenSegment {
  readonly camera: string;
  readonly tree: RecordingTree;
}

/** What a recorder is doing. */
export interface RecorderState {
  readonly mode: RecordingMode;
  /** Something is being recorded, or would be if the camera had pictures. */
  readonly recording: boolean;
  /** Who started what is recorded on demand; the oldest first. */
  readonly by: readonly RecordingStarter[];
  readonly background: TreeState;
  readonly onDemand: TreeState;
  /** The newest of both trees. */
  readonly lastError: RecorderFault | undefined;
}

/** What a recorder tells. */
export interface RecorderEvents {
  state: RecorderState;
  /** A file is complete; see `closed` for one that a fault cut off. */
  segment: RecordedSegment;
}

/** Somebody starts a recording. */
export interface StartRequest {
  /** Kept in the file: as the access control knows them, for people. */
  readonly who: string;
  readonly reason?: string;
  /** Ends by itself after this; never later than the recorder's own limit. */
  readonly limit?: Micros;
}

/** Somebody saves what was just seen. */
export interface SaveRequest {
  readonly who: string;
  readonly reason?: string;
  /** Of the last so many seconds, from the key frame before. */
  readonly seconds: number;
}
