import type { Bench, BenchContext } from './figure.ts';
import type { BenchResult } from './report.ts';

/** Beside the minutes that it may look on. */
const LONGEST_SECONDS = 180;

/** Somebody wants the run to end. */
export class Interrupted extends Error {}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs one bench and closes what it opened, however it ends.
 * @throws {Interrupted} on a signal; and whatever the bench throws
 */
export async function runBench(
  name: string,
  bench: Bench,
  options: Pick<BenchContext, 'profileFolder' | 'minutes' | 'short'>,
): Promise<BenchResult> {
  const startedAt = performance.now();
  const closers: (() => unknown)[] = [];
  let over = false;
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, failed) => {
    const longestMs = (bench.longestSeconds ?? LONGEST_SECONDS) * 1000 + options.minutes * 60_000;
    late = setTimeout(() => failed(new Error(`took longer than ${longestMs / 1000} s`)), longestMs);
  });
  let interrupt = (): void => {};
  const interrupted = new Promise<never>((_, failed) => {
    interrupt = () => failed(new Interrupted('interrupted'));
  });
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    // A bench that was given up may still be opening something.
    const defer: BenchContext['defer'] = (close) => void (over ? close() : closers.push(close));
    const run = bench.run({ ...options, defer });
    const figures = await Promise.race([run, timeout, interrupted]);
    const { title, about } = bench;
    return { bench: name, title, about, seconds: (performance.now() - startedAt) / 1000, figures };
  } finally {
    clearTimeout(late);
    over = true;
    for (const close of closers.toReversed()) await close();
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}
