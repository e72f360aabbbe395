import { type Micros, micros } from '@pinhole/core';
import type { RecordedFile } from './recorded-file.ts';

/** A stretch of time. */
export interface TimeRange {
  readonly from: Micros;
  /** The first moment that does not belong to it. */
  readonly to: Micros;
}

/** A day in the calendar of recordings. */
export interface RecordedDay {
  /** The device's local day on which its recordings began, `2026-01-31`. */
  readonly day: string;
  readonly files: number;
  readonly sizeBytes: number;
  /** How much was recorded. */
  readonly recorded: Micros;
  readonly firstStart: Micros;
  readonly lastEnd: Micros;
}

/** Recordings that follow each other closer than this have no gap between them: a frame interval is below it. */
export const SEAM = micros(1_000_000);

/**
 * The stretches that recordings cover within a range.
 * @param files in the order of their starts
 */
export function coverageOf(
  files: readonly Pick<RecordedFile, 'startTime' | 'endTime'>[],
  { from, to, seam = SEAM }: TimeRange & { readonly seam?: Micros },
): TimeRange[] {
  const covered: { from: Micros; to: Micros }[] = [];
  for (const { startTime, endTime } of files) {
    const begin = micros(Math.max(startTime, from));
    const end = micros(Math.min(endTime, to));
    const last = covered.at(-1);
    if (end <= begin) continue;
    if (last !== undefined && begin - last.to <= seam) last.to = micros(Math.max(last.to, end));
    else covered.push({ from: begin, to: end });
  }
  return covered;
}

/** What of a range is not covered. */
export function gapsOf(covered: readonly TimeRange[], { from, to }: TimeRange): TimeRange[] {
  const gaps: TimeRange[] = [];
  let at = from;
  for (const stretch of covered) {
    if (stretch.from > at) gaps.push({ from: at, to: stretch.from });
    at = micros(Math.max(at, stretch.to));
  }
  if (at < to) gaps.push({ from: at, to });
  return gaps;
}

/** The days that have recordings, oldest first. A recording belongs to the day in its path. */
export function daysOf(files: readonly RecordedFile[]): RecordedDay[] {
  type Sum = { -readonly [Name in keyof RecordedDay]: RecordedDay[Name] };
  const days = new Map<string, Sum>();
  // Most stand behind another one of their day.
  let last: { readonly key: string; readonly day: Sum } | undefined;
  for (const { path, sizeBytes, startTime, endTime } of files) {
    const key = last !== undefined && path.startsWith(last.key) ? last.key : dayIn(path);
    const day = last?.key === key ? last.day : days.get(key);
    if (day === undefined) {
      const first = {
        day: `${key.slice(0, 4)}-${key.slice(4, 6)}-${key.slice(6)}`,
        files: 1,
        sizeBytes,
        recorded: micros(endTime - startTime),
        firstStart: startTime,
        lastEnd: endTime,
      };
      days.set(key, first);
      last = { key, day: first };
      continue;
    }
    last = { key, day };
    day.files++;
    day.sizeBytes += sizeBytes;
    // Where recordings overlap, the moment was recorded once.
    day.recorded = micros(day.recorded + Math.max(0, endTime - Math.max(startTime, day.lastEnd)));
    day.lastEnd = micros(Math.max(day.lastEnd, endTime));
  }
  return [...days.values()].toSorted((a, b) => (a.day < b.day ? -1 : 1));
}

const dayIn = (path: string): string =>
  path.startsWith('on-demand/') ? path.slice(10, 18) : path.slice(0, 8);
