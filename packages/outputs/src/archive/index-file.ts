import { constants } from 'node:fs';
import { open, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '@pinhole/core';
import { codeOf } from './confined-folder.ts';
import {
  headerLine,
  type IndexContent,
  type IndexRecord,
  parseIndex,
  serializeIndexRecord,
} from './index-records.ts';

/** What happened to an index on the disk. */
export interface IndexFileCounters {
  /** Lines written. */
  readonly indexRecords: number;
  /** Lines that the disk did not take. The index is written anew when it takes any again. */
  readonly indexRecordsLost: number;
  /** Times it was written anew. */
  readonly indexRewrites: number;
}

/** A line waits no longer for others to be written with. */
const GATHER_MS = 200;
/** Lines that have been replaced by later ones, beyond which the index is written anew. */
const STALE_LINES = 5_000;

/**
 * The index on the disk: lines are only ever appended, and now and then the whole is written anew beside it and put in its
 * place. Everything in it can be had from the recordings again, so nothing is synced and a failure to write is no failure
 * of a recording.
 */
export class IndexFile {
  readonly #path: string;
  readonly #counters = { indexRecords: 0, indexRecordsLost: 0, indexRewrites: 0 };
  #waiting: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();
  #lines = 0;
  /** Every line was written. */
  #whole = false;
  /** There is none, and nothing to stand in it: the first line makes it. */
  #absent = false;
  /** A line cannot be read. */
  #damaged = false;
  #fault: string | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** A copy of the counts so far. */
  get counters(): IndexFileCounters {
    return { ...this.#counters };
  }

  /** Why the disk takes no line at present. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Reads it. @returns nothing when there is none, or none that can be used. */
  async load(): Promise<IndexContent | undefined> {
    const content = await this.#read();
    if (content === undefined) return undefined;
    this.#lines = content.records;
    this.#whole = true;
    this.#damaged = content.damaged > 0;
    return content;
  }

  /** Appends, soon. */
  append(records: readonly IndexRecord[]): void {
    for (const record of records) this.#waiting.push(serializeIndexRecord(record));
    this.#timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** Whether it should be written anew: it lacks lines, or has many that no longer count. */
  needsRewrite(liveRecords: number): boolean {
    if (this.#absent && liveRecords === 0) return false;
    return !this.#whole || this.#damaged || this.#lines > 2 * liveRecords + STALE_LINES;
  }

  /** Writes it anew with these records only. */
  rewrite(records: Iterable<IndexRecord>): Promise<void> {
    this.#waiting = [];
    const lines = [headerLine()];
    for (const record of records) lines.push(serializeIndexRecord(record));
    return this.#queue(lines.length - 1, async () => {
      const fresh = `${this.#path}.new`;
      try {
        const file = await open(fresh, 'w', 0o640);
        try {
          await file.writeFile(lines.join(''));
          // What takes the old one's place must be there after a power cut.
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(fresh, this.#path);
      } catch (thrown) {
        await rm(fresh, { force: true }).catch(() => {});
        throw thrown;
      }
      this.#lines = lines.length - 1;
      this.#whole = true;
      this.#absent = false;
      this.#damaged = false;
      this.#counters.indexRewrites++;
    });
  }

  /** Writes what waits. Never throws. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length === 0) return this.#work;
    return this.#queue(lines.length, async () => {
      if (!this.#whole && !this.#absent) throw new Error('the index lacks earlier lines');
      const first = this.#absent ? [headerLine()] : [];
      // Not made by a later line: one without the first would tell too little, and where a disk was there may be none now.
      const file = await open(
        this.#path,
        this.#absent ? 'a' : constants.O_WRONLY | constants.O_APPEND,
        0o640,
      );
      this.#absent = false;
      try {
        await file.appendFile([...first, ...lines].join(''));
      } finally {
        await file.close();
      }
      this.#whole = true;
      this.#lines += lines.length;
    });
  }

  #queue(lines: number, write: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(async () => {
      try {
        await write();
        this.#counters.indexRecords += lines;
        this.#fault = undefined;
      } catch (thrown) {
        this.#counters.indexRecordsLost += lines;
        this.#whole = false;
        this.#fault = `${dirname(this.#path)}: ${messageOf(thrown)}`;
      }
    });
    return this.#work;
  }

  async #read(): Promise<IndexContent | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(this.#path);
    } catch (thrown) {
      // Whatever keeps it from being read, the recordings are there to make it anew from.
      this.#absent = codeOf(thrown) === 'ENOENT';
      return undefined;
    }
    const content = parseIndex(bytes);
    if (content === undefined) return undefined;
    try {
      // A torn line would run into the next one.
      if (content.sizeBytes < bytes.byteLength) await truncate(this.#path, content.sizeBytes);
      return (await stat(this.#path)).size === content.sizeBytes ? content : undefined;
    } catch {
      // A read-only disk: what was read counts all the same, and appending will tell.
      return content;
    }
  }
}
