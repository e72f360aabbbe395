import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ChildEnd, ChildLines, childEnd, stopChild } from './child.ts';
import { ReportReader, type WorkerOrder, type WorkerReport } from './worker/messages.ts';

const REPORT_FD = 3;
const SOURCE_CONDITION = '--conditions=@pinhole/source';

/** A child process with node-av inside. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #lines: ChildLines;
  /** Resolves when it is gone; `error` when it never started or wrote what is no report. */
  readonly ended: Promise<ChildEnd>;

  /**
   * Starts it.
   * @param options.handle takes each report, with memory of its own
   * @param options.scrub takes credentials out of what it writes to standard error
   */
  constructor(options: {
    readonly handle: (report: WorkerReport) => void;
    readonly scrub: (text: string) => string;
  }) {
    this.#child = fork(workerPath(), [], {
      execArgv: workerExecArgv(process.execArgv, workerPath()),
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#lines = new ChildLines(this.#child.stderr ?? Readable.from([]), options.scrub);
    const ended = childEnd(this.#child);
    const reader = new ReportReader();
    let broken: Error | undefined;
    const pipe = this.#child.stdio[REPORT_FD];
    if (pipe instanceof Readable) {
      pipe.on('error', () => {}); // it ends with the child, and that is reported there
      pipe.on('data', (chunk: Uint8Array) => {
        if (broken !== undefined) return;
        try {
          for (const report of reader.push(chunk)) options.handle(report);
        } catch (thrown) {
          broken = thrown instanceof Error ? thrown : new Error(String(thrown));
          this.#child.kill('SIGKILL');
        }
      });
    }
    this.ended = ended.then((end) => (broken === undefined ? end : { ...end, error: broken }));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it wrote to standard error last. */
  get lines(): readonly string[] {
    return this.#lines.lines;
  }

  /**
   * Gives an order; lost when the worker is gone, which `ended` tells.
   * @param taken called when it has left this process, or is lost
   */
  order(order: WorkerOrder, taken: () => void = () => {}): void {
    if (this.#child.connected) this.#child.send(order, () => taken());
  }

  /** Asks it to end; kills it after a grace. */
  stop(): void {
    stopChild(this.#child, () => this.order({ kind: 'stop' }));
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Does not keep the program alive while it waits for an order. */
  unref(): void {
    this.#child.unref();
    this.#child.channel?.unref();
    for (const pipe of [this.#child.stderr, this.#child.stdio[REPORT_FD]]) {
      if (pipe !== null && pipe !== undefined && 'unref' in pipe) (pipe as { unref(): void }).unref();
    }
  }
}

/** The worker's module: `main.ts` beside our own source, `main.js` in a build. */
function workerPath(): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./worker/main.${extension}`, import.meta.url));
}

/**
 * Flags for the worker's Node: ours, without the debugger's (its port is taken); from source also those that make Node
 * read it, which a test runner does not pass on.
 */
export function workerExecArgv(execArgv: readonly string[], path: string): string[] {
  const own = execArgv.filter((flag) => !flag.startsWith('--inspect') && flag !== '--expose-gc');
  if (!path.endsWith('.ts') || own.some((flag) => flag.includes('tsx'))) return own;
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return [...own, SOURCE_CONDITION, '--import', tsx];
}
