import type { Micros } from '@pinhole/core';

/** A stretch of time, UTC. */
export interface TimeRange {
  readonly from: Micros;
  /** The first moment that does not belong to it. */
  readonly to: Micros;
}

/** Somebody's start of a recording. */
export interface RecordingStart {
  /** To stop it by. */
  readonly id: string;
  /** The id of the token. */
  readonly who: string;
  readonly since: Micros;
  /** When it ends by itself. */
  readonly until?: Micros;
  readonly reason?: string;
}

/** What went wrong last. */
export interface RecordingFault {
  readonly code: string;
  /** In words, and what to do. */
  readonly why: string;
  readonly at: Micros;
}

/** How one of a camera's two ways to record is. */
export interface RecorderState {
  readonly state: 'off' | 'starting' | 'recording' | 'failing';
  readonly since?: Micros;
  /** Path of the recording that is being written. */
  readonly file?: string;
  readonly bytesWritten: number;
  readonly droppedUnits: number;
  readonly lastError?: RecordingFault;
}

/** What is recorded of a camera now, and what there is. */
export interface CameraRecording {
  readonly mode: 'off' | 'background' | 'on-demand' | 'both';
  readonly recording: boolean;
  /** Who started what is recorded on demand. */
  readonly by: readonly RecordingStart[];
  readonly background: RecorderState;
  readonly onDemand: RecorderState;
  /** The last minutes, which are in memory. */
  readonly rewind?: TimeRange & { readonly bytes: number };
  readonly archive: {
    readonly files: number;
    readonly bytes: number;
    /** Recordings are being looked through: a first start, a lost index. */
    readonly reading?: { readonly read: number; readonly waiting: number; readonly perSecond: number };
    readonly fault?: string;
  };
}

/** One recording. */
export interface Recording {
  /** Names it: `20260131/12/20260131_120000.mp4`. */
  readonly path: string;
  readonly start: Micros;
  readonly end: Micros;
  readonly bytes: number;
  readonly state: 'recording' | 'complete' | 'cut' | 'unreadable' | 'unread';
  readonly video?: { readonly codec: string; readonly width: number; readonly height: number };
  readonly audio?: { readonly codec: string; readonly sampleRate: number; readonly channels: number };
  readonly onDemand?: { readonly by: string; readonly at: Micros };
  readonly urls: { readonly file: string; readonly thumbnail?: string };
}

/** A day of the device's calendar. */
export interface RecordedDay {
  /** `2026-01-31` */
  readonly day: string;
  readonly files: number;
  readonly bytes: number;
  readonly recordedSeconds: number;
  readonly start: Micros;
  readonly end: Micros;
}

/** A stretch that plays in one go. */
export interface FootageSpan extends TimeRange {
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  /** The codec of its sound. */
  readonly audio?: string;
  /** No file has it. */
  readonly inMemory: boolean;
}

/** What there is of a stretch of time, and what is missing. */
export interface FootageMap {
  readonly spans: readonly FootageSpan[];
  readonly gaps: readonly TimeRange[];
}
