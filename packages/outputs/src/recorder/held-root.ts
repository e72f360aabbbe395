import { type Logger, messageOf } from '@pinhole/core';
import type { RecorderDisk } from './disk.ts';
import { type RecorderError, recorderError } from './disk-fault.ts';
import { RecordingRoot } from './recording-root.ts';
import { RootLock } from './root-lock.ts';
import { newestFile, trimTornFile } from './torn-file.ts';

/** What a root is held with. */
export interface HeldRootOptions {
  readonly path: string;
  /** Folders of the trees in it. */
  readonly trees: readonly string[];
  readonly disk: RecorderDisk;
  readonly log: Logger;
  /** Milliseconds of a clock that never steps. */
  readonly monotonic: () => number;
  /** The root is somebody else's by now. */
  readonly lost: (error: RecorderError) => void;
}

/** A root that is there and ours. What is asked of it is done one after the other. */
export class HeldRoot {
  readonly root: RecordingRoot;
  readonly #options: HeldRootOptions;
  readonly #lock: RootLock;
  #line: Promise<unknown> = Promise.resolve();
  #beating = false;
  #trimmed = false;

  constructor(options: HeldRootOptions) {
    const { path, disk, monotonic } = options;
    this.#options = options;
    this.root = new RecordingRoot(path, { disk });
    this.#lock = new RootLock({ root: path, disk, monotonic });
  }

  /** Makes it, and takes it. @throws {RecorderError} */
  prepare(): Promise<void> {
    return this.#next(async () => {
      try {
        await this.root.prepare();
        await this.#lock.acquire();
      } catch (thrown) {
        throw recorderError(thrown, this.root.path);
      }
      await this.#trimTorn();
    });
  }

  /** Gives it back when `unused` still says so. Never throws. */
  release(unused: () => boolean): Promise<void> {
    return this.#next(async () => {
      if (unused()) await this.#lock.release();
    });
  }

  /** Says that we live, when it is time to. Returns at once. */
  beat(): void {
    if (this.#beating || !this.#lock.held) return;
    this.#beating = true;
    this.#next(() => this.#lock.beat()).then(
      () => {
        this.#beating = false;
      },
      (thrown: unknown) => {
        this.#beating = false;
        const error = recorderError(thrown, this.root.path);
        // A disk that does not take the beat tells so with the next fragment, and better.
        if (error.code === 'recorder/locked') this.#options.lost(error);
        else this.#options.log.debug({ error: error.message }, 'the lock could not be renewed');
      },
    );
  }

  /** Once: what a power cut tore while the program before this one wrote. */
  async #trimTorn(): Promise<void> {
    if (this.#trimmed) return;
    this.#trimmed = true;
    const { trees, disk, log } = this.#options;
    for (const tree of trees) {
      try {
        const path = await newestFile(tree, { disk });
        const bytes = path === undefined ? 0 : await trimTornFile(path, { disk });
        if (bytes > 0) log.info({ path, bytes }, 'the torn end of a recording was cut off');
      } catch (thrown) {
        // A tree that is not there has no torn file; whatever else it is, the next write tells.
        log.debug({ tree, error: messageOf(thrown) }, 'no recording was looked at for a torn end');
      }
    }
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#line.then(work);
    this.#line = done.catch(() => {}); // whoever asked hears of it
    return done;
  }
}
