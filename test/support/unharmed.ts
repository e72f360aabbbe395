import { expect } from 'vitest';

/** A picture that reached a viewer. */
export interface Arrival {
  /** Counts the pictures of the camera. */
  readonly number: number;
  /** UTC milliseconds. */
  readonly at: number;
}

/** No viewer who has nothing to do with a fault may notice it for longer. */
const LONGEST_STAND_MS = 2_000;

/**
 * Proves that a viewer of 30 pictures a second was left alone: numbers rise, hardly any is missing, none stands for long.
 *
 * @param options.share of the pictures that have to be there; default 0.7, which a busy machine can do
 * @returns the longest stand, for the log
 */
export function expectUnharmed(
  arrivals: readonly Arrival[],
  options: { readonly forMs: number; readonly share?: number },
): number {
  const { forMs, share = 0.7 } = options;
  const numbers = arrivals.map(({ number }) => number);
  const stands = arrivals.slice(1).map(({ at }, i) => at - (arrivals[i]?.at ?? 0));
  const longest = Math.max(...stands);

  expect(numbers.length).toBeGreaterThan((forMs / 1000) * 30 * share);
  expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
  const span = (numbers.at(-1) ?? 0) - (numbers[0] ?? 0) + 1;
  expect(numbers.length).toBeGreaterThan(span * share);
  expect(longest).toBeLessThan(LONGEST_STAND_MS);
  return longest;
}
