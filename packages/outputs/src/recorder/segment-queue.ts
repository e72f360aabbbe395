import type { Micros } from '@pinhole/core';
import type { Patch } from '@pinhole/media/fmp4';
import type { RecorderDisk } from './disk.ts';
import { type RecorderError, recorderError } from './disk-fault.ts';
import type { RecordingName } from './recording-name.ts';
import type { CutReason } from './segment-cut.ts';
import { SegmentFile } from './segment-file.ts';
import type { SegmentChunk } from './segment-muxer.ts';
import type { WriteLane } from './write-lanes.ts';

/** How much waits for the disk, and how often it is asked to keep what it has. */
export interface WriteLimits {
  /** So many bytes may wait; beyond it units are left out up to the next key unit. */
  readonly queueBytes: number;
  /** So many bytes are collected before they are written, unless a sync is due. 0: each fragment at once. */
  readonly flushBytes: number;
  /** The most that a power cut may take; the disk is synced so often. A card lives longer with more. */
  readonly fsyncMs: number;
  /** The longest fragment, which is the least that can be lost. */
  readonly fragmentMs: number;
}

/** A file that begins. */
export interface SegmentBeginning {
  readonly name: RecordingName;
  readonly reason: CutReason;
  /** Capture time of its first picture. */
  readonly start: Micros;
  /** Its first unit, for the still picture. */
  readonly keyUnit: Uint8Array;
}

/** A file that is complete. */
export interface WrittenSegment {
  readonly path: string;
  /** Capture time of its first picture; UTC. */
  readonly start: Micros;
  /** When its last picture ends; UTC. */
  readonly end: Micros;
  readonly bytes: number;
  /** Pictures in it. */
  readonly units: number;
  /** Why it began. */
  readonly reason: CutReason;
  /** Ended as it should; a file that a fault cut off is playable and lacks its length and list of key frames. */
  readonly closed: boolean;
}

/** What a queue is made with. */
export interface SegmentQueueOptions extends WriteLimits {
  /** Folder of the tree. */
  readonly root: string;
  /** Name of a file that has no name of its own yet, below `root`; no other queue's. */
  readonly unfinished: string;
  /** Sees to it that files can be made there. */
  readonly prepare: () => Promise<void>;
  readonly disk: RecorderDisk;
  readonly lane: WriteLane;
  /** Milliseconds of a clock that never steps. */
  readonly monotonic: () => number;
  /** Asked before a file begins, without waiting, and when the disk is full: true when trying again makes sense. */
  readonly makeRoom: (why: 'segment' | 'disk-full') => Promise<boolean>;
  /** The file is there now. */
  readonly opened: (file: SegmentFile, beginning: SegmentBeginning) => void;
  readonly written: (segment: WrittenSegment) => void;
  /** Nothing more can be written; what waited is let go. */
  readonly failed: (error: RecorderError, lost: { readonly units: number }) => void;
}

type Job =
  | { readonly kind: 'begin'; readonly beginning: SegmentBeginning }
  | { readonly kind: 'append'; readonly chunk: SegmentChunk; readonly end: Micros }
  | { readonly kind: 'finish'; readonly patches: readonly Patch[] };

interface OpenFile {
  readonly file: SegmentFile;
  readonly beginning: SegmentBeginning;
  units: number;
  end: Micros;
}

interface Taken {
  readonly chunks: readonly SegmentChunk[];
  readonly end: Micros;
}

/** Other lanes get their turn after so many bytes. */
const TURN_BYTES = 2 ** 20;

/** A disk that stays full although room was made is not asked again and again. */
const MOST_TRIES = 3;

/** What was muxed and is not on the disk yet, one tree's files in order. Nobody waits for it: it tells how full it is. */
export class SegmentQueue {
  readonly #options: SegmentQueueOptions;
  readonly #jobs: Job[] = [];
  #open: OpenFile | undefined;
  #bytes = 0;
  #bytesWritten = 0;
  #syncedAt: number;
  #pumping: Promise<void> | undefined;
  #hurry = false;
  #tries = 0;

  constructor(options: SegmentQueueOptions) {
    this.#options = options;
    this.#syncedAt = options.monotonic();
  }

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes written since it was made. */
  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** The file that is being written, and since when it records; both unknown before the disk made it. */
  get file(): { readonly path: string; readonly start: Micros; readonly bytes: number } | undefined {
    if (this.#open === undefined) return undefined;
    const { file, beginning } = this.#open;
    return { path: file.path, start: beginning.start, bytes: file.bytes };
  }

  /** The next bytes are those of a new file. */
  begin(beginning: SegmentBeginning): void {
    this.#jobs.push({ kind: 'begin', beginning });
    this.poke();
  }

  /** More of the file; `end` is when the last picture in it ends. */
  append(chunk: SegmentChunk, end: Micros): void {
    this.#jobs.push({ kind: 'append', chunk, end });
    this.#bytes += chunk.bytes.byteLength;
    this.poke();
  }

  /** The file is complete. */
  finish(patches: readonly Patch[]): void {
    this.#jobs.push({ kind: 'finish', patches });
    this.poke();
  }

  /** Writes what is due. Called now and then, for a stream that stands still. */
  poke(): void {
    this.#pumping ??= this.#pump().finally(() => {
      this.#pumping = undefined;
      if (this.#due()) this.poke();
    });
  }

  /** Resolves when all that can be written is written; it is at once. A file without content stays in line. */
  async drained(): Promise<void> {
    this.#hurry = true;
    try {
      do {
        this.poke();
        await this.#pumping;
      } while (this.#due());
    } finally {
      this.#hurry = false;
    }
  }

  async #pump(): Promise<void> {
    while (this.#due()) {
      try {
        await this.#options.lane.run(() => this.#work());
        this.#tries = 0;
      } catch (thrown) {
        if (!(await this.#worthAnotherTry(thrown))) await this.#fail(thrown);
      }
    }
  }

  /** Of appended bytes only when there are enough, when time is up, or when the file is complete. */
  #due(): boolean {
    const [first] = this.#jobs;
    if (first === undefined) return false;
    // A file begins with something in it.
    if (first.kind === 'begin') return this.#jobs.length > 1;
    if (first.kind === 'finish' || this.#hurry) return true;
    return this.#bytes >= this.#options.flushBytes || this.#syncDue() || this.#jobs.at(-1)?.kind !== 'append';
  }

  /** Whether the disk would be late if it were synced with the next fragment only. */
  #syncDue(): boolean {
    const { monotonic, fsyncMs, fragmentMs } = this.#options;
    return monotonic() + fragmentMs - this.#syncedAt > fsyncMs;
  }

  async #work(): Promise<void> {
    const [job] = this.#jobs;
    if (job?.kind === 'begin') await this.#begin(job.beginning);
    else if (job?.kind === 'append') await this.#append();
    else if (job?.kind === 'finish') await this.#finish(job.patches);
  }

  async #begin(beginning: SegmentBeginning): Promise<void> {
    const { root, unfinished, disk, prepare, opened, makeRoom } = this.#options;
    void makeRoom('segment').catch(() => false); // it tells its own troubles
    await prepare();
    const takenAt = this.#options.monotonic();
    const { chunks, end } = this.#chunksFrom(1, beginning.start);
    const pieces = chunks.map(({ bytes }) => bytes);
    const file = await SegmentFile.create({ root, name: beginning.name, unfinished, pieces, disk });
    this.#jobs.shift();
    this.#open = { file, beginning, units: 0, end };
    this.#took(this.#open, { chunks, end });
    this.#syncedAt = takenAt;
    opened(file, beginning);
  }

  async #append(): Promise<void> {
    const open = this.#opened();
    const syncDue = this.#syncDue();
    const takenAt = this.#options.monotonic();
    const taken = this.#chunksFrom(0, open.end);
    await open.file.append(taken.chunks.map(({ bytes }) => bytes));
    this.#took(open, taken);
    if (!syncDue || this.#jobs[0]?.kind === 'append') return;
    await open.file.sync();
    this.#syncedAt = takenAt;
  }

  /** As much as is written in one turn. */
  #chunksFrom(index: number, before: Micros): Taken {
    const chunks: SegmentChunk[] = [];
    let bytes = 0;
    let end = before;
    for (const job of this.#jobs.slice(index)) {
      if (job.kind !== 'append' || bytes >= TURN_BYTES) break;
      chunks.push(job.chunk);
      bytes += job.chunk.bytes.byteLength;
      ({ end } = job);
    }
    return { chunks, end };
  }

  /** Those jobs are first in line, and done. */
  #took(open: OpenFile, { chunks, end }: Taken): void {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes.byteLength, 0);
    this.#jobs.splice(0, chunks.length);
    this.#bytes -= bytes;
    this.#bytesWritten += bytes;
    open.units += chunks.reduce((sum, { units }) => sum + units, 0);
    open.end = end;
  }

  async #finish(patches: readonly Patch[]): Promise<void> {
    const { file } = this.#opened();
    await file.finish(patches);
    this.#jobs.shift();
    this.#syncedAt = this.#options.monotonic();
    this.#tell({ closed: true });
  }

  #opened(): OpenFile {
    if (this.#open === undefined) throw new Error('bytes of no file');
    return this.#open;
  }

  async #worthAnotherTry(thrown: unknown): Promise<boolean> {
    this.#tries++;
    if (this.#tries >= MOST_TRIES) return false;
    if (recorderError(thrown, this.#options.root).code !== 'recorder/disk-full') return false;
    return await this.#options.makeRoom('disk-full').catch(() => false); // it tells its own troubles
  }

  async #fail(thrown: unknown): Promise<void> {
    const { lane, root, failed } = this.#options;
    const error = recorderError(thrown, this.#open?.file.path ?? root);
    const units = this.#jobs.reduce((sum, job) => sum + (job.kind === 'append' ? job.chunk.units : 0), 0);
    this.#jobs.length = 0;
    this.#bytes = 0;
    this.#tries = 0;
    // Told before the file is left: from here on nothing must be put behind what was let go.
    failed(error, { units });
    const open = this.#open;
    if (open === undefined) return;
    await lane.run(() => open.file.abandon());
    this.#tell({ closed: false });
  }

  #tell({ closed }: { readonly closed: boolean }): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined || open.file.bytes === 0) return;
    const { file, beginning, units, end } = open;
    const { start, reason } = beginning;
    this.#options.written({ path: file.path, start, end, bytes: file.bytes, units, reason, closed });
  }
}
