import { join } from 'node:path';
import { type Emitter, type Micros, micros, PinholeError } from '@pinhole/core';
import type { ArchiveCounters, ArchiveOptions, ArchiveState, BegunRecording } from './archive-options.ts';
import { type ArchivedFile, archivedFile } from './archived-file.ts';
import { type ConfinedFile, ConfinedFolder } from './confined-folder.ts';
import { coverageOf, daysOf, gapsOf, type RecordedDay, type TimeRange } from './coverage.ts';
import type { FileRange } from './file-table.ts';
import { removeEmptied } from './folder-listing.ts';
import { utcOf } from './local-time.ts';
import { PeriodicSweep } from './periodic-sweep.ts';
import type { RecordedFile } from './recorded-file.ts';
import { type IndexEvents, RecordingIndex } from './recording-index.ts';
import { hourFolderOf, parseRecordingPath, printable, siblingPath } from './recording-path.ts';

/** The index lies beside the days. A file: programs that make room by deleting the first folder leave it alone. */
export const INDEX_NAME = '.index.jsonl';

const SWEEP_EVERY_MS = 60_000;
/** No more is shown before a recording at once; so do the daemons whose layout this is. */
const MOST_BEFORE = 8;
/** Somebody who is not our recorder wrote into it so lately that he may not be done. */
const WRITTEN_WITHIN_MS = 10_000;

/** The recordings of one camera: what there is, and its bytes. Nothing here writes a recording. */
export class Archive {
  readonly camera: string;
  readonly root: string;
  readonly #options: ArchiveOptions;
  readonly #folder: ConfinedFolder;
  readonly #index: RecordingIndex;
  readonly #sweeps: PeriodicSweep;
  /** What our recorder writes into. */
  readonly #open = new Set<string>();
  /** Of those that it closed, the readings under way. */
  readonly #settling = new Set<Promise<void>>();
  readonly #counters = { filesOpened: 0, filesDeleted: 0, bytesDeleted: 0, deletionsRefused: 0 };

  private constructor(options: ArchiveOptions) {
    const { camera, root, now } = options;
    this.camera = camera;
    this.root = root;
    const log = options.log.child({ camera });
    this.#options = { ...options, log };
    this.#folder = new ConfinedFolder(root, {
      onRefusal: (refusal, path) => log.warn({ refusal, path }, 'a path was refused'),
    });
    this.#index = new RecordingIndex({ folder: this.#folder, path: join(root, INDEX_NAME), now, log });
    this.#sweeps = new PeriodicSweep((signal) => this.#index.sweep(signal), {
      everyMs: options.sweepEveryMs ?? SWEEP_EVERY_MS,
      log,
    });
  }

  /** Opens the recordings below a folder: takes in the index, and goes on looking for what is not in it. Close it at the end. */
  static async open(options: ArchiveOptions): Promise<Archive> {
    const archive = new Archive(options);
    await archive.#index.load();
    archive.#sweeps.start();
    return archive;
  }

  /** Changes of what is recorded. */
  get events(): Pick<Emitter<IndexEvents>, 'on'> {
    return this.#index.events;
  }

  /** A copy of the counts so far. */
  get counters(): ArchiveCounters {
    return { ...this.#index.counters, pathsRefused: this.#folder.refused, ...this.#counters };
  }

  /** How it is. */
  get state(): ArchiveState {
    const { table, reading, fault = this.#sweeps.fault } = this.#index;
    const { length: files, sizeBytes } = table;
    return { files, sizeBytes, ...(reading && { reading }), ...(fault !== undefined && { fault }) };
  }

  /** The recording at this path. */
  get(path: string): RecordedFile | undefined {
    return this.#index.table.get(path);
  }

  /** All recordings, oldest first; a view, valid until the next change. */
  get files(): readonly RecordedFile[] {
    this.#followOpen();
    return this.#index.table.files;
  }

  /** The newest recording that is not being written any more. */
  latest(): RecordedFile | undefined {
    return this.#index.table.latest();
  }

  /**
   * Up to 8 recordings that stand before this one, newest first. It may have been deleted meanwhile.
   * @throws {RecordingPathError} `recording/bad-path`
   */
  before(path: string, { limit = MOST_BEFORE }: { readonly limit?: number } = {}): readonly RecordedFile[] {
    this.#folder.check(path);
    const { table } = this.#index;
    const known = table.get(siblingPath(path, 'mp4'));
    const place = known ?? { path, startTime: utcOf(parseRecordingPath(path).local) };
    return table.before(place, { limit: Math.min(limit, MOST_BEFORE) });
  }

  /** The newest recording that ended at this time or before. */
  beforeTime(at: Micros): RecordedFile | undefined {
    return this.#index.table.beforeTime(at);
  }

  /** The recordings of a range, oldest first. */
  range(range: FileRange): readonly RecordedFile[] {
    this.#followOpen();
    return this.#index.table.range(range);
  }

  /** The stretches of a range that recordings cover. */
  coverage(range: TimeRange): readonly TimeRange[] {
    return coverageOf(this.range(range), range);
  }

  /** The stretches of a range that no recording covers. */
  gaps(range: TimeRange): readonly TimeRange[] {
    return gapsOf(this.coverage(range), range);
  }

  /** The days that have recordings, oldest first. */
  days(): readonly RecordedDay[] {
    return daysOf(this.files);
  }

  /** The picture that lies nearest to a time: of the recording that lasts then, else of a near one. @returns its path */
  thumbnail(at: Micros): string | undefined {
    const around = this.range({ from: micros(at - NEAR), to: micros(at + NEAR) }).filter(
      ({ thumbnail }) => thumbnail,
    );
    const distance = ({ startTime, endTime }: RecordedFile): number =>
      Math.max(0, startTime - at, at - endTime + 1) || (at - startTime) / 1e9;
    const [nearest] = around.toSorted((a, b) => distance(a) - distance(b));
    return nearest && siblingPath(nearest.path, 'jpg');
  }

  /**
   * Opens a recording or the picture beside it. Whoever asked closes it, or reads a stream of it to the end.
   *
   * @throws {PinholeError} `recording/bad-path` · `recording/not-found` · `recording/symlink` · `recording/not-a-file` ·
   *   `recording/unreadable`
   */
  async openFile(path: string): Promise<ArchivedFile> {
    return archivedFile(path, await this.openRecording(path));
  }

  /** Opens a recording for its pictures; as `openFile`. Whoever asked closes it. */
  async openRecording(path: string): Promise<ConfinedFile> {
    try {
      const file = await this.#folder.open(path);
      this.#counters.filesOpened++;
      return file;
    } catch (thrown) {
      // Deleted by others since the last sweep.
      if (thrown instanceof PinholeError && thrown.code === 'recording/not-found') this.#forget(path);
      throw thrown;
    }
  }

  /** Reads the headers of recordings that are being written, of which no more than the name was told. */
  async lookAtOpen(): Promise<void> {
    for (const path of this.#open) {
      if (this.get(path)?.video === undefined) await this.#index.readAgain(path);
    }
  }

  /**
   * Deletes a recording and the picture beside it, and folders that it leaves empty.
   *
   * @returns the bytes it took
   * @throws {PinholeError} `recording/in-use` while it is being written; `recording/not-found` and others as `openFile`
   */
  async delete(path: string): Promise<number> {
    this.#folder.check(path);
    const recording = siblingPath(path, 'mp4');
    const file = this.get(recording);
    if (this.isInUse(recording)) {
      this.#counters.deletionsRefused++;
      throw new PinholeError(
        'recording/in-use',
        `${printable(recording)} is being written; stop the recording first`,
      );
    }
    const sizeBytes = await this.#folder.remove(recording);
    const pictureBytes = (await this.#folder.remove(siblingPath(recording, 'jpg'))) ?? 0;
    if (file !== undefined) this.#index.remove(recording);
    if (sizeBytes === undefined) {
      throw new PinholeError('recording/not-found', `there is no recording ${printable(recording)}`);
    }
    this.#counters.filesDeleted++;
    this.#counters.bytesDeleted += sizeBytes + pictureBytes;
    await removeEmptied(this.root, hourFolderOf(recording));
    return sizeBytes + pictureBytes;
  }

  /** Deletes the recordings that lie whole within a range, but those being written. */
  async deleteRange({
    from,
    to,
  }: TimeRange): Promise<{ readonly files: number; readonly sizeBytes: number }> {
    const deleted = { files: 0, sizeBytes: 0 };
    for (const { path, startTime, endTime } of this.range({ from, to })) {
      if (startTime < from || endTime > to || this.isInUse(path)) continue;
      deleted.sizeBytes += await this.delete(path);
      deleted.files++;
    }
    return deleted;
  }

  /** Somebody writes into it, as far as is known. */
  isInUse(path: string): boolean {
    const file = this.get(path);
    if (file === undefined || file.state === 'complete') return false;
    if (file.state === 'recording') return true;
    return file.state === 'unreadable' && this.#options.now() - file.endTime < WRITTEN_WITHIN_MS * 1000;
  }

  /** The recorder begins a recording. */
  begun({ path, startTime, onDemand }: BegunRecording): void {
    this.#folder.check(path);
    this.#open.add(path);
    const begun = { path, startTime, endTime: startTime, sizeBytes: 0, state: 'recording' } as const;
    this.#index.put({ ...begun, layout: 'fragmented', ...(onDemand && { onDemand }), thumbnail: false });
  }

  /** The recorder closed a recording, or could not go on with it: what became of it stands in the file. */
  async ended(path: string): Promise<void> {
    this.#open.delete(path);
    const settling = this.#index.settle(path);
    this.#settling.add(settling);
    await settling.finally(() => this.#settling.delete(settling));
  }

  /** What the recorder closed until now is known whole. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#settling);
  }

  /** Looks for what others changed, now. */
  sweep(): Promise<void> {
    return this.#sweeps.now();
  }

  /** Ends it; the index is written. Never throws. */
  async close(): Promise<void> {
    await this.#sweeps.end();
    await this.#index.flush();
  }

  /** What is being written lasts until now. */
  #followOpen(): void {
    const endTime = this.#options.now();
    for (const path of this.#open) {
      const file = this.get(path);
      if (file?.state === 'recording')
        this.#index.grow({ ...file, endTime: micros(Math.max(endTime, file.startTime)) });
    }
  }

  #forget(path: string): void {
    const file = this.get(siblingPath(path, 'mp4'));
    if (file === undefined || file.state === 'recording') return;
    if (path.endsWith('.mp4')) this.#index.remove(path);
    else if (file.thumbnail) this.#index.put({ ...file, thumbnail: false });
  }
}

/** A picture farther away from a time says nothing about it. */
const NEAR = micros(10 * 60 * 1e6);
