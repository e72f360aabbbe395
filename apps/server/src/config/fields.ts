import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PinholeError } from '@pinhole/core';
import { z } from 'zod';
import { parseSourceSpec, type SourceSpec } from '../sources/source-spec.ts';
import { parseNetworkRanges } from './network-range.ts';
import { didYouMean } from './suggest.ts';

/** Rights that somebody without a token may be given; `admin` always needs one. */
const ANONYMOUS_RIGHTS = ['view', 'control', 'record', 'download', 'publish'] as const;

/** An object that refuses keys it does not know, and names the one that was probably meant. */
export function strictObject<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'invalid_type') return `must have keys and values: ${Object.keys(shape).join(', ')}`;
      if (issue.code !== 'unrecognized_keys') return undefined;
      const keys = issue['keys'] as readonly string[];
      return keys.map((key) => `unknown key "${key}".${didYouMean(key, Object.keys(shape))}`).join(' ');
    },
  });
}

/** One of a few words; a wrong one is answered with the nearest. */
export function word<const Words extends readonly [string, ...string[]]>(words: Words) {
  return z.enum(words, {
    error: (issue) => `must be one of ${words.join(', ')}.${didYouMean(String(issue.input), words)}`,
  });
}

/** A whole number within limits. */
export const whole = (min: number, max: number) =>
  z
    .number({ error: () => `must be a whole number from ${min} to ${max}` })
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be from ${min} to ${max}`)
    .max(max, `must be from ${min} to ${max}`);

/** A source in its one-line form; see {@link parseSourceSpec}. */
export const sourceField = parsedText(
  (text): SourceSpec => parseSourceSpec(text),
  'a source, e.g. synthetic',
);

/** A network range such as `192.168.0.0/16`, kept as text. */
export const networkRangeField = parsedText((text) => {
  parseNetworkRanges([text]);
  return text;
}, 'a network range, e.g. 192.168.0.0/16');

/** One address of a machine. */
export const addressField = parsedText((text) => {
  if (isIP(text) !== 0) return text;
  throw new PinholeError('config/address', `"${text}" is no address; write e.g. 192.168.1.10`);
}, 'an address, e.g. 192.168.1.10');

/** An origin such as `https://cam.example`, in the form in which browsers send it; `*` stands for all. */
export const originField = parsedText((text) => {
  if (text === '*') return text;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.origin === 'null' || url.pathname !== '/') {
    throw new PinholeError('config/origin', 'must be an origin without a path, e.g. https://cam.example');
  }
  return url.origin;
}, 'an origin, e.g. https://cam.example');

/** A port range such as `50000-50100`. */
export const portRangeField = parsedText((text) => {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2])];
  if (match === null || first < 1 || last > 65_535 || first >= last) {
    throw new PinholeError(
      'config/port-range',
      'must be two ports with a dash, the smaller first, e.g. 50000-50100',
    );
  }
  return { first, last };
}, 'a port range, e.g. 50000-50100');

/** A list, or one value where the list has one. */
export const listOf = <T extends z.ZodType>(entry: T) =>
  z.preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), z.array(entry));

/** Rights as a list or as text with commas. */
export const rightsField = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(',').map((right) => right.trim()) : value),
  z.array(word(ANONYMOUS_RIGHTS), { error: () => `must be a list of ${ANONYMOUS_RIGHTS.join(', ')}` }),
);

/** A camera's id: what stands in addresses and tokens. */
export const CAMERA_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** A path with `~` for the home folder. */
export const pathField = z
  .string({ error: () => 'must be a path' })
  .min(1, 'must be a path')
  .transform((path) => (path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path));

/** Text that `parse` turns into something, or refuses with a `PinholeError`; `what` says what it must be. */
export function parsedText<T>(parse: (text: string) => T, what: string) {
  return z.string({ error: () => `must be ${what}` }).transform((text, context): T => {
    try {
      return parse(text);
    } catch (thrown) {
      if (!(thrown instanceof PinholeError)) throw thrown;
      context.addIssue({ code: 'custom', message: thrown.message });
      return z.NEVER;
    }
  });
}
