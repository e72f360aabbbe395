import { expect } from 'vitest';
import type { Mark, SeenFrame, Watched } from './harness/harness.ts';
import type { Arrival } from './unharmed.ts';

/** What the page needs to notice that nothing comes any more, on a busy machine. */
const NOTICE_MS = 3_000;
/** A frame that the player counts may be read off the page a little later. */
const READ_LATE_MS = 300;

/** A fault as one viewer lived through it. */
export interface Outage {
  /** What the element said from the fault to the first new picture. */
  readonly marks: readonly Mark[];
  /** From the fault to the first picture that was captured after it, or after `since`. */
  readonly pictureBackMs: number;
}

/** The first picture that was captured later than `at`, in UTC milliseconds. */
export const firstFrameAfter = (frames: readonly SeenFrame[], at: number): SeenFrame | undefined =>
  frames.find(({ captureTime }) => captureTime / 1000 > at);

/**
 * Proves what holds for every fault that takes the picture away for a while: the old picture is marked as old soon and stays
 * so until a new one is there, in words each time, and the picture comes back without a reload and to the same player.
 * Prints what the page said and when.
 *
 * @param watched all frames since before the fault, and all marks
 */
export function expectOutage(
  { marks, frames }: Pick<Watched, 'marks' | 'frames'>,
  options: {
    readonly name: string;
    /** UTC milliseconds. */
    readonly faultAt: number;
    /** The first new picture; told by its capture time unless given. */
    readonly back?: SeenFrame | undefined;
  },
): Outage {
  const { name, faultAt, back = firstFrameAfter(frames, faultAt) } = options;
  const backAt = back?.paintedAt ?? Number.NaN;
  const during = marks.filter(({ at }) => at >= faultAt && at < backAt - READ_LATE_MS);
  const said = during.map(({ at, code }) => `${code} after ${Math.round(at - faultAt)}`).join(', ');
  console.log(`${name}: ${said}; picture back after ${Math.round(backAt - faultAt)} ms`);

  expect(backAt).toBeGreaterThan(faultAt);
  const markedAt = during.find(({ stale }) => stale)?.at ?? backAt;
  expect(markedAt).toBeLessThan(faultAt + NOTICE_MS);
  const afterwards = during.filter(({ at }) => at >= markedAt);
  expect(afterwards.filter(({ stale, kind }) => !stale || kind === 'live')).toEqual([]);
  for (const { words, reason } of afterwards) {
    expect(reason).toMatch(/\w+ \w+/);
    expect(words.toLowerCase()).toContain(reason.toLowerCase());
  }
  expect(new Set(marks.map(({ players }) => players))).toEqual(new Set([1]));
  return { marks: during, pictureBackMs: Math.round(backAt - faultAt) };
}

/** Frames of a page as {@link Arrival}s. */
export const arrivalsOf = (frames: readonly SeenFrame[]): Arrival[] =>
  frames.map(({ frameNumber, paintedAt }) => ({ number: frameNumber, at: paintedAt }));
