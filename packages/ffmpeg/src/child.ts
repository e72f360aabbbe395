import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const GRACE_MS = 1_500;
const LINES_KEPT = 40;
const LONGEST_LINE = 2_000;

/** How a child ended. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** It never started. */
  readonly error?: Error;
}

/** Resolves when the child is gone and everything it wrote was read. */
export function childEnd(child: ChildProcess): Promise<ChildEnd> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      // Without a pid it never lived, and 'close' may not come.
      if (child.pid === undefined) resolve({ code: null, signal: null, error });
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

/** Asks a child to end and kills it when it has not after a grace. Await its `childEnd` to know that it is gone. */
export function stopChild(child: ChildProcess, ask: () => void): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  ask();
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  child.once('exit', () => clearTimeout(timer));
}

/** The last lines that a child wrote, without credentials. */
export class ChildLines {
  readonly #lines: string[] = [];
  readonly #scrub: (text: string) => string;

  constructor(stream: Readable, scrub: (text: string) => string) {
    this.#scrub = scrub;
    createInterface({ input: stream }).on('line', (line) => this.#keep(line));
    stream.on('error', () => {}); // it ends with the child, and that is reported there
  }

  /** Oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  #keep(line: string): void {
    this.#lines.push(this.#scrub(line.slice(0, LONGEST_LINE)));
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
  }
}
