import { type Micros, micros } from '@pinhole/core';
import type { StreamParameters, StreamUnit } from '@pinhole/engine';

/** Why a new file begins. */
export type CutReason =
  /** Nothing was being written. */
  | 'first'
  /** The wall clock passed a multiple of the segment length. */
  | 'boundary'
  /** The pictures are coded otherwise: another size, another profile. */
  | 'parameters'
  /** Sound came, or is coded otherwise. */
  | 'sound'
  /** Pictures are missing for longer than a player should be kept waiting. */
  | 'gap'
  /** Capture times jumped against the source's own time line: the clock was set, or the source began anew. */
  | 'clock'
  /** The file came near 4 GiB, which is all that a FAT32 card takes. */
  | 'size';

/** What is known of the file that is being written. */
export interface OpenSegment {
  /** Its first unit. */
  readonly first: StreamUnit;
  /** The unit before the one that is looked at. */
  readonly last: StreamUnit;
  readonly parameters: StreamParameters;
  readonly bytes: number;
  /** Sound came that the file has no track for. */
  readonly soundChanged: boolean;
  /** The usual time from picture to picture. */
  readonly interval: Micros;
}

/**
 * A longer pause ends the file, so that it shows as what it is: nothing recorded. Where no key unit comes after it, and so
 * no file can begin, it is a hole in the time line of the file.
 */
const GAP_LIMIT = micros(2_000_000);

/** Of a slow camera so many intervals are no gap. */
const GAP_INTERVALS = 3;

/** Capture times and decode times of one file may drift so far apart. */
const CLOCK_LIMIT = micros(1_000_000);

const LARGEST_FILE_BYTES = 4_000_000_000;

/** The next multiple of `length` on the wall clock after `captureTime`. */
export const boundaryAfter = (captureTime: Micros, length: Micros): Micros =>
  micros((Math.floor(captureTime / length) + 1) * length);

/** Whether `elapsed` between two pictures is a gap in the recording rather than a slow camera. */
export const isGap = (elapsed: Micros, interval: Micros): boolean =>
  elapsed > Math.max(GAP_LIMIT, GAP_INTERVALS * interval);

/**
 * Whether a new file begins with `unit`, and why. Only a key unit begins one.
 *
 * Boundaries are multiples of the segment length on the UTC clock, whatever the file began with: a file that began late
 * ends on time, so that nothing drifts.
 */
export function cutBefore(
  unit: StreamUnit,
  open: OpenSegment | undefined,
  length: Micros,
): CutReason | undefined {
  if (!unit.key) return undefined;
  if (open === undefined) return 'first';
  if (unit.parameters !== open.parameters) return 'parameters';
  if (open.soundChanged) return 'sound';
  if (isGap(elapsedBetween(open.last, unit, open.interval), open.interval)) return 'gap';
  if (Math.abs(clockOffset(unit) - clockOffset(open.first)) > CLOCK_LIMIT) return 'clock';
  if (open.bytes > LARGEST_FILE_BYTES) return 'size';
  return unit.captureTime >= boundaryAfter(open.first.captureTime, length) ? 'boundary' : undefined;
}

const clockOffset = ({ captureTime, dts }: StreamUnit): number => captureTime - dts;

/**
 * The time from one unit's decoding to the next one's. The source's own time line tells, unless it broke: then the
 * capture times do, and where those make no sense either, the usual interval. So a file's time line never steps back and
 * never leaps.
 */
export function elapsedBetween(last: StreamUnit, unit: StreamUnit, interval: Micros): Micros {
  const decoded = unit.dts - last.dts;
  const captured = unit.captureTime - last.captureTime;
  if (decoded >= 0 && (decoded <= GAP_LIMIT || captured >= decoded - CLOCK_LIMIT)) return atMost(decoded);
  return captured > 0 ? atMost(captured) : interval;
}

/** No pause within a file is taken to be longer: what a field of a fragment can tell is bounded, what a clock says is not. */
const LONGEST_PAUSE = 3_600_000_000;

const atMost = (elapsed: number): Micros => micros(Math.min(elapsed, LONGEST_PAUSE));
