import { PiCameraError } from './picamera-error.ts';

/** More does not wait. */
const MAX_WAITING = 256;

/** What waits at a gate. */
export interface Entry {
  /** As the beginning of a sentence. */
  readonly what: string;
  run(): void;
  readonly failed: (error: PiCameraError) => void;
}

/**
 * Holds back what may be said once only until it is known how the device writes: said in the wrong way it would be lost, said
 * in both it might be done twice. The first entry asks, with something that does no harm.
 */
export class Gate {
  readonly #isOpen: () => boolean;
  readonly #knock: (unanswered: () => void) => void;
  #waiting: Entry[] = [];

  /**
   * @param options.isOpen whether it is known
   * @param options.knock asks; `unanswered` is called when nobody answers
   */
  constructor(options: { readonly isOpen: () => boolean; readonly knock: (unanswered: () => void) => void }) {
    this.#isOpen = options.isOpen;
    this.#knock = options.knock;
  }

  /** Runs an entry now, or once it is known how. */
  pass(entry: Entry): void {
    if (this.#isOpen()) entry.run();
    else if (this.#waiting.length >= MAX_WAITING) {
      const message = `${entry.what}: ${MAX_WAITING} others wait already; this one was dropped`;
      entry.failed(new PiCameraError('picamera/too-many-requests', message));
    } else {
      this.#waiting.push(entry);
      this.#knock(() => this.#unanswered());
    }
  }

  /** It is known now. */
  open(): void {
    for (const entry of this.#waiting.splice(0)) entry.run();
  }

  /** What waits is forgotten. */
  clear(): void {
    this.#waiting = [];
  }

  #unanswered(): void {
    for (const { what, failed } of this.#waiting.splice(0)) {
      const message = `${what} was not sent: the device answers nothing, so nobody knows how it reads`;
      failed(new PiCameraError('picamera/unknown-generation', message));
    }
  }
}
