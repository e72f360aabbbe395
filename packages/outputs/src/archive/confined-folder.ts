import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, readlink, realpath, stat, unlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { PinholeError } from '@pinhole/core';
import { type PathFault, parseRecordingPath, printable, RecordingPathError } from './recording-path.ts';

/** A file of a camera's folder, open for reading; whoever asked for it closes it. */
export interface ConfinedFile {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly changedMs: number;
  /** Tells this file from another that comes to the same place later. */
  readonly fileId: string;
}

/** Why a path was refused: by its form, or by what lies there. */
export type Refusal = PathFault | 'symlink' | 'not-a-file';

/** How often paths were refused, by reason. */
export type RefusalCounters = Readonly<Record<Refusal, number>>;

const ROOT_LASTS_MS = 1000;

/** A FIFO must not make us wait, a link must not be followed. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The folder of one camera, and nothing outside it. A path that comes from a client must first look like that of a
 * recording; then what was opened must be an ordinary file at just that place: no link on the way, no device, no pipe.
 */
export class ConfinedFolder {
  /** The folder as it was configured; the folder itself may be reached by a link. */
  readonly root: string;
  readonly #refused: Record<Refusal, number> = {
    absolute: 0,
    traversal: 0,
    encoded: 0,
    control: 0,
    type: 0,
    layout: 0,
    symlink: 0,
    'not-a-file': 0,
  };
  #root: Promise<string> | undefined;
  #rootAt = 0;
  readonly #onRefusal: (refusal: Refusal, path: string) => void;
  readonly #check: (path: string) => void;

  /** @param options.check throws a `RecordingPathError` for a path that does not belong here; that of recordings without */
  constructor(
    root: string,
    options: {
      readonly onRefusal?: (refusal: Refusal, path: string) => void;
      readonly check?: (path: string) => void;
    } = {},
  ) {
    this.root = root;
    this.#check = options.check ?? parseRecordingPath;
    this.#onRefusal = options.onRefusal ?? (() => {});
  }

  /** A copy of the counts so far. */
  get refused(): RefusalCounters {
    return { ...this.#refused };
  }

  /** Throws for a path that does not look like a recording's. @throws {RecordingPathError} `recording/bad-path` */
  check(path: string): void {
    try {
      this.#check(path);
    } catch (thrown) {
      if (thrown instanceof RecordingPathError) this.#count(thrown.fault, path);
      throw thrown;
    }
  }

  /**
   * Opens a recording or the picture beside it.
   *
   * @throws {PinholeError} `recording/bad-path` · `recording/not-found` · `recording/symlink` · `recording/not-a-file` ·
   *   `recording/unreadable`
   */
  async open(path: string): Promise<ConfinedFile> {
    this.check(path);
    const place = this.#placeOf(path);
    const handle = await open(place, OPEN_FLAGS).catch((fault: unknown) => {
      throw this.#refusalOf(fault, path);
    });
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw this.#refuse('not-a-file', path);
      await this.#checkPlace(handle, { path, found });
      return {
        handle,
        sizeBytes: found.size,
        changedMs: Math.floor(found.mtimeMs),
        fileId: `${found.dev.toString(36)}-${found.ino.toString(36)}`,
      };
    } catch (thrown) {
      await handle.close();
      throw thrown instanceof PinholeError ? thrown : this.#refusalOf(thrown, path);
    }
  }

  /** Whether there is an ordinary file at this path. Never throws for one that is none, or cannot be asked. */
  async has(path: string): Promise<boolean> {
    this.check(path);
    const found = await lstat(this.#placeOf(path)).catch(() => undefined);
    return found?.isFile() ?? false;
  }

  /** Deletes a recording or the picture beside it. @returns the bytes it took; nothing when it was not there. */
  async remove(path: string): Promise<number | undefined> {
    this.check(path);
    const place = this.#placeOf(path);
    try {
      const found = await lstat(place);
      if (found.isSymbolicLink() || !(await this.#isAtHome(dirname(place), dirname(path)))) {
        throw this.#refuse('symlink', path);
      }
      if (!found.isFile()) throw this.#refuse('not-a-file', path);
      await unlink(place);
      return found.size;
    } catch (thrown) {
      if (thrown instanceof PinholeError) throw thrown;
      if (codeOf(thrown) === 'ENOENT') return undefined;
      throw this.#refusalOf(thrown, path);
    }
  }

  #placeOf(path: string): string {
    return join(this.root, ...path.split('/'));
  }

  async #checkPlace(handle: FileHandle, { path, found }: { path: string; found: Stats }): Promise<void> {
    // What is open may have been reached by a folder that was a link at that moment; Linux tells where it really lies.
    if (process.platform === 'linux') {
      const [lies, root] = await Promise.all([readlink(`/proc/self/fd/${handle.fd}`), this.#realRoot()]);
      // A file that was deleted since lies nowhere.
      if (lies.endsWith(' (deleted)')) throw notFound(path);
      if (lies !== join(root, ...path.split('/'))) throw this.#refuse('symlink', path);
      return;
    }
    const place = this.#placeOf(path);
    const there = await stat(place);
    if (!(await this.#isAtHome(place, path)) || there.ino !== found.ino || there.dev !== found.dev) {
      throw this.#refuse('symlink', path);
    }
  }

  /** Where the root really lies. It moves when a disk is mounted, not from one file to the next. */
  #realRoot(): Promise<string> {
    const now = performance.now();
    if (this.#root === undefined || now - this.#rootAt > ROOT_LASTS_MS) {
      this.#rootAt = now;
      const found = realpath(this.root);
      found.catch(() => {
        this.#root = undefined;
      });
      this.#root = found;
    }
    return this.#root;
  }

  async #isAtHome(place: string, path: string): Promise<boolean> {
    const [lies, root] = await Promise.all([realpath(place), this.#realRoot()]);
    return lies === `${root}${root.endsWith(sep) ? '' : sep}${path.split('/').join(sep)}`;
  }

  #count(refusal: Refusal, path: string): void {
    this.#refused[refusal]++;
    this.#onRefusal(refusal, printable(path));
  }

  #refuse(refusal: 'symlink' | 'not-a-file', path: string): PinholeError {
    this.#count(refusal, path);
    return refusal === 'symlink'
      ? new PinholeError(
          'recording/symlink',
          `${printable(path)} is reached by a symbolic link; only files in the folder of the camera are served`,
        )
      : new PinholeError('recording/not-a-file', `${printable(path)} is no ordinary file`);
  }

  #refusalOf(fault: unknown, path: string): PinholeError {
    const code = codeOf(fault);
    if (code === 'ELOOP' || code === 'EMLINK') return this.#refuse('symlink', path);
    // A socket cannot be opened, a device without a driver neither.
    if (code === 'ENXIO' || code === 'ENODEV') return this.#refuse('not-a-file', path);
    if (code === 'ENOENT' || code === 'ENOTDIR') return notFound(path);
    return new PinholeError(
      'recording/unreadable',
      `${printable(path)} cannot be read: ${code ?? String(fault)}`,
      {
        cause: fault,
      },
    );
  }
}

const notFound = (path: string): PinholeError =>
  new PinholeError('recording/not-found', `there is no recording ${printable(path)}`);

/** The code of a system call that failed. */
export const codeOf = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;
