import type { Micros } from '@pinhole/core';

/**
 * How far a file is: `recording` it is being written · `complete` it was closed properly · `cut` it ends without having been
 * closed, and plays up to there · `unreadable` it has no index of its samples (a foreign file cut short, or no MP4) ·
 * `unread` its name is known, and nothing else yet.
 */
export type FileState = 'recording' | 'complete' | 'cut' | 'unreadable' | 'unread';

/** What a file says of its pictures. */
export interface RecordedVideo {
  /** RFC 6381, e.g. `avc1.640028`. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
}

/** What a file says of its sound. */
export interface RecordedAudio {
  /** RFC 6381, e.g. `mp4a.40.2` or `opus`. */
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
}

/** Somebody asked for this recording. */
export interface OnDemand {
  /** Who, as the rights know them; empty when a file of others does not say. */
  readonly by: string;
  readonly at: Micros;
}

/** One recording as the index knows it. */
export interface RecordedFile {
  /** Below the root of the camera, `/` between folders. */
  readonly path: string;
  /** When its first picture was taken, UTC. Files of others tell the second only. */
  readonly startTime: Micros;
  /** When its last picture ends, UTC; of a file being written, as far as is known. */
  readonly endTime: Micros;
  readonly sizeBytes: number;
  readonly state: FileState;
  /** `fragmented` as our recorder writes it; `progressive` with its index in one place, as others do. */
  readonly layout?: 'fragmented' | 'progressive';
  readonly video?: RecordedVideo;
  readonly audio?: RecordedAudio;
  readonly onDemand?: OnDemand;
  /** A `.jpg` lies beside it. */
  readonly thumbnail: boolean;
}

/** Nobody writes into it any more, and its times are known. */
export const isFinished = ({ state }: RecordedFile): boolean => state === 'complete' || state === 'cut';

/** The order in which recordings stand: by start, then by name. */
export const inOrder = (a: RecordedFile, b: RecordedFile): number =>
  a.startTime - b.startTime || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
