import { type Micros, messageOf, PinholeError } from '@pinhole/core';

/** Why recording does not work. */
export type RecorderCode =
  | 'recorder/disk-full'
  | 'recorder/read-only'
  | 'recorder/not-permitted'
  | 'recorder/folder-gone'
  | 'recorder/other-disk'
  | 'recorder/file-gone'
  | 'recorder/file-too-large'
  | 'recorder/disk-error'
  | 'recorder/disk-slow'
  | 'recorder/locked'
  | 'recorder/source';

/** A reason for which nothing, or not everything, is recorded. The message has the reason and what to do. */
export class RecorderError extends PinholeError<RecorderCode> {
  override readonly name = 'RecorderError';
}

/** A fault as state and API tell it. */
export interface RecorderFault {
  readonly code: RecorderCode;
  /** What is wrong and what to do, for people. */
  readonly why: string;
  /** UTC. */
  readonly at: Micros;
}

interface FaultWords {
  readonly code: RecorderCode;
  readonly words: string;
}

const FULL: FaultWords = {
  code: 'recorder/disk-full',
  words: 'the disk is full; delete something, or let retention keep more room',
};
const FORBIDDEN: FaultWords = {
  code: 'recorder/not-permitted',
  words: 'this account may not write there; change owner or mode of the folder',
};
const GONE: FaultWords = {
  code: 'recorder/folder-gone',
  words: 'the folder is gone; mount the disk again, or correct the path',
};

const FAULTS: Readonly<Record<string, FaultWords>> = {
  ENOSPC: FULL,
  EDQUOT: {
    code: 'recorder/disk-full',
    words: 'the quota of this account is used up; delete something, or raise it',
  },
  EROFS: {
    code: 'recorder/read-only',
    words:
      'the file system is read-only; it turns so after errors: check the card (dmesg), then mount it for writing',
  },
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  ENOENT: GONE,
  ENOTDIR: {
    code: 'recorder/folder-gone',
    words: 'a file stands where a folder is needed; correct the path',
  },
  ENODEV: GONE,
  ENXIO: GONE,
  ESTALE: GONE,
  ENOTCONN: GONE,
  EFBIG: {
    code: 'recorder/file-too-large',
    words: 'the file system takes no larger file; make segments shorter',
  },
};

/** What a thrown thing of the file system means, in words; a RecorderError stays what it is. */
export function recorderError(thrown: unknown, path: string): RecorderError {
  if (thrown instanceof RecorderError) return thrown;
  const errno = errnoOf(thrown);
  const known = errno === undefined ? undefined : FAULTS[errno];
  if (known !== undefined) {
    return new RecorderError(known.code, `cannot record to ${path}: ${known.words} (${errno})`, {
      cause: thrown,
    });
  }
  const what = errno === 'EIO' ? 'the disk fails (EIO); check cable and card, and dmesg' : messageOf(thrown);
  return new RecorderError('recorder/disk-error', `cannot record to ${path}: ${what}`, { cause: thrown });
}

/** The system's name of an error, e.g. `ENOSPC`. */
export function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
