import { readdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Emitter, type Logger, type Micros, messageOf, micros, PinholeError } from '@pinhole/core';
import { type ConfinedFolder, codeOf } from './confined-folder.ts';
import { FileTable } from './file-table.ts';
import { type SweepResult, sweepFolders } from './folder-sweep.ts';
import { IndexFile, type IndexFileCounters } from './index-file.ts';
import type { IndexRecord } from './index-records.ts';
import { inspectFile } from './inspect-file.ts';
import { utcOf } from './local-time.ts';
import { type ReadingProgress, ReadingQueue } from './reading-queue.ts';
import type { RecordedFile } from './recorded-file.ts';
import { parseRecordingPath, siblingPath } from './recording-path.ts';

/** Changes of what is recorded; rare. */
export interface IndexEvents {
  /** A recording is new, or something else is known of it. */
  readonly changed: RecordedFile;
  readonly gone: RecordedFile;
}

/** What happened since the program started. */
export interface IndexCounters extends IndexFileCounters {
  /** Recordings whose headers were read. */
  readonly filesRead: number;
  /** Recordings that the disk did not let us read. */
  readonly filesUnread: number;
  /** Lines of the index that were damaged. */
  readonly indexDamaged: number;
  /** Recordings that were found on the disk without having been told of. */
  readonly filesFound: number;
  /** Recordings that were gone from the disk without having been deleted by us. */
  readonly filesLost: number;
}

/** What an index is made with. */
export interface RecordingIndexOptions {
  readonly folder: ConfinedFolder;
  /** The file of the index itself. */
  readonly path: string;
  readonly now: () => Micros;
  readonly log: Logger;
}

/** So old, a file that is not whole is not looked at again: nobody writes into it any more. */
const GROWS_WITHIN = micros(2 * 3600 * 1e6);

/** What a root has that has recordings. */
const DAY_OR_BRANCH = /^(?:\d{8}|on-demand)$/;

/**
 * What lies in the folder of a camera: in memory for queries, and in a file beside the recordings so that the next start need
 * not read them all. The recordings are what counts: the index follows them, whoever adds or removes some.
 */
export class RecordingIndex {
  readonly table = new FileTable();
  readonly events: Emitter<IndexEvents>;
  readonly #options: RecordingIndexOptions;
  readonly #file: IndexFile;
  readonly #seen = new Map<string, number>();
  readonly #counters = { filesRead: 0, filesUnread: 0, indexDamaged: 0, filesFound: 0, filesLost: 0 };
  readonly #queue = new ReadingQueue((path) => this.#read(path, { listed: true }));

  constructor(options: RecordingIndexOptions) {
    this.#options = options;
    this.#file = new IndexFile(options.path);
    const { log } = options;
    this.events = new Emitter({
      onListenerError: (thrown) => log.error({ error: messageOf(thrown) }, 'a listener to the index failed'),
    });
  }

  /** A copy of the counts so far. */
  get counters(): IndexCounters {
    return { ...this.#counters, ...this.#file.counters };
  }

  /** How far the reading of recordings is that are known by name only; nothing while there are none. */
  get reading(): ReadingProgress | undefined {
    return this.#queue.progress;
  }

  /** Why the index cannot be kept on the disk at present. */
  get fault(): string | undefined {
    return this.#file.fault;
  }

  /** Takes in what the last run of the program knew. */
  async load(): Promise<void> {
    const content = await this.#file.load();
    if (content === undefined) {
      // A folder that is not there yet is no fault, and not ours to make.
      if (!(await isMissing(this.#options.folder.root))) await this.#file.rewrite([]);
      return;
    }
    this.#counters.indexDamaged = content.damaged;
    // The sum tells that we wrote it; a path that is no recording's would come from another version.
    this.table.fill(
      [...content.files.values()]
        .filter(({ path }) => isRecording(path))
        // What was being written when the program ended.
        .map((file) => (file.state === 'recording' ? { ...file, state: 'unread' } : file)),
    );
    if (content.damaged === 0) {
      for (const [folder, changedMs] of content.folders) this.#seen.set(folder, changedMs);
    }
    for (const { path, state } of this.table.files) if (state === 'unread') this.#queue.add(path);
  }

  /**
   * Finds what others changed, and reads what is not known yet.
   * @throws {Error} of the file system, when the folder cannot be read
   */
  async sweep(signal: AbortSignal): Promise<SweepResult> {
    const { folder, now } = this.#options;
    // Nothing was recorded yet. One that had recordings is missed.
    if (this.table.length === 0 && (await isMissing(folder.root)))
      return { folders: 0, looked: 0, others: 0 };
    if (this.table.length > 0) await this.#checkDisk();
    const result = await sweepFolders(
      {
        root: folder.root,
        folders: () => this.table.folders,
        inFolder: (name) => this.table.inFolder(name),
        seenAt: (name) => this.#seen.get(name),
        seen: (name, changedMs) => {
          this.#seen.set(name, changedMs);
          this.#file.append([{ kind: 'folder', folder: name, changedMs }]);
        },
        found: (path, { thumbnail }) => this.#find(path, { thumbnail }),
        lost: (path) => this.#lose(path),
        pictured: (file, { thumbnail }) => this.put({ ...file, thumbnail }),
      },
      { nowMs: () => now() / 1000, signal },
    );
    this.#queueUnfinished();
    await this.#queue.drain(signal);
    if (!signal.aborted && this.#file.needsRewrite(this.table.length + this.#seen.size)) await this.rewrite();
    return result;
  }

  /** Adds a recording, or replaces what was known of it. */
  put(file: RecordedFile): void {
    this.table.put(file);
    this.#file.append([{ kind: 'put', file }]);
    this.events.emit('changed', file);
  }

  /** Replaces what was known of a recording that grows; not worth a line on the disk. */
  grow(file: RecordedFile): void {
    this.table.put(file);
  }

  /** Forgets a recording. */
  remove(path: string): RecordedFile | undefined {
    const file = this.table.remove(path);
    if (file === undefined) return undefined;
    this.#file.append([{ kind: 'gone', path }]);
    this.events.emit('gone', file);
    return file;
  }

  /** Reads a recording again, and whether a picture lies beside it: it is not as it was known. */
  readAgain(path: string): Promise<void> {
    return this.#read(path);
  }

  /** Nobody writes into it any more; what it is now is read. It may be new: saved at once, rather than begun and ended. */
  async settle(path: string): Promise<void> {
    const file = this.table.get(path);
    if (file === undefined) this.put(unread(path, { thumbnail: false }));
    else if (file.state === 'recording') this.table.put({ ...file, state: 'unread' });
    await this.#read(path);
  }

  /** Writes the index anew, without what no longer counts. */
  async rewrite(): Promise<void> {
    await this.#file.rewrite(this.#records());
  }

  /** Writes what waits to be written. Never throws. */
  async flush(): Promise<void> {
    await this.#file.flush();
  }

  *#records(): Generator<IndexRecord, void, void> {
    for (const file of this.table.files) yield { kind: 'put', file };
    for (const [folder, changedMs] of this.#seen) yield { kind: 'folder', folder, changedMs };
  }

  /** @throws {Error} when all that was there is gone at once, index and all: that is a disk, not a person */
  async #checkDisk(): Promise<void> {
    const { folder, path } = this.#options;
    const names = await readdir(folder.root);
    if (names.includes(basename(path)) || names.some((name) => DAY_OR_BRANCH.test(name))) return;
    throw new Error(`${folder.root} is empty although it was not; is its disk mounted?`);
  }

  #find(path: string, { thumbnail }: { readonly thumbnail: boolean }): void {
    this.#counters.filesFound++;
    this.put(unread(path, { thumbnail }));
    this.#queue.add(path);
  }

  #lose(path: string): void {
    // The recorder tells itself what becomes of its own.
    if (this.table.get(path)?.state === 'recording') return;
    if (this.remove(path) !== undefined) this.#counters.filesLost++;
  }

  #queueUnfinished(): void {
    const since = this.#options.now() - GROWS_WITHIN;
    const { files } = this.table;
    for (let i = files.length - 1; i >= 0; i--) {
      const file = files[i];
      if (file === undefined || file.startTime < since) return;
      if (file.state === 'unreadable' || file.state === 'cut') this.#queue.add(file.path);
    }
  }

  async #read(path: string, { listed = false }: { readonly listed?: boolean } = {}): Promise<void> {
    const { folder, log } = this.#options;
    const before = this.table.get(path);
    if (before === undefined) return;
    try {
      const file = await folder.open(path);
      try {
        if (isAsKnown(before, file.sizeBytes)) return;
        const facts = await inspectFile(path, file);
        // The sweep that found it saw its picture, too.
        const pictured = before.thumbnail || (!listed && (await folder.has(siblingPath(path, 'jpg'))));
        this.#counters.filesRead++;
        // Meanwhile it may have been deleted, or have begun to be written.
        const known = this.table.get(path);
        if (known === undefined) return;
        const { onDemand = facts.onDemand } = known;
        const state = known.state === 'recording' ? 'recording' : facts.state;
        // Of one that is being written the file tells what is on the disk by now.
        const endTime =
          state === 'recording' ? micros(Math.max(known.endTime, facts.endTime)) : facts.endTime;
        this.put({ ...facts, state, endTime, ...(onDemand && { onDemand }), thumbnail: pictured });
      } finally {
        await file.handle.close();
      }
    } catch (thrown) {
      if (thrown instanceof PinholeError && thrown.code === 'recording/not-found') {
        this.#lose(path);
        return;
      }
      this.#counters.filesUnread++;
      log.warn({ path, error: messageOf(thrown) }, 'a recording cannot be read');
      if (before.state === 'unread' || before.state === 'recording')
        this.put({ ...before, state: 'unreadable' });
    }
  }
}

/** One that was cut or could not be read is read again only if it grew. */
const isAsKnown = ({ state, sizeBytes }: RecordedFile, found: number): boolean =>
  (state === 'cut' || state === 'unreadable') && sizeBytes === found;

/** A recording of which no more than the name is known. */
function unread(path: string, { thumbnail }: { readonly thumbnail: boolean }): RecordedFile {
  const at = utcOf(parseRecordingPath(path).local);
  return { path, startTime: at, endTime: at, sizeBytes: 0, state: 'unread', thumbnail };
}

async function isMissing(folder: string): Promise<boolean> {
  try {
    await stat(folder);
    return false;
  } catch (thrown) {
    return codeOf(thrown) === 'ENOENT';
  }
}

function isRecording(path: string): boolean {
  try {
    return parseRecordingPath(path).kind === 'mp4';
  } catch {
    return false;
  }
}
