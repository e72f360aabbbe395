import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, onTestFinished } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const { scripts: SCRIPTS } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

/** A program of package.json, as a person starts it; gone after the test. */
export class ExampleProgram {
  readonly #child: ChildProcess;
  /** All that it printed so far. */
  output = '';
  /** Its exit code. */
  readonly ended: Promise<number | null>;

  constructor(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [command = '', ...words] = (SCRIPTS[name] ?? '').split(' ');
    this.#child = spawn(command === 'node' ? process.execPath : command, [...words, ...args], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk) => (this.output += String(chunk)));
    this.ended = new Promise((done) => this.#child.once('exit', done));
    onTestFinished(async () => {
      this.#child.kill('SIGKILL');
      await this.ended;
    });
  }

  /** Waits until it has printed that. */
  async until(words: string | RegExp): Promise<void> {
    await expect.poll(() => this.output, { timeout: 20_000 }).toMatch(words);
  }

  /** Ends it as Ctrl+C does. */
  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return await this.ended;
  }
}
