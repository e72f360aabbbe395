import { signal } from '@preact/signals';

/** Something that happened, in words. */
export interface Happening {
  readonly id: number;
  /** ms since 1970. */
  readonly at: number;
  readonly words: string;
  /** It happened so often in a row. */
  readonly times: number;
}

const KEPT = 100;

/** What happened on a page, oldest first; the last hundred. */
export class Happenings {
  readonly lines = signal<readonly Happening[]>([]);
  #count = 0;

  /** Takes a sentence; the same as before is counted and not said again. */
  add(words: string): void {
    const lines = this.lines.value;
    const last = lines.at(-1);
    const at = Date.now();
    this.lines.value =
      last?.words === words
        ? [...lines.slice(0, -1), { ...last, at, times: last.times + 1 }]
        : [...lines, { id: ++this.#count, at, words, times: 1 }].slice(-KEPT);
  }
}
