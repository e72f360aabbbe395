import { type Micros, micros } from '@pinhole/core';
import { inOrder, isFinished, type RecordedFile } from './recorded-file.ts';
import { hourFolderOf } from './recording-path.ts';

/** Which recordings of a range are wanted. */
export interface FileRange {
  /** Those that last beyond this time. */
  readonly from: Micros;
  /** Those that begin before it. */
  readonly to: Micros;
  /** No more than so many, from the oldest on. */
  readonly limit?: number;
  /** Those that stand behind this path: the last one of the page before. */
  readonly after?: string;
}

/** All recordings of one camera, in the order of their starts. Every search is a binary one. */
export class FileTable {
  #files: RecordedFile[] = [];
  readonly #folders = new Map<string, Map<string, RecordedFile>>();
  #sizeBytes = 0;
  /** No recording was ever longer: how far before a time one may begin that still lasts then. */
  #longest = 0;

  /** Recordings held. */
  get length(): number {
    return this.#files.length;
  }

  /** What they take on the disk, as far as it is known. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** All of them, oldest first; a view, valid until the next change. */
  get files(): readonly RecordedFile[] {
    return this.#files;
  }

  /** The recording at this path. */
  get(path: string): RecordedFile | undefined {
    return this.#folders.get(hourFolderOf(path))?.get(path);
  }

  /** The recordings of one hour's folder; a view. */
  inFolder(folder: string): ReadonlyMap<string, RecordedFile> {
    return this.#folders.get(folder) ?? new Map();
  }

  /** Every hour's folder that has a recording; a copy. */
  get folders(): readonly string[] {
    return [...this.#folders.keys()];
  }

  /** Takes in many at once. */
  fill(files: Iterable<RecordedFile>): void {
    for (const file of files) {
      if (this.get(file.path) !== undefined) this.remove(file.path);
      this.#files.push(file);
      this.#register(file);
    }
    this.#files.sort(inOrder);
  }

  /** Adds a recording, or replaces what was known of it. */
  put(file: RecordedFile): void {
    const old = this.get(file.path);
    if (old !== undefined) {
      const at = this.#indexOf(old);
      const [before, after] = [this.#files[at - 1], this.#files[at + 1]];
      if ((before && inOrder(before, file) > 0) || (after && inOrder(file, after) > 0)) {
        this.#files.splice(at, 1);
        this.#files.splice(this.#indexOf(file), 0, file);
      } else {
        this.#files[at] = file;
      }
      this.#sizeBytes -= old.sizeBytes;
    } else {
      this.#files.splice(this.#indexOf(file), 0, file);
    }
    this.#register(file);
  }

  /** Forgets a recording. @returns what was known of it. */
  remove(path: string): RecordedFile | undefined {
    const file = this.get(path);
    if (file === undefined) return undefined;
    this.#files.splice(this.#indexOf(file), 1);
    const folder = this.#folders.get(hourFolderOf(path));
    folder?.delete(path);
    if (folder?.size === 0) this.#folders.delete(hourFolderOf(path));
    this.#sizeBytes -= file.sizeBytes;
    return file;
  }

  /** The newest that is not being written any more. */
  latest(): RecordedFile | undefined {
    return this.#files.findLast(isFinished);
  }

  /** Up to `limit` that stand before this path, newest first; the path itself may have been deleted. */
  before(
    file: Pick<RecordedFile, 'path' | 'startTime'>,
    { limit }: { readonly limit: number },
  ): RecordedFile[] {
    const end = this.#indexOf(file);
    return this.#files.slice(Math.max(0, end - limit), end).toReversed();
  }

  /** The newest that ended at this time or before. */
  beforeTime(at: Micros): RecordedFile | undefined {
    for (let i = this.#firstFrom(micros(at + 1)) - 1; i >= 0; i--) {
      const file = this.#files[i];
      if (file !== undefined && isFinished(file) && file.endTime <= at) return file;
    }
    return undefined;
  }

  /** Those of a range, oldest first. One that lasts no time at all lies where it begins. */
  range({ from, to, limit = Number.POSITIVE_INFINITY, after }: FileRange): RecordedFile[] {
    const found: RecordedFile[] = [];
    const last = after === undefined ? undefined : this.get(after);
    const begin = this.#firstFrom(micros(from - this.#longest));
    for (
      let i = last === undefined ? begin : Math.max(begin, this.#indexOf(last) + 1);
      i < this.#files.length;
      i++
    ) {
      const file = this.#files[i];
      if (file === undefined || file.startTime >= to || found.length >= limit) break;
      if (file.endTime > from || file.startTime >= from) found.push(file);
    }
    return found;
  }

  #register(file: RecordedFile): void {
    const name = hourFolderOf(file.path);
    const folder = this.#folders.get(name) ?? new Map<string, RecordedFile>();
    this.#folders.set(name, folder);
    folder.set(file.path, file);
    this.#sizeBytes += file.sizeBytes;
    this.#longest = Math.max(this.#longest, file.endTime - file.startTime);
  }

  /** Where the first recording lies that begins at this time or later. */
  #firstFrom(at: Micros): number {
    return this.#search((file) => file.startTime < at);
  }

  /** Where it lies, or would. */
  #indexOf({ path, startTime }: Pick<RecordedFile, 'path' | 'startTime'>): number {
    return this.#search((file) =>
      file.startTime === startTime ? file.path < path : file.startTime < startTime,
    );
  }

  #search(isBefore: (file: RecordedFile) => boolean): number {
    let low = 0;
    let high = this.#files.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const file = this.#files[middle];
      if (file !== undefined && isBefore(file)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
