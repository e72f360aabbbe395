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

/**
 * One file of a recording on the disk. What is behind the last whole piece is cut off when a write fails, so that the
 * file ends with a whole fragment wherever that is possible.
 */
export class SegmentFile {
  readonly path: string;
  readonly #disk: RecorderDisk;
  readonly #handle: FileHandle;
  #position = 0;

  private constructor(path: string, disk: RecorderDisk, handle: FileHandle) {
    this.path = path;
    this.#disk = disk;
    this.#handle = handle;
  }

  /**
   * Makes the file, and its folder where there is none; never one that is there already.
   * @throws the file system's errors
   */
  static async create(
    root: string,
    { folder, stem }: RecordingName,
    { disk }: { readonly disk: RecorderDisk },
  ): Promise<SegmentFile> {
    const place = join(root, folder);
    await disk.mkdir(place, { recursive: true, mode: FOLDER_MODE });
    for (let count = 1; count <= MOST_OF_ONE_NAME; count++) {
      const path = join(place, `${numberedStem(stem, count)}.mp4`);
      try {
        const handle = await disk.open(path, 'wx', FILE_MODE);
        await keepEntry(place, disk);
        return new SegmentFile(path, disk, handle);
      } catch (thrown) {
        if (errnoOf(thrown) !== 'EEXIST') throw thrown;
      }
    }
    throw new RecorderError(
      'recorder/disk-error',
      `cannot record to ${place}: ${MOST_OF_ONE_NAME} files are named ${stem}; is the clock running?`,
    );
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

  /** Leaves the file with what is whole in it; one without any is removed. Never throws. */
  async abandon(): Promise<void> {
    const quietly = (work: Promise<unknown>): Promise<unknown> => work.catch(() => {}); // it has failed already
    await quietly(this.#handle.truncate(this.#position));
    await quietly(this.#handle.datasync());
    await quietly(this.#handle.close());
    if (this.#position === 0) await quietly(this.#disk.unlink(this.path));
  }
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
