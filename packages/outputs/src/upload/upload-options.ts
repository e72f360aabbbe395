import type { BackoffOptions, Logger, Micros } from '@pinhole/core';
import type { UploadCode } from './s3-answers.ts';
import type { S3ClientOptions } from './s3-client.ts';
import type { S3Target } from './s3-target.ts';

/** What an upload queue is made with. */
export interface UploadOptions {
  readonly target: S3Target;
  readonly log: Logger;
  /** Which recordings. Default `all`. */
  readonly wanted?: 'all' | 'on-demand';
  /** None that began before. */
  readonly since?: Micros;
  /** What becomes of the file here once the service has it. Default `kept`, which leaves it to retention. */
  readonly local?: 'kept' | 'deleted';
  /** Files on their way at a time; each takes the memory of one part. Default 1. */
  readonly concurrency?: number;
  /** Of all together; as fast as it goes when left out. */
  readonly bytesPerSecond?: number;
  /** Larger files go in parts of this size, which can be resumed. Default 8 MiB. */
  readonly partBytes?: number;
  /** How what passes by itself is tried again. */
  readonly retry?: BackoffOptions;
  /** When what a person has to mend is tried again. Default 10 minutes. */
  readonly refusedRetryMs?: number;
  readonly client?: Pick<S3ClientOptions, 'idleMs'>;
}

/** What happened since the program started. */
export interface UploadCounters {
  readonly filesUploaded: number;
  readonly bytesUploaded: number;
  /** Bytes that needed not be sent again, because an earlier run had sent them. */
  readonly bytesResumed: number;
  /** Recordings that the service had already. */
  readonly filesThereAlready: number;
  /** Recordings that were deleted before they were uploaded. */
  readonly filesGone: number;
  readonly filesUnreadable: number;
  readonly triesFailed: number;
}

/** What an upload queue does. */
export interface UploadState {
  readonly waiting: number;
  readonly active: readonly {
    readonly camera: string;
    readonly path: string;
    readonly sizeBytes: number;
    readonly sentBytes: number;
  }[];
  /** Why nothing goes on at present. */
  readonly fault?: { readonly code: UploadCode; readonly why: string };
}
