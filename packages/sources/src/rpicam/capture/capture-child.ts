import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Abort } from '@pinhole/core';
import { programFailure } from '../program/program-failure.ts';
import type { RpicamFailure } from '../rpicam-code.ts';

/** What is run and for how long. */
export interface CaptureChildOptions {
  /** For messages. */
  readonly name: string;
  readonly path: string;
  readonly words: readonly string[];
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly signal: Abort;
}

/** A program may take so long to let go of the camera after it was asked to. */
const GRACE_MS = 1_000;
const LINES_KEPT = 40;
const LONGEST_LINE = 2_000;

/** A capture program as our child: ended with `signal`, never left behind. */
export class CaptureChild {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Why it ended; resolves when it is gone and all it wrote was read. */
  readonly ended: Promise<RpicamFailure>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];

  constructor({ name, path, words, env, signal }: CaptureChildOptions) {
    const child = spawn(path, words, { env: env ?? process.env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    child.stdin.on('error', () => {}); // it ended, and that is told below
    child.stdout.on('error', () => {});
    child.stderr.on('error', () => {});
    createInterface({ input: child.stderr }).on('line', (line) => this.#keep(line));
    const stop = (): void => this.#stop();
    signal.addEventListener('abort', stop);
    this.ended = this.#untilEnd(name).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) this.#stop();
  }

  /** Its process id; undefined when it never started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  #untilEnd(program: string): Promise<RpicamFailure> {
    return new Promise((resolve) => {
      let error: Error | undefined;
      const tell = (code: number | null, signal: string | null): void =>
        resolve(programFailure({ program, code, signal, lines: this.#lines, error }));
      this.#child.once('error', (thrown) => {
        if (this.#child.pid !== undefined) return;
        error = thrown;
        tell(null, null);
      });
      this.#child.once('close', tell);
    });
  }

  #stop(): void {
    const child = this.#child;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    child.once('exit', () => clearTimeout(timer));
  }

  #keep(line: string): void {
    this.#lines.push(line.slice(0, LONGEST_LINE));
    if (this.#lines.length > LINES_KEPT) this.#lines.shift();
  }
}
