import type { Bench, BenchContext } from './figure.ts';
import type { BenchResult } from './report.ts';

/** A bench that takes longer has lost its way. */
const LONGEST_MS = 180_000;

/** Runs one bench and closes what it opened, however it ends. */
export async function runBench(
  name: string,
  bench: Bench,
  options: Pick<BenchContext, 'profileFolder'>,
): Promise<BenchResult> {
  const startedAt = performance.now();
  const closers: (() => unknown)[] = [];
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, failed) => {
    late = setTimeout(() => failed(new Error(`took longer than ${LONGEST_MS / 1000} s`)), LONGEST_MS);
  });
  try {
    const run = bench.run({ ...options, defer: (close) => closers.push(close) });
    const figures = await Promise.race([run, timeout]);
    const { title, about } = bench;
    return { bench: name, title, about, seconds: (performance.now() - startedAt) / 1000, figures };
  } finally {
    clearTimeout(late);
    for (const close of closers.toReversed()) await close();
  }
}
