import type { CameraControls, ControlAuthor } from '@pinhole/engine';
import { propertyChange } from './property-change.ts';

/** What a line of changes is made with. */
export interface PropertyLineOptions {
  readonly controls: Pick<CameraControls, 'list' | 'set'>;
  readonly author: ControlAuthor;
  /** A change was not made. */
  readonly refused: (key: number, thrown: unknown) => void;
  readonly changed: () => void;
  /** A newer value of the same property came before its turn. */
  readonly superseded: () => void;
}

/** A slider sends more than a camera takes: between two changes of a viewer there is so much time. */
const PAUSE_MS = 50;

/** Properties of one viewer that may wait; there are 47. */
const MOST_WAITING = 64;

/**
 * Makes a viewer's changes one after the other. A property that is changed again before its turn gets the newer value: nobody
 * tells viewers when a change was made, so that they send as fast as somebody moves a slider.
 */
export class PropertyLine {
  readonly #options: PropertyLineOptions;
  readonly #waiting = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #closed = false;

  constructor(options: PropertyLineOptions) {
    this.#options = options;
  }

  /** Changes a property soon. @returns false when too many wait */
  set(key: number, value: number): boolean {
    if (this.#closed) return false;
    if (this.#waiting.has(key)) this.#options.superseded();
    else if (this.#waiting.size >= MOST_WAITING) return false;
    this.#waiting.set(key, value);
    if (!this.#busy) void this.#next();
    return true;
  }

  /** Forgets what waits. May be called again. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
    clearTimeout(this.#timer);
  }

  async #next(): Promise<void> {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#busy = false;
      return;
    }
    this.#busy = true;
    const [key, value] = first;
    this.#waiting.delete(key);
    const { controls, author, refused, changed } = this.#options;
    try {
      const change = propertyChange({ key, value }, controls);
      await controls.set(change.control, change.value, author);
      changed();
    } catch (thrown) {
      refused(key, thrown);
    }
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#next(), PAUSE_MS);
  }
}
