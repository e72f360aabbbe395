import type { Micros } from '@pinhole/core';
import type { RecorderFault } from './disk-fault.ts';
import type { RecordingTree } from './recording-note.ts';
import type { StillCounters } from './still-writer.ts';

/** What a tree's recording is doing. */
export type TreeStateKind =
  /** Not wanted. */
  | 'off'
  /** The folder is being made ready. */
  | 'starting'
  /** It takes pictures; the camera may have none at the moment. */
  | 'recording'
  /** It cannot, says why in `lastError`, and tries again by itself; until a file was begun. */
  | 'failing';

/** What is recorded into one tree. */
export interface TreeState {
  readonly tree: RecordingTree;
  readonly kind: TreeStateKind;
  /** Since when it is wanted; UTC. */
  readonly since: Micros | undefined;
  /** The file that is being written. */
  readonly file: string | undefined;
  /** Capture time of the first picture in it; UTC. */
  readonly segmentStart: Micros | undefined;
  readonly bytesWritten: number;
  readonly queuedBytes: number;
  readonly droppedUnits: number;
  /** The last thing that went wrong, be it over by now; undefined when nothing did since it began. */
  readonly lastError: RecorderFault | undefined;
}

/** What became of the units meant for a tree. */
export interface TreeCounters extends StillCounters {
  /** Pictures taken in. */
  readonly units: number;
  readonly segments: number;
  readonly bytesWritten: number;
  /** Left out up to the next key unit because the disk was too slow. */
  readonly unitsDroppedSlowDisk: number;
  /** Taken in and lost, or not taken in, because the disk failed. */
  readonly unitsDroppedFault: number;
  /** Left out while waiting for a key unit. */
  readonly unitsDroppedUntilKey: number;
  readonly soundDropped: number;
  readonly faults: number;
}
