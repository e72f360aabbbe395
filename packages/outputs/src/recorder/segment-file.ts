import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Patch } from '@pinhole/media/fmp4';
import type { RecorderDisk } from './disk.ts';
import { errnoOf, RecorderError } from './disk-fault.ts';
import { numberedStem, type RecordingName } from './recording-name.ts';

/** So many files of one second are taken for a mistake. */
const MOST_OF_ONE_NAME = 1000;

const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;

/** What a file is made with. */
export interface SegmentFileOptions {
  readonly root: string;
  readonly name: RecordingName;
  readonly unfinished: string;
  /** The first bytes: enough to be played. */
  readonly pieces: readonly Uint8Array[];
  readonly disk: RecorderDisk;
}

/**
 * One file of a recording on the disk. What is behind the last whole piece is cut off when a write fails, so that the
 * file ends with a whole fragment wherever that is possible.
 */
export class SegmentFile {
  #path: string;
  readonly #disk: RecorderDisk;
  readonly #handle: FileHandle;
  #position = 0;

  private constructor(path: string, disk: RecorderDisk, handle: FileHandle) {
    this.#path = path;
    this.#disk = disk;
    this.#handle = handle;
  }

  /**
   * Makes the file with its first pieces, and its folder where there is none; never over one that is there already. It
   * gets its name once they are on the disk: no crash and no power cut leaves a file that nothing can play.
   * @param unfinished where it lies until then: below the root, the same every time, so that nothing piles up
   * @throws the file system's errors
   */
  static async create(options: SegmentFileOptions): Promise<SegmentFile> {
    const { root, name, unfinished, pieces, disk } = options;
    const folder = join(root, name.folder);
    await disk.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    const started = join(root, unfinished);
    const handle = await disk.open(started, 'w', FILE_MODE);
    const file = new SegmentFile('', disk, handle);
    try {
      await file.append(pieces);
      await handle.datasync();
      const path = await freePath(folder, name.stem, disk);
      await disk.rename(started, path);
      file.#path = path;
    } catch (thrown) {
      await quietly(handle.close());
      await quietly(disk.unlink(started));
      throw thrown;
    }
    await keepEntry(folder, disk);
    return file;
  }

  get path(): string {
    return this.#path;
  }

  /** Bytes written whole. */
  get bytes(): number {
    return this.#position;
  }

  /** Where its still picture goes. */
  get stillPath(): string {
    return this.path.replace(/\.mp4$/, '.jpg');
  }

  /** Writes behind what is there: all of it, or it can be tried again. @throws the file system's errors */
  async append(pieces: readonly Uint8Array[]): Promise<void> {
    const total = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
    let left: readonly Uint8Array[] = pieces;
    let written = 0;
    while (written < total) {
      const { bytesWritten } = await this.#handle.writev([...left], this.#position + written);
      if (bytesWritten === 0) throw new Error('the file system took no byte');
      written += bytesWritten;
      left = behind(left, bytesWritten);
    }
    this.#position += total;
  }

  /**
   * Puts what was written where a power cut does not reach it, and looks whether the file is still where it was made.
   * @throws {RecorderError} `recorder/file-gone`, and the file system's errors
   */
  async sync(): Promise<void> {
    await this.#handle.datasync();
    const [here, there] = await Promise.all([
      this.#handle.stat(),
      this.#disk.stat(this.path).catch((thrown: unknown) => {
        if (errnoOf(thrown) === 'ENOENT' || errnoOf(thrown) === 'ENOTDIR') return undefined;
        throw thrown;
      }),
    ]);
    if (there === undefined || there.ino !== here.ino || there.dev !== here.dev) {
      throw new RecorderError(
        'recorder/file-gone',
        `${this.path} was deleted, moved or unmounted while it was written; a new one is begun`,
      );
    }
  }

  /** Changes bytes in place, syncs and closes. @throws as `sync` */
  async finish(patches: readonly Patch[]): Promise<void> {
    for (const { bytes, offset } of patches) await this.#handle.write(bytes, 0, bytes.byteLength, offset);
    await this.sync();
    await this.#handle.close();
  }

  /** Leaves the file with what is whole in it. Never throws. */
  async abandon(): Promise<void> {
    await quietly(this.#handle.truncate(this.#position));
    await quietly(this.#handle.datasync());
    await quietly(this.#handle.close());
  }
}

/** It has failed already; what goes wrong on the way out tells nothing new. */
const quietly = (work: Promise<unknown>): Promise<unknown> => work.catch(() => {});

/** One process writes below a root, so what is free stays free. */
async function freePath(folder: string, stem: string, disk: RecorderDisk): Promise<string> {
  for (let count = 1; count <= MOST_OF_ONE_NAME; count++) {
    const path = join(folder, `${numberedStem(stem, count)}.mp4`);
    try {
      await disk.lstat(path);
    } catch (thrown) {
      if (errnoOf(thrown) === 'ENOENT') return path;
      throw thrown;
    }
  }
  throw new RecorderError(
    'recorder/disk-error',
    `cannot record to ${folder}: ${MOST_OF_ONE_NAME} files are named ${stem}; is the clock running?`,
  );
}

/** The name of a new file is content of its folder: without this a power cut can take the file whole. */
async function keepEntry(folder: string, disk: RecorderDisk): Promise<void> {
  try {
    const handle = await disk.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    // Not every file system knows how to; what is really wrong shows with the first write.
    if (errnoOf(thrown) === undefined) throw thrown;
  }
}

function behind(pieces: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes;
  const left: Uint8Array[] = [];
  for (const piece of pieces) {
    if (skip >= piece.byteLength) skip -= piece.byteLength;
    else {
      left.push(piece.subarray(skip));
      skip = 0;
    }
  }
  return left;
}
