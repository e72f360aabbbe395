import { join } from 'node:path';
import { Backoff, type Logger, messageOf, millis, PinholeError } from '@pinhole/core';
import type { Archive } from '../archive/archive.ts';
import { isFinished, type RecordedFile } from '../archive/recorded-file.ts';
import { siblingPath } from '../archive/recording-path.ts';
import { uploadFile } from './file-upload.ts';
import { Pace } from './pace.ts';
import { isPassing, UploadError } from './s3-answers.ts';
import { S3Client } from './s3-client.ts';
import { checkS3Target } from './s3-target.ts';
import { UploadJournal } from './upload-journal.ts';
import type { UploadCounters, UploadOptions, UploadState } from './upload-options.ts';

interface Task {
  readonly archive: Archive;
  readonly path: string;
}

interface Active extends Task {
  readonly sizeBytes: number;
  sentBytes: number;
}

/** Kept beside the index. */
export const JOURNAL_NAME = '.uploads.jsonl';

const PART_BYTES = 8 * 2 ** 20;
const SMALLEST_PART_BYTES = 5 * 2 ** 20;
const RETRY = { firstMs: millis(1000), maxMs: millis(5 * 60_000) };
/** A person has to do something; then it should go on by itself. */
const REFUSED_RETRY_MS = 10 * 60_000;

/**
 * Copies finished recordings to a storage service, the oldest first, and knows over restarts what is there.
 *
 * A recording counts as copied when the service says that it has all of it. Until then `isHeld` is true for it, so that
 * retention keeps it. What the service or the way to it refuses is tried again, less and less often; what only a person can mend
 * (keys, bucket, clock) every ten minutes. Either is told in `state.fault`, in words.
 */
export class UploadQueue {
  readonly #options: UploadOptions;
  readonly #client: S3Client;
  readonly #log: Logger;
  readonly #journals = new Map<Archive, UploadJournal>();
  readonly #waiting = new Map<string, Task>();
  readonly #active = new Set<Active>();
  readonly #ending = new AbortController();
  readonly #backoff: Backoff;
  readonly #unsubscribe: (() => void)[] = [];
  readonly #counters = {
    filesUploaded: 0,
    bytesUploaded: 0,
    bytesResumed: 0,
    filesThereAlready: 0,
    filesGone: 0,
    filesUnreadable: 0,
    triesFailed: 0,
  };
  #fault: UploadError | undefined;
  #pausedUntilMs = 0;
  #wake: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #workers: Promise<void>[] = [];

  /** @throws {PinholeError} `upload/bad-setting` */
  constructor(options: UploadOptions) {
    const { bytesPerSecond = Number.POSITIVE_INFINITY, partBytes = PART_BYTES } = options;
    if (!(bytesPerSecond >= 1024)) {
      throw new PinholeError('upload/bad-setting', `bytesPerSecond ${bytesPerSecond}, need 1024 or more`);
    }
    if (!(partBytes >= SMALLEST_PART_BYTES)) {
      throw new PinholeError(
        'upload/bad-setting',
        `partBytes ${partBytes}, need ${SMALLEST_PART_BYTES} or more: S3 takes no smaller parts`,
      );
    }
    this.#options = options;
    this.#log = options.log.child({ bucket: options.target.bucket });
    this.#client = new S3Client({
      target: checkS3Target(options.target),
      pace: new Pace(bytesPerSecond),
      ...options.client,
    });
    this.#backoff = new Backoff(options.retry ?? RETRY);
  }

  /** A copy of the counts so far. */
  get counters(): UploadCounters {
    return { ...this.#counters };
  }

  /** What it does. */
  get state(): UploadState {
    const active = [...this.#active].map(({ archive, path, sizeBytes, sentBytes }) => ({
      camera: archive.camera,
      path,
      sizeBytes,
      sentBytes,
    }));
    const waiting = this.#waiting.size;
    return {
      waiting,
      active,
      ...(this.#fault && { fault: { code: this.#fault.code, why: this.#fault.message } }),
    };
  }

  /** Takes on a camera's recordings: those that are there, and those to come. */
  async add(archive: Archive): Promise<void> {
    const journal = new UploadJournal(join(archive.root, JOURNAL_NAME), { log: this.#log });
    await journal.load();
    this.#journals.set(archive, journal);
    for (const file of archive.files) this.#consider(archive, file);
    this.#unsubscribe.push(
      archive.events.on('changed', (file) => this.#consider(archive, file)),
      archive.events.on('gone', ({ path }) => {
        this.#waiting.delete(keyOf({ archive, path }));
        void journal.remove(path);
      }),
    );
    const { concurrency = 1 } = this.#options;
    while (this.#workers.length < concurrency) this.#workers.push(this.#work());
  }

  /** It is to be uploaded, and is not known to have been. */
  isHeld(archive: Archive, file: RecordedFile): boolean {
    const journal = this.#journals.get(archive);
    return journal !== undefined && this.#isWanted(file) && journal.get(file.path)?.kind !== 'done';
  }

  /** Breaks off what is on its way, to be resumed by the next one. Never throws. */
  async close(): Promise<void> {
    this.#ending.abort();
    clearTimeout(this.#timer);
    for (const off of this.#unsubscribe) off();
    this.#wakeAll();
    await Promise.all(this.#workers);
    this.#client.close();
  }

  #isWanted(file: RecordedFile): boolean {
    const { wanted = 'all', since } = this.#options;
    if (file.state === 'recording' || file.state === 'unread') return false;
    if (since !== undefined && file.startTime < since) return false;
    return isFinished(file) && (wanted === 'all' || file.onDemand !== undefined);
  }

  #consider(archive: Archive, file: RecordedFile): void {
    if (!this.isHeld(archive, file)) return;
    const task = { archive, path: file.path };
    if (this.#waiting.has(keyOf(task)) || [...this.#active].some((active) => isSame(active, task))) return;
    this.#waiting.set(keyOf(task), task);
    this.#wakeAll();
  }

  async #work(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      const task = this.#take();
      if (task === undefined) {
        await new Promise<void>((resolve) => this.#wake.push(resolve));
        continue;
      }
      const active = { ...task, sizeBytes: task.archive.get(task.path)?.sizeBytes ?? 0, sentBytes: 0 };
      this.#active.add(active);
      try {
        await this.#upload(active);
        this.#backoff.reset();
        if (this.#fault !== undefined) this.#log.info({}, 'uploads go on');
        this.#fault = undefined;
      } catch (thrown) {
        if (!signal.aborted) this.#fail(task, thrown);
      } finally {
        this.#active.delete(active);
      }
    }
  }

  #take(): Task | undefined {
    if (performance.now() < this.#pausedUntilMs) return undefined;
    const [task] = this.#waiting.values();
    if (task !== undefined) this.#waiting.delete(keyOf(task));
    return task;
  }

  async #upload(active: Active): Promise<void> {
    const { archive, path } = active;
    const { partBytes = PART_BYTES, local = 'kept', target } = this.#options;
    const { signal } = this.#ending;
    const journal = this.#journals.get(archive);
    if (journal === undefined) return;
    const key = `${target.prefix ?? ''}${archive.camera}/${path}`;
    const { handle, sizeBytes, changedMs } = await archive.openRecording(path);
    try {
      const record = journal.get(path);
      const begun = record?.kind === 'begun' ? record : undefined;
      if (begun === undefined && (await this.#client.sizeOf(key, { signal })) === sizeBytes) {
        this.#counters.filesThereAlready++;
      } else {
        const { resumedBytes } = await uploadFile({
          client: this.#client,
          key,
          contentType: 'video/mp4',
          handle,
          sizeBytes,
          changedMs,
          partBytes,
          begun,
          onBegun: (upload) => journal.put(path, upload),
          sent: (bytes) => {
            active.sentBytes += bytes;
          },
          signal,
        });
        this.#counters.filesUploaded++;
        this.#counters.bytesUploaded += sizeBytes - resumedBytes;
        this.#counters.bytesResumed += resumedBytes;
      }
      await this.#uploadPicture(active, key);
      await journal.put(path, { kind: 'done', sizeBytes });
      this.#log.debug({ camera: archive.camera, path, sizeBytes }, 'a recording was uploaded');
    } finally {
      await handle.close();
    }
    if (local === 'deleted') await archive.delete(path);
  }

  async #uploadPicture({ archive, path }: Task, key: string): Promise<void> {
    if (archive.get(path)?.thumbnail !== true) return;
    const picture = await archive.openRecording(siblingPath(path, 'jpg')).catch((thrown: unknown) => {
      // The recording is what counts.
      if (thrown instanceof PinholeError) return undefined;
      throw thrown;
    });
    if (picture === undefined) return;
    try {
      const body = new Uint8Array(await picture.handle.readFile());
      await this.#client.put(siblingPath(key, 'jpg'), {
        body,
        contentType: 'image/jpeg',
        signal: this.#ending.signal,
      });
    } finally {
      await picture.handle.close();
    }
  }

  #fail(task: Task, thrown: unknown): void {
    const { archive, path } = task;
    if (!(thrown instanceof UploadError)) {
      const gone = thrown instanceof PinholeError && thrown.code === 'recording/not-found';
      this.#counters[gone ? 'filesGone' : 'filesUnreadable']++;
      // What cannot be read now is tried again by the next run of the program.
      if (!gone)
        this.#log.warn(
          { camera: archive.camera, path, error: messageOf(thrown) },
          'a recording cannot be uploaded',
        );
      return;
    }
    this.#counters.triesFailed++;
    // First again: what was begun is to be ended.
    const others = [...this.#waiting];
    this.#waiting.clear();
    for (const [key, each] of [[keyOf(task), task] as const, ...others]) this.#waiting.set(key, each);
    if (thrown.code === 'upload/no-such-upload') {
      // The service forgot what was begun: it is begun anew.
      void this.#journals.get(archive)?.remove(path);
    }
    const waitMs =
      isPassing(thrown) || thrown.code === 'upload/no-such-upload' ? this.#backoff.next() : this.#refusedMs();
    if (this.#fault?.code !== thrown.code) {
      this.#log.warn(
        { camera: archive.camera, path, code: thrown.code, error: thrown.message },
        'uploads wait',
      );
    }
    this.#fault = thrown;
    this.#pausedUntilMs = performance.now() + waitMs;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wakeAll(), waitMs + 1);
    this.#timer.unref();
  }

  #refusedMs(): number {
    return this.#options.refusedRetryMs ?? REFUSED_RETRY_MS;
  }

  #wakeAll(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const resume of wake) resume();
  }
}

const keyOf = ({ archive, path }: Task): string => `${archive.camera}\n${path}`;

const isSame = (a: Task, b: Task): boolean => a.archive === b.archive && a.path === b.path;
