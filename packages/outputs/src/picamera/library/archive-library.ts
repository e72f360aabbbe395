import { join, resolve, sep } from 'node:path';
import { type Micros, micros, PinholeError } from '@pinhole/core';
import { type FileQuery, parseQueryTime, VideoMode } from '@pinhole/protocol/picamera';
import type { Archive } from '../../archive/archive.ts';
import type { ConfinedFile } from '../../archive/confined-folder.ts';
import { isFinished, type RecordedFile } from '../../archive/recorded-file.ts';
import { parseRecordingPath, printable, siblingPath } from '../../archive/recording-path.ts';
import { type Film, TimelapseFolder } from './timelapse-folder.ts';
import type { VideoEntry, VideoLibrary } from './video-library.ts';

/** What a library is made with. */
export interface ArchiveLibraryOptions {
  readonly archive: Archive;
  /** `others` looks for new files before each answer: no recorder of ours tells of them. */
  readonly writtenBy: 'us' | 'others';
}

/** No more is told of before a video at once. */
export const MOST_BEFORE = 8;

/** Looking for others' files costs a walk through the folders. */
const LOOK_EVERY_MS = 2000;

/** A picture of a recording is never so large. */
const LARGEST_THUMBNAIL_BYTES = 4 * 2 ** 20;

const TIMELAPSE = 'timelapse/';

/** The recordings of an archive by the paths of the device, and the time-lapse films in `timelapse` below its root. */
export class ArchiveLibrary implements VideoLibrary {
  readonly #archive: Archive;
  readonly #writtenBy: 'us' | 'others';
  /** Its folder, absolute. */
  readonly root: string;
  readonly #timelapse: TimelapseFolder;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ archive, writtenBy }: ArchiveLibraryOptions) {
    this.#archive = archive;
    this.#writtenBy = writtenBy;
    this.root = resolve(archive.root);
    this.#timelapse = new TimelapseFolder(join(this.root, TIMELAPSE));
  }

  /** Where a path stands below the folder, whether there is anything or not; undefined: elsewhere. */
  placeOf(path: string): string | undefined {
    const root = this.root.endsWith(sep) ? this.root : `${this.root}${sep}`;
    return path.startsWith(root) ? path.slice(root.length).split(sep).join('/') : undefined;
  }

  /** The path on the device of a place below the folder. */
  pathOf(place: string): string {
    return join(this.root, ...place.split('/'));
  }

  async find(query: FileQuery): Promise<readonly VideoEntry[]> {
    if (query.mode === VideoMode.TIMELAPSE) return (await this.#films(query)).map((film) => this.#film(film));
    // Who has just been told that a recording ended looks for it.
    await (this.#writtenBy === 'others' ? this.#look() : this.#archive.settled());
    return this.#recordings(query).map((file) => this.#recording(file));
  }

  async thumbnail({ path }: VideoEntry): Promise<Uint8Array | undefined> {
    const below = this.#below(path);
    if (below.startsWith(TIMELAPSE) || !this.#archive.get(below)?.thumbnail) return undefined;
    try {
      const { handle, sizeBytes } = await this.#archive.openRecording(siblingPath(below, 'jpg'));
      try {
        return sizeBytes > LARGEST_THUMBNAIL_BYTES ? undefined : new Uint8Array(await handle.readFile());
      } finally {
        await handle.close();
      }
    } catch (thrown) {
      // Deleted since: a video without a picture is still a video.
      if (thrown instanceof PinholeError) return undefined;
      throw thrown;
    }
  }

  async open(path: string): Promise<ConfinedFile> {
    const below = this.#below(path);
    if (below.startsWith(TIMELAPSE)) return await this.#timelapse.open(below.slice(TIMELAPSE.length));
    // The archive writes a line for each path that it refuses; of those that are none of a recording we tell ourselves.
    parseRecordingPath(below);
    return await this.#archive.openRecording(below);
  }

  #recordings(query: FileQuery): readonly RecordedFile[] {
    switch (query.by) {
      case 'latest':
        return one(this.#archive.latest());
      case 'before-file': {
        const below = this.#below(query.path);
        parseRecordingPath(below);
        return this.#before(below);
      }
      case 'before-time': {
        const at = microsOf(query.time);
        return at === undefined ? [] : one(this.#archive.beforeTime(at));
      }
    }
  }

  #films(query: FileQuery): Promise<readonly Film[]> {
    const folder = this.#timelapse;
    switch (query.by) {
      case 'latest':
        return folder.newest();
      case 'before-file': {
        const below = this.#below(query.path);
        if (!below.startsWith(TIMELAPSE)) throw outside(query.path);
        return folder.before(below.slice(TIMELAPSE.length), { limit: MOST_BEFORE });
      }
      case 'before-time': {
        const at = microsOf(query.time);
        return at === undefined ? Promise.resolve([]) : folder.newest({ changedBeforeMs: at / 1000 });
      }
    }
  }

  /** Those that can be played; what cannot be is passed over, so that a list does not end there. */
  #before(path: string): readonly RecordedFile[] {
    const found: RecordedFile[] = [];
    for (let at = path; found.length < MOST_BEFORE; ) {
      const older = this.#archive.before(at);
      const last = older.at(-1);
      if (last === undefined) break;
      found.push(...older.filter(isFinished));
      at = last.path;
    }
    return found.slice(0, MOST_BEFORE);
  }

  #recording({ path, startTime, endTime }: RecordedFile): VideoEntry {
    const durationSeconds = Math.max(0, Math.floor((endTime - startTime) / 1e6));
    return { path: this.pathOf(path), durationSeconds };
  }

  #film({ name, durationSeconds }: Film): VideoEntry {
    return { path: join(this.root, TIMELAPSE, name), durationSeconds };
  }

  /** @throws {PinholeError} `picamera/outside` */
  #below(path: string): string {
    const place = this.placeOf(path);
    if (place === undefined) throw outside(path);
    return place;
  }

  async #look(): Promise<void> {
    const now = performance.now();
    if (now - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = now;
    await this.#archive.sweep();
  }
}

const one = <T>(found: T | undefined): readonly T[] => (found === undefined ? [] : [found]);

function microsOf(time: string): Micros | undefined {
  const at = parseQueryTime(time);
  return at && micros(at.getTime() * 1000);
}

/** The refusal of a path that is in no folder of recordings. */
export const outside = (path: string): PinholeError =>
  new PinholeError(
    'picamera/outside',
    `${printable(path)} is not below the folder of this camera's recordings`,
  );
