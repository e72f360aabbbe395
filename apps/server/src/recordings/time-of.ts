import { type Micros, micros } from '@pinhole/core';
import { HttpProblem } from '../http/problem.ts';

/**
 * A point in time out of an address: ISO 8601 with its zone, or milliseconds since 1970.
 * @throws {HttpProblem} `recording/bad-time`
 */
export function timeOf(name: string, text: string): Micros {
  const ms = /^\d{1,15}(?:\.\d{1,3})?$/.test(text) ? Number(text) : isoMs(text);
  if (Number.isFinite(ms) && ms >= 0) return micros(Math.round(ms * 1000));
  throw new HttpProblem(
    400,
    'recording/bad-time',
    `${name} "${text.slice(0, 40)}": write a time with its zone, e.g. 2026-01-31T12:00:00Z, or milliseconds since 1970`,
  );
}

/** A time without zone would mean another one on each machine. */
const isoMs = (text: string): number =>
  /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
