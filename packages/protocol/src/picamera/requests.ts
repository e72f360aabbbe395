import type { VideoMode } from './codes.ts';

/** The longest request, and the longest message of a data channel that browsers take. */
export const MAX_REQUEST_BYTES = 262_144;
/** The longest path of a recording, in UTF-16 units. */
export const MAX_PATH_CHARS = 4096;
/** The quality of a snapshot when nobody asks for another one. */
export const DEFAULT_SNAPSHOT_QUALITY = 30;

/** Which recordings a viewer asks for. */
export type FileQuery =
  /** The newest one that is finished. */
  | { readonly by: 'latest'; readonly mode: VideoMode }
  /** Up to eight older than this one, newest first. */
  | { readonly by: 'before-file'; readonly path: string; readonly mode: VideoMode }
  /** The last one that was finished before this time; `time` is as {@link serializeQueryTime} writes it. */
  | { readonly by: 'before-time'; readonly time: string; readonly mode: VideoMode };

/** What a viewer asks of a device, whatever its generation. */
export type CameraRequest =
  /** The viewer is leaving. */
  | { readonly kind: 'disconnect' }
  /** Sets a camera property; `value` is a 32-bit signed integer. */
  | { readonly kind: 'control'; readonly key: number; readonly value: number }
  /** A JPEG picture of what is live, at quality 0 to 100. */
  | { readonly kind: 'snapshot'; readonly quality: number }
  | { readonly kind: 'query'; readonly query: FileQuery }
  | { readonly kind: 'download'; readonly path: string }
  /** On demand; generations B and C. */
  | { readonly kind: 'record'; readonly action: 'start' | 'stop' }
  /** Following what moves; some devices of generations B and C. */
  | { readonly kind: 'track'; readonly action: 'start' | 'stop' }
  /** For the programs beside the camera; on a channel of its own. */
  | { readonly kind: 'custom'; readonly payload: Uint8Array };

/** A quality as devices read it: a whole number from 0 to 100, and what is none is 100. */
export const clampQuality = (quality: number): number =>
  Number.isFinite(quality) ? Math.min(100, Math.max(0, Math.trunc(quality))) : 100;

/** A time in a query: `YYYYMMDD_HHMMSS` of the local wall clock, which the device reads by its own. */
export function serializeQueryTime(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${String(time.getFullYear()).padStart(4, '0')}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${date}_${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}

/**
 * Reads a time in a query by the local wall clock. What follows the seconds is passed over.
 * @returns undefined where it is none, or a day or an hour that does not exist
 */
export function parseQueryTime(text: string): Date | undefined {
  const parts = /^(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})/.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return undefined;
  const time = new Date(year, month - 1, day, hour, minute, second);
  return day >= 1 && time.getMonth() === month - 1 ? time : undefined;
}
