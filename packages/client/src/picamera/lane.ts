import { PiCameraError, type PiCameraErrorCode } from './picamera-error.ts';

/** Nothing came for so long: the device will not answer. It says so to nobody, so silence is all that there is. */
export const ANSWER_PATIENCE_MS = 10_000;
/** An answer that stood still for so long has ended. */
export const SILENCE_PATIENCE_MS = 15_000;
/** More requests of a kind do not wait. */
const MAX_WAITING = 64;

/** Why a request was not sent. */
export type Unsent = 'not-open' | 'unsupported';

/** One request and what becomes of it. */
export interface Job {
  /** What was asked for, as the beginning of a sentence: `the snapshot`. */
  readonly what: string;
  /** @returns why it was not sent, if it was not */
  send(): Unsent | undefined;
  readonly failed: (error: PiCameraError) => void;
}

/**
 * Requests of one kind, one after the other: answers carry nothing that would tell two apart. An answer that does not come
 * is told, and the next request has its turn.
 */
export class Lane<One extends Job> {
  readonly #waiting: One[] = [];
  #active: One | undefined;
  #answered = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The request that is being answered. */
  get active(): One | undefined {
    return this.#active;
  }

  /** Asks as soon as the one before is answered. */
  add(job: One): void {
    if (this.#waiting.length >= MAX_WAITING) {
      const message = `${MAX_WAITING} requests of this kind wait already; this one was not made`;
      job.failed(new PiCameraError('picamera/too-many-requests', message));
      return;
    }
    this.#waiting.push(job);
    this.#next();
  }

  /** Something of the answer came. */
  heard(): void {
    if (!this.#active) return;
    this.#answered = true;
    this.#arm(SILENCE_PATIENCE_MS);
  }

  /** The answer is complete. */
  done(): void {
    this.#end();
    this.#next();
  }

  /** The request that is being answered came to nothing. */
  fail(code: PiCameraErrorCode, message: string): void {
    const job = this.#active;
    this.#end();
    job?.failed(new PiCameraError(code, `${job.what} ${message}`));
    this.#next();
  }

  /** All of them came to nothing. */
  clear(code: PiCameraErrorCode, message: string): void {
    const all = [...(this.#active ? [this.#active] : []), ...this.#waiting.splice(0)];
    this.#end();
    for (const job of all) job.failed(new PiCameraError(code, `${job.what} ${message}`));
  }

  #next(): void {
    while (!this.#active) {
      const job = this.#waiting.shift();
      if (!job) return;
      this.#active = job;
      this.#answered = false;
      const unsent = job.send();
      if (unsent === undefined) this.#arm(ANSWER_PATIENCE_MS);
      else {
        this.#end();
        job.failed(unsentInWords(job.what, unsent));
      }
    }
  }

  #arm(patienceMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const seconds = patienceMs / 1000;
      if (this.#answered) this.fail('picamera/transfer-stalled', `stopped in its middle ${seconds} s ago`);
      else
        this.fail(
          'picamera/no-answer',
          `was not answered within ${seconds} s: devices say nothing where they have nothing to give`,
        );
    }, patienceMs);
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#active = undefined;
  }
}

/** What a person is told of it. */
const unsentInWords = (what: string, unsent: Unsent): PiCameraError =>
  unsent === 'not-open'
    ? new PiCameraError('picamera/not-open', `${what} was not asked for: the channel is not open`)
    : new PiCameraError('picamera/unsupported', `${what} was not asked for: this device is too old for it`);
