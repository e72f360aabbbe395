import type { Logger, Micros } from '@pinhole/core';
import type { RefusalCounters } from './confined-folder.ts';
import type { ReadingProgress } from './reading-queue.ts';
import type { OnDemand } from './recorded-file.ts';
import type { IndexCounters } from './recording-index.ts';

/** What an archive is made with. */
export interface ArchiveOptions {
  /** The camera whose recordings these are. */
  readonly camera: string;
  /** The folder with the folders of its days. It may come later: a disk that is not mounted yet. */
  readonly root: string;
  readonly now: () => Micros;
  readonly log: Logger;
  /** How often others' changes to the folders are looked for. */
  readonly sweepEveryMs?: number;
}

/** A recording that the recorder begins. */
export interface BegunRecording {
  readonly path: string;
  readonly startTime: Micros;
  readonly onDemand?: OnDemand;
}

/** What happened since the program started. */
export interface ArchiveCounters extends IndexCounters {
  /** Paths refused, by reason. */
  readonly pathsRefused: RefusalCounters;
  readonly filesOpened: number;
  /** Recordings deleted by us: by a person, or to make room. */
  readonly filesDeleted: number;
  readonly bytesDeleted: number;
  /** Deletions refused because the recording is being written. */
  readonly deletionsRefused: number;
}

/** How an archive is. */
export interface ArchiveState {
  readonly files: number;
  readonly sizeBytes: number;
  /** Recordings are being read that are known by name only: a first start, a lost index. */
  readonly reading?: ReadingProgress;
  /** Why the folder cannot be read, or the index not be kept, in words. */
  readonly fault?: string;
}
