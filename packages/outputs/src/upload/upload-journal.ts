import { appendFile, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Logger, messageOf } from '@pinhole/core';
import { checkedLine, checkedLinesOf } from '../archive/checked-lines.ts';

/** An upload in parts that was begun. */
export interface BegunUpload {
  readonly kind: 'begun';
  /** By which the service knows it. */
  readonly id: string;
  readonly partBytes: number;
  /** Of the file as it was then: if it is another by now, its parts are of no use. */
  readonly sizeBytes: number;
  readonly changedMs: number;
}

/** What became of a recording's upload. */
export type UploadRecord = BegunUpload | { readonly kind: 'done'; readonly sizeBytes: number };

const HEADER = '{"pinhole":"uploads of recordings","version":1}';
const STALE_LINES = 1000;

/**
 * What was uploaded of one camera's recordings, kept beside them. Each line is synced: one that is lost costs an upload made
 * twice, and its parts money where they lie.
 */
export class UploadJournal {
  readonly #path: string;
  readonly #log: Logger;
  readonly #records = new Map<string, UploadRecord>();
  #lines = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(path: string, { log }: { readonly log: Logger }) {
    this.#path = path;
    this.#log = log;
  }

  /** Reads it. One that is not there, or is damaged, tells less: what it does not tell the service is asked for. */
  async load(): Promise<void> {
    // The first line makes it where the folder is still to come.
    const folder = await stat(dirname(this.#path)).catch(() => undefined);
    if (folder === undefined) return;
    const bytes = await readFile(this.#path).catch(() => new Uint8Array());
    let isOurs = false;
    let readBytes = 0;
    for (const { text, end } of checkedLinesOf(bytes)) {
      this.#lines++;
      readBytes = end;
      isOurs ||= text === HEADER;
      if (isOurs && text !== undefined && text !== HEADER) this.#apply(text);
    }
    // A torn line would run into the next one.
    if (!isOurs || readBytes < bytes.byteLength) await this.#rewrite();
  }

  /** What became of a recording's upload; nothing when there was none. */
  get(path: string): UploadRecord | undefined {
    return this.#records.get(path);
  }

  /** Keeps what became of it. Never throws: a disk that takes no line is told in the log. */
  async put(path: string, record: UploadRecord): Promise<void> {
    this.#records.set(path, record);
    await this.#append({ p: path, ...record });
  }

  /** Forgets a recording that is there no more. */
  async remove(path: string): Promise<void> {
    if (!this.#records.delete(path)) return;
    await this.#append({ p: path, kind: 'gone' });
    if (this.#lines > 2 * this.#records.size + STALE_LINES) await this.#queue(() => this.#rewrite());
  }

  /** Every recording that something is known of; a copy. */
  get paths(): readonly string[] {
    return [...this.#records.keys()];
  }

  #apply(text: string): void {
    const { p, kind, ...rest } = JSON.parse(text) as { p: string; kind: string } & Omit<BegunUpload, 'kind'>;
    if (kind === 'gone') this.#records.delete(p);
    else if (kind === 'done') this.#records.set(p, { kind, sizeBytes: rest.sizeBytes });
    else if (kind === 'begun') this.#records.set(p, { kind, ...rest });
  }

  #append(line: object): Promise<void> {
    const header = this.#lines === 0 ? checkedLine(HEADER) : '';
    this.#lines += header === '' ? 1 : 2;
    return this.#queue(() =>
      appendFile(this.#path, `${header}${checkedLine(JSON.stringify(line))}`, { flush: true }),
    );
  }

  async #rewrite(): Promise<void> {
    const fresh = `${this.#path}.new`;
    const lines = [checkedLine(HEADER)];
    for (const [p, record] of this.#records) lines.push(checkedLine(JSON.stringify({ p, ...record })));
    try {
      const file = await open(fresh, 'w', 0o640);
      try {
        await file.writeFile(lines.join(''));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(fresh, this.#path);
      this.#lines = lines.length;
    } catch (thrown) {
      await rm(fresh, { force: true }).catch(() => {});
      this.#log.warn({ error: messageOf(thrown) }, 'the list of uploads cannot be kept');
    }
  }

  #queue(write: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(write).catch((thrown: unknown) => {
      this.#log.warn({ error: messageOf(thrown) }, 'the list of uploads cannot be kept');
    });
    return this.#work;
  }
}
