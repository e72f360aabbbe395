import type { SeenFrame } from './harness/harness.ts';

/** The nearest-rank quantile. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

/** From capture to paint, by the time code in the picture; both clocks are this machine's. */
export const delaysMs = (frames: readonly SeenFrame[]): number[] =>
  frames.map(({ captureTime, paintedAt }) => paintedAt - captureTime / 1000);

/** The longest time that one picture stood, in milliseconds. */
export const longestStandMs = (frames: readonly SeenFrame[]): number =>
  Math.max(...frames.slice(1).map((frame, i) => frame.paintedAt - (frames[i]?.paintedAt ?? 0)));

/** A line for the log of a test run: figures that nobody asserts. */
export const delayLine = (name: string, frames: readonly SeenFrame[]): string => {
  const delays = delaysMs(frames);
  return `${name}: capture→paint p50 ${quantile(delays, 0.5).toFixed(0)} ms, p95 ${quantile(delays, 0.95).toFixed(0)} ms, ${frames.length} frames`;
};
