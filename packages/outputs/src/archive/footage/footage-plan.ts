import { type Micros, micros, PinholeError } from '@pinhole/core';
import type { RewindGop } from '../../recorder/rewind-buffer.ts';
import { SEAM, type TimeRange } from '../coverage.ts';
import type { RecordedAudio, RecordedFile, RecordedVideo } from '../recorded-file.ts';

/** The last minutes in memory; a recorder's rewind buffer fits. */
export interface RewindMemory {
  readonly extent: { readonly from: Micros | undefined; readonly to: Micros | undefined };
  /** GOPs with pictures of a range, oldest first. */
  gops(range: TimeRange): readonly RewindGop[];
}

/** A stretch without gaps and with one coding, as far as the index tells. */
export interface FootageSpan extends TimeRange {
  readonly video?: RecordedVideo;
  readonly audio?: RecordedAudio;
  /** How many recordings it is made of; 0 of what is in memory alone. */
  readonly files: number;
}

/** A recording that can be played as part of footage. */
export const isPlayable = ({ state, layout }: RecordedFile): boolean =>
  layout === 'fragmented' && (state === 'complete' || state === 'cut' || state === 'recording');

/** @throws {PinholeError} `footage/bad-range` */
export function checkRange({ from, to }: TimeRange): void {
  for (const [name, value] of Object.entries({ from, to })) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new PinholeError('footage/bad-range', `${name} is ${value}, need microseconds since 1970`);
    }
  }
  if (from >= to)
    throw new PinholeError('footage/bad-range', 'the range ends before it begins; exchange from and to');
}

/** What there is of a range, oldest first; what lies between the spans was not recorded. */
export function spansOf(
  files: readonly RecordedFile[],
  { from, to, memory }: TimeRange & { readonly memory: RewindMemory | undefined },
): readonly FootageSpan[] {
  type Open = { -readonly [Name in keyof FootageSpan]: FootageSpan[Name] };
  const spans: Open[] = [];
  for (const { startTime, endTime, video, audio } of files) {
    const begin = micros(Math.max(startTime, from));
    const end = micros(Math.min(endTime, to));
    const last = spans.at(-1);
    // What overlaps is played once: the recording that began first.
    const free = micros(last === undefined ? begin : Math.max(begin, last.to));
    if (end <= free) continue;
    const isSequel =
      last !== undefined && begin - last.to < SEAM && last.video === video && last.audio === audio;
    if (isSequel) {
      last.to = end;
      last.files++;
    } else {
      spans.push({ from: free, to: end, ...(video && { video }), ...(audio && { audio }), files: 1 });
    }
  }
  addMemory(spans, { from, to, memory });
  return spans;
}

/** Memory is asked last: it has what is not on the disk yet, or all where nothing is recorded. */
function addMemory(
  spans: { from: Micros; to: Micros; files: number }[],
  { from, to, memory }: TimeRange & { readonly memory: RewindMemory | undefined },
): void {
  const { from: oldest, to: newest } = memory?.extent ?? {};
  if (oldest === undefined || newest === undefined) return;
  const last = spans.at(-1);
  const begin = micros(Math.max(oldest, from, last?.to ?? 0));
  const end = micros(Math.min(newest, to));
  if (end <= begin) return;
  if (last !== undefined && begin - last.to < SEAM) last.to = end;
  else spans.push({ from: begin, to: end, files: 0 });
}
