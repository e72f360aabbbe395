import { spawn } from 'node:child_process';

/** What a program said that ran to its end. */
export interface BriefRun {
  /** Exit code; null when it was killed, or never ran. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const MOST_OUTPUT_CHARACTERS = 256 * 1024;

/** Runs a program that ends by itself and collects what it says; one that takes longer than `limitMs` is killed. */
export function runBriefly(
  command: string,
  words: readonly string[],
  options: { readonly limitMs?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<BriefRun> {
  const { limitMs = 10_000, env = process.env } = options;
  return new Promise((resolve) => {
    const child = spawn(command, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (said[name].length < MOST_OUTPUT_CHARACTERS) said[name] += text;
      });
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    const end = (code: number | null): void => {
      clearTimeout(timer);
      resolve({ code, ...said });
    };
    child.once('error', () => end(null));
    child.once('close', (code) => end(code));
  });
}
