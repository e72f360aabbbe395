import { MalformedError } from '@pinhole/core';
import type { LocalTime } from './local-time.ts';

/** Where a recording lies below the root of its camera, and what that tells. */
export interface RecordingPath {
  /** Below which folder the days lie: `on-demand/` in libraries of others, else empty. */
  readonly branch: '' | 'on-demand/';
  /** The device's wall clock when the recording began. */
  readonly local: LocalTime;
  /** 1, or more where a recording of the same second was there before: a clock put back, a restart. */
  readonly copy: number;
  readonly kind: 'mp4' | 'jpg';
}

/** Why a path is none of a recording. Each is counted by this name. */
export type PathFault = 'absolute' | 'traversal' | 'encoded' | 'control' | 'type' | 'layout';

/** A path that does not name a recording. What it was is told in words, cut short and made printable. */
export class RecordingPathError extends MalformedError<'recording/bad-path'> {
  override readonly name = 'RecordingPathError';
  readonly fault: PathFault;

  constructor(fault: PathFault, path: string) {
    super('recording/bad-path', `path ${printable(path)} ${WORDS[fault]}`);
    this.fault = fault;
  }
}

const WORDS: Readonly<Record<PathFault, string>> = {
  absolute: 'is absolute; give it from the folder of the camera on',
  traversal: 'leaves its folder',
  encoded: 'is percent-encoded; decode it first',
  control: 'has characters that no recording has',
  type: 'is neither .mp4 nor .jpg',
  layout: 'is not like 20260131/17/20260131_170000.mp4',
};

const LAYOUT =
  /^(on-demand\/)?(\d{8})\/(\d{2})\/(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})(?:_([1-9]\d{0,3}))?\.(mp4|jpg)$/;
const LONGEST = 64;

/**
 * What the path of a recording tells, relative to the root of its camera:
 * `{YYYYMMDD}/{HH}/{YYYYMMDD_HHMMSS}[_n].mp4`, or `.jpg`; `/` between folders on every system.
 *
 * @throws {RecordingPathError} `recording/bad-path`
 */
export function parseRecordingPath(path: string): RecordingPath {
  const match = path.length <= LONGEST ? LAYOUT.exec(path) : null;
  if (match === null) throw new RecordingPathError(faultOf(path), path);
  const [, branch = '', , , year, month, day, hour, minute, second, copy = '1', kind] = match;
  const local = {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
  };
  if (!exists(local)) throw new RecordingPathError('layout', path);
  return {
    branch: branch === '' ? '' : 'on-demand/',
    local,
    copy: Number(copy),
    kind: kind === 'jpg' ? 'jpg' : 'mp4',
  };
}

/** The path of a recording; the other way round. */
export function formatRecordingPath({ branch, local, copy, kind }: RecordingPath): string {
  const day = `${pad(local.year, 4)}${pad(local.month)}${pad(local.day)}`;
  const hour = pad(local.hour);
  const suffix = copy === 1 ? '' : `_${copy}`;
  return `${branch}${day}/${hour}/${day}_${hour}${pad(local.minute)}${pad(local.second)}${suffix}.${kind}`;
}

/** The picture beside a recording, or the recording beside a picture. */
export const siblingPath = (path: string, kind: 'mp4' | 'jpg'): string => `${path.slice(0, -3)}${kind}`;

/** The folder of one hour in which it lies. */
export const hourFolderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** The name of an hour's folder, below the root of a camera. */
export const HOUR_FOLDER = /^(?:on-demand\/)?\d{8}\/\d{2}$/;

/** A path for a log or a person: short, and nothing in it that a terminal obeys. */
export const printable = (path: string): string => JSON.stringify(path.slice(0, 80));

function faultOf(path: string): PathFault {
  if (/[\p{Cc}\\]/u.test(path)) return 'control';
  if (/^\/|^[a-z]:/i.test(path)) return 'absolute';
  if (path.split('/').some((part) => part === '..' || part === '.' || part === '')) return 'traversal';
  if (path.includes('%')) return 'encoded';
  return /\.(?:mp4|jpg)$/.test(path) ? 'layout' : 'type';
}

function exists({ year, month, day, hour, minute, second }: LocalTime): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  // A second of 60 is a leap second.
  return (
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second <= 60
  );
}

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');
