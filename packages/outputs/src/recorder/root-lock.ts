import { join } from 'node:path';
import type { RecorderDisk } from './disk.ts';
import { errnoOf, RecorderError } from './disk-fault.ts';
import { lifeOf, ownIdentity, type WriterIdentity } from './writer-identity.ts';

/** The lock's name in the root. */
export const LOCK_NAME = '.pinhole-recorder.lock';

interface LockContent extends WriterIdentity {
  /** Counts up while the holder lives. */
  readonly beat: number;
}

/** How long a lock's holder of which nothing else is known is watched for a sign of life; beats come twice as often. */
export const WATCH_MS = 12_000;

/** How often the holder says that it lives. */
export const BEAT_MS = 5000;

/** Room for the beat to grow. */
const CONTENT_BYTES = 511;

/** What a lock is made with. */
export interface RootLockOptions {
  readonly root: string;
  readonly disk: RecorderDisk;
  /** Milliseconds of a clock that never steps. */
  readonly monotonic: () => number;
  /** Tests give another. */
  readonly identity?: WriterIdentity;
}

/**
 * Sees to it that one process writes below a root. A process that is gone holds nothing: on one machine its id and the
 * time of its start tell at once, whatever killed it. Of one in another container or on another machine only the beat
 * tells, and 12 seconds without are taken for its end.
 */
export class RootLock {
  readonly #options: RootLockOptions;
  readonly #path: string;
  readonly #own: WriterIdentity;
  #held = false;
  #beat = 0;
  #beatAt = 0;
  #watched: { readonly id: string; readonly beat: number; readonly since: number } | undefined;

  constructor(options: RootLockOptions) {
    this.#options = options;
    this.#path = join(options.root, LOCK_NAME);
    this.#own = options.identity ?? ownIdentity();
  }

  get held(): boolean {
    return this.#held;
  }

  /**
   * Takes the root; may be called again while it is held.
   * @throws {RecorderError} `recorder/locked`: another one writes there. Of one that cannot be asked this is said too
   *   until it was silent for long enough; the caller tries again. And the file system's errors.
   */
  async acquire(): Promise<void> {
    this.#held = false;
    // Twice: a dead one's lock is removed first.
    for (let attempt = 0; attempt < 2; attempt++) {
      if (await this.#create()) return;
      const other = await this.#read();
      if (other?.id === this.#own.id) {
        // The disk was away, and our lock with it.
        this.#held = true;
        return;
      }
      if (other !== undefined && this.#lives(other)) throw this.#refusal(other);
      await this.#removeDead(other);
    }
    throw this.#refusal(await this.#read());
  }

  /**
   * Says that we live, when it is time to.
   * @throws {RecorderError} `recorder/locked` when the root is somebody else's by now
   */
  async beat(): Promise<void> {
    const now = this.#options.monotonic();
    if (!this.#held || now - this.#beatAt < BEAT_MS) return;
    this.#beatAt = now;
    const content = await this.#read();
    if (content === undefined || content.id !== this.#own.id) {
      this.#held = false;
      await this.acquire();
      return;
    }
    this.#beat++;
    // In place, without cutting it first: whoever reads meanwhile must not find it empty.
    await this.#options.disk.writeFile(this.#path, this.#content(), { flag: 'r+' });
  }

  /** Gives the root back. Never throws. */
  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    const content = await this.#read().catch(() => undefined); // a disk that is gone holds no lock
    if (content?.id === this.#own.id) await this.#options.disk.unlink(this.#path).catch(() => {}); // as above
  }

  async #create(): Promise<boolean> {
    try {
      await this.#options.disk.writeFile(this.#path, this.#content(), { flag: 'wx', mode: 0o640 });
    } catch (thrown) {
      if (errnoOf(thrown) === 'EEXIST') return false;
      throw thrown;
    }
    this.#held = true;
    this.#beatAt = this.#options.monotonic();
    return true;
  }

  #lives(other: LockContent): boolean {
    const life = lifeOf(other, this.#own);
    if (life !== 'unknown') return life === 'alive';
    const now = this.#options.monotonic();
    const { id, beat } = other;
    if (this.#watched?.id !== id || this.#watched.beat !== beat) this.#watched = { id, beat, since: now };
    return now - this.#watched.since < WATCH_MS;
  }

  /** Moved away first and looked at again: a lock that another one took meanwhile is put back. */
  async #removeDead(expected: LockContent | undefined): Promise<void> {
    const { disk } = this.#options;
    const aside = `${this.#path}.${this.#own.id}`;
    try {
      await disk.rename(this.#path, aside);
    } catch (thrown) {
      if (errnoOf(thrown) === 'ENOENT') return;
      throw thrown;
    }
    const moved = contentOf(await disk.readFile(aside, 'utf8'));
    if (moved !== undefined && moved.id !== expected?.id) await disk.rename(aside, this.#path);
    else await disk.unlink(aside);
  }

  async #read(): Promise<LockContent | undefined> {
    try {
      return contentOf(await this.#options.disk.readFile(this.#path, 'utf8'));
    } catch (thrown) {
      if (errnoOf(thrown) === 'ENOENT') return undefined;
      throw thrown;
    }
  }

  #content(): string {
    return `${JSON.stringify({ ...this.#own, beat: this.#beat } satisfies LockContent).padEnd(CONTENT_BYTES)}\n`;
  }

  #refusal(other: LockContent | undefined): RecorderError {
    const { root } = this.#options;
    const who =
      other === undefined
        ? 'another process'
        : other.pid === process.pid && other.host === this.#own.host
          ? `this process (${other.pid}) for another camera`
          : `process ${other.pid} on ${other.host}`;
    return new RecorderError(
      'recorder/locked',
      `${who} records to ${root} already; stop it, or record to another folder`,
    );
  }
}

/** @returns undefined for anything that no lock of ours holds: a power cut leaves empty files */
function contentOf(text: string): LockContent | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const fields = value as Record<string, unknown>;
    const textField = (name: string): string => {
      const field = fields[name];
      return typeof field === 'string' ? field.slice(0, 200) : '';
    };
    const { pid, beat } = fields;
    if (typeof pid !== 'number' || typeof beat !== 'number' || textField('id') === '') return undefined;
    return {
      pid,
      beat,
      id: textField('id'),
      host: textField('host'),
      machine: textField('machine'),
      boot: textField('boot'),
      pidSpace: textField('pidSpace'),
      startedTicks: textField('startedTicks'),
    };
  } catch {
    return undefined; // no JSON
  }
}
