import { dirname } from 'node:path';
import type { RecorderDisk } from './disk.ts';
import { errnoOf, RecorderError } from './disk-fault.ts';

/**
 * The folder of a camera's recordings. It is made where it is missing, with one exception: a root that lay on a disk of
 * its own is not made anew on the system's disk when that disk is not mounted. Its recordings would fill the card that
 * the system runs from, and be hidden once the disk is back.
 */
export class RecordingRoot {
  readonly path: string;
  readonly #disk: RecorderDisk;
  #onSystemDisk: boolean | undefined;

  constructor(path: string, options: { readonly disk: RecorderDisk }) {
    this.path = path;
    this.#disk = options.disk;
  }

  /** Sees to it that it is there. @throws {RecorderError} `recorder/other-disk`, and the file system's errors */
  async prepare(): Promise<void> {
    if (this.#onSystemDisk === false && (await this.#liesOnSystemDisk())) {
      throw new RecorderError(
        'recorder/other-disk',
        `cannot record to ${this.path}: it lay on a disk of its own, which is not mounted now; mount it again`,
      );
    }
    await this.#disk.mkdir(this.path, { recursive: true, mode: 0o750 });
    this.#onSystemDisk = await this.#liesOnSystemDisk();
  }

  async #liesOnSystemDisk(): Promise<boolean> {
    const [system, here] = await Promise.all([this.#disk.stat('/'), this.#nearestFolder()]);
    return system.dev === here.dev;
  }

  /** The root, or what is there of the way to it. */
  async #nearestFolder(): Promise<{ readonly dev: number }> {
    for (let path = this.path; ; path = dirname(path)) {
      try {
        return await this.#disk.stat(path);
      } catch (thrown) {
        if (errnoOf(thrown) !== 'ENOENT' || path === dirname(path)) throw thrown;
      }
    }
  }
}
