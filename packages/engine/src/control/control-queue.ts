import { type Micros, micros, PinholeError } from '@pinhole/core';
import type { ControlValue } from './control-descriptor.ts';

/** One change on its way to the camera. */
export interface QueuedChange {
  readonly id: string;
  readonly value: ControlValue;
  /** Who asked for it: a token's id, or what of the program did. */
  readonly by: string;
  /** It stays, risky or not. */
  readonly keep?: true;
}

/** What became of changes so far. */
export interface ControlCounters {
  readonly made: number;
  /** Never made, because a later one of the same control came before its turn. */
  readonly coalesced: number;
  /** The camera refused or did not answer, or the control could not be changed any more. */
  readonly failed: number;
}

/** What a queue is made with. */
export interface ControlQueueOptions {
  /** Makes a change; `expected` turns false when nobody waits for it any more. */
  readonly make: (change: QueuedChange, expected: () => boolean) => Promise<void>;
  readonly now: () => Micros;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Job {
  change: QueuedChange;
  readonly waiters: Waiter[];
}

/** A camera that restarts for a change takes seconds; one that needs longer than this has gone. */
const PATIENCE = micros(15_000_000);

/** So many may wait for one control; a viewer has one change under way at a time. */
const MAX_WAITERS = 64;

/**
 * Brings changes to a camera one after another. While one is under way, the changes of a control that follow each other
 * become the last of them, and whoever asked for an earlier one shares what becomes of that.
 */
export class ControlQueue {
  readonly #options: ControlQueueOptions;
  readonly #waiting = new Map<string, Job>();
  #underWay: { readonly job: Job; readonly since: Micros } | undefined;
  readonly #counters = { made: 0, coalesced: 0, failed: 0 };

  constructor(options: ControlQueueOptions) {
    this.#options = options;
  }

  get counters(): ControlCounters {
    return this.#counters;
  }

  /** Whether a change of that control waits for its turn. */
  waitsFor(id: string): boolean {
    return this.#waiting.has(id);
  }

  /** @throws {PinholeError} `control/busy`, `control/timeout`, and whatever making the change throws */
  add(change: QueuedChange): Promise<void> {
    return new Promise((resolve, reject) => {
      const job = this.#waiting.get(change.id) ?? { change, waiters: [] };
      if (job.waiters.length >= MAX_WAITERS) {
        reject(new PinholeError('control/busy', `too many changes of ${change.id} at once; try again`));
        return;
      }
      if (job.waiters.length > 0) this.#counters.coalesced++;
      job.change = change;
      job.waiters.push({ resolve, reject });
      this.#waiting.set(change.id, job);
      this.#next();
    });
  }

  /** Gives up on a change that takes too long. */
  tick(): void {
    const { job, since } = this.#underWay ?? {};
    if (job === undefined || since === undefined || this.#options.now() - since < PATIENCE) return;
    const { id } = job.change;
    this.#settle(
      job,
      new PinholeError('control/timeout', `${id}: the camera did not answer within ${PATIENCE / 1e6} s`),
    );
  }

  #next(): void {
    if (this.#underWay) return;
    const [first] = this.#waiting;
    if (!first) return;
    const [id, job] = first;
    this.#waiting.delete(id);
    this.#underWay = { job, since: this.#options.now() };
    // Not at once: a source may be in the midst of telling that it is live.
    Promise.resolve()
      .then(() => this.#options.make(job.change, () => this.#underWay?.job === job))
      .then(
        () => this.#settle(job),
        (error: unknown) => this.#settle(job, error),
      );
  }

  #settle(job: Job, error?: unknown): void {
    if (this.#underWay?.job !== job) return;
    this.#underWay = undefined;
    this.#counters[error === undefined ? 'made' : 'failed']++;
    for (const { resolve, reject } of job.waiters) {
      if (error === undefined) resolve();
      else reject(error);
    }
    this.#next();
  }
}
