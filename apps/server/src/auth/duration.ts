import { PinholeError } from '@pinhole/core';

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Milliseconds of `30s`, `15m`, `1h`, `7d`, `2w`.
 * @throws {PinholeError} `auth/duration`
 */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6})([smhdw])$/.exec(text);
  const ms = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN);
  if (!(ms > 0))
    throw new PinholeError('auth/duration', `"${text}" is no duration; write e.g. 30s, 15m, 1h, 7d or 2w`);
  return ms;
}
