import { expect } from 'vitest';
import type { SeenFrame } from './harness/harness.ts';
import { longestStandMs } from './measure.ts';

const LONGEST_STAND_MS = 2_000;
/** A newcomer's first picture may be an older one, from which its player jumps to the newest; decoders start up. */
const SETTLED_AFTER_MS = 1_000;
const FEWEST_FRAMES = 20;

/** The numbers that were read off the page, in the order of painting. */
export const frameNumbers = (frames: readonly SeenFrame[]): number[] =>
  frames.map(({ frameNumber }) => frameNumber);

/**
 * Proves that what was painted is a moving picture: numbers rise, none comes twice, most pictures of the camera were
 * painted, and none stood for long.
 */
export function expectMoving(frames: readonly SeenFrame[]): void {
  const numbers = frameNumbers(frames);
  expect(numbers.length).toBeGreaterThan(FEWEST_FRAMES);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  const settledAt = (frames[0]?.paintedAt ?? 0) + SETTLED_AFTER_MS;
  const settled = frameNumbers(frames.filter(({ paintedAt }) => paintedAt >= settledAt));
  const shown = (settled.at(-1) ?? 0) - (settled[0] ?? 0);
  expect(shown).toBeLessThan(Math.max(settled.length, FEWEST_FRAMES) * 2);
  expect(longestStandMs(frames)).toBeLessThan(LONGEST_STAND_MS);
}

const LONGEST_LEAP_FRAMES = 45;
/** Paths differ in how late they are: the picture of the one that takes over may be a little older. */
const LONGEST_STEP_BACK_FRAMES = 10;

/** Proves that the picture went on while paths changed: no black moment, no jump, nothing played twice. */
export function expectUnbroken(frames: readonly SeenFrame[]): void {
  const numbers = frameNumbers(frames);
  const steps = numbers.slice(1).map((number, i) => number - (numbers[i] ?? 0));
  expect(Math.max(...steps)).toBeLessThan(LONGEST_LEAP_FRAMES);
  expect(Math.min(...steps)).toBeGreaterThan(-LONGEST_STEP_BACK_FRAMES);
  expect(longestStandMs(frames)).toBeLessThan(LONGEST_STAND_MS);
}
