import { type Logger, PinholeError } from '@pinhole/core';
import type { Source } from '@pinhole/engine';
import type { TransportOpener } from '@pinhole/webrtc';
import { didYouMean } from '../config/suggest.ts';
import type { RoomLinks } from '../rooms/room-links.ts';

/** What a source gets besides its own settings. */
export interface SourceSurroundings {
  /** The camera's id. */
  readonly camera: string;
  /** Names the camera in every line. */
  readonly log: Logger;
  /** Whether anybody wants its sound. */
  readonly audio: 'off' | 'on';
  /** How WebRTC peers reach this machine. */
  readonly transports: TransportOpener;
  /**
   * How this machine reaches WebRTC peers elsewhere, for a source that goes to them: by all its addresses, also where
   * this program serves the machine itself alone.
   */
  readonly outwardTransports: TransportOpener;
  /** The signaling rooms of this server. */
  readonly rooms: Pick<RoomLinks, 'open'>;
}

/** One kind of source: how it is written in a line of text, and what it then is. */
export interface SourceKind<Spec extends { readonly kind: string }> {
  readonly kind: Spec['kind'];
  /** What may stand before the first colon, in lower case. */
  readonly schemes: readonly string[];
  /** One address for people to learn from. */
  readonly example: string;
  /** @throws {PinholeError} `config/source`, in words; credentials are left out. */
  parse(text: string): Spec;
  /** The source; nothing is opened before its `start`. */
  open(spec: Spec, surroundings: SourceSurroundings): Source;
  /** For people; no credentials. */
  inWords(spec: Spec): string;
}

/** A fault in a source's address, for the configuration to place. */
export const sourceFault = (message: string, cause?: unknown): PinholeError =>
  new PinholeError('config/source', message, { cause });

/**
 * The settings behind the question mark of an address.
 * @throws {PinholeError} `config/source` for a key that is not among `known`, or stands twice.
 */
export function settingsOf(
  kind: string,
  query: string,
  known: readonly string[],
): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    if (!known.includes(key))
      throw sourceFault(
        `"${key}" is no setting of ${kind}.${didYouMean(key, known)} Settings are: ${known.join(', ')}`,
      );
    if (settings.has(key)) throw sourceFault(`${key} of ${kind} is given twice`);
    settings.set(key, value);
  }
  return settings;
}

/** A whole number within limits. @throws {PinholeError} `config/source` */
export function wholeSetting(
  name: string,
  text: string,
  limits: { kind: string; min: number; max: number },
): number {
  if (!/^-?\d+$/.test(text)) throw sourceFault(`${name} "${text}" of ${limits.kind}: must be a whole number`);
  return settingWithin(name, Number(text), limits);
}

/** The same number when it lies within limits. @throws {PinholeError} `config/source` */
export function settingWithin(
  name: string,
  value: number,
  { kind, min, max }: { readonly kind: string; readonly min: number; readonly max: number },
): number {
  if (!(value >= min && value <= max))
    throw sourceFault(`${name} ${value} of ${kind}: must be from ${min} to ${max}`);
  return value;
}

/** A bit rate, `4000000`, `4M` or `800k`, in bits a second. @throws {PinholeError} `config/source` */
export function bitrateSetting(text: string, { kind }: { readonly kind: string }): number {
  const match = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(text);
  if (match === null) throw sourceFault(`bitrate "${text}" of ${kind}: write bits a second, e.g. 4M or 800k`);
  const factor = match[2] === 'M' ? 1_000_000 : match[2] === 'k' ? 1_000 : 1;
  return settingWithin('bitrate', Number(match[1]) * factor, { kind, min: 50_000, max: 100_000_000 });
}

/** One of a few words; undefined where none is given. @throws {PinholeError} `config/source` */
export function wordSetting<Word extends string>(
  name: string,
  text: string | undefined,
  { kind, words }: { readonly kind: string; readonly words: readonly Word[] },
): Word | undefined {
  const found = words.find((word) => word === text);
  if (found !== undefined || text === undefined) return found;
  throw sourceFault(`${name} "${text}" of ${kind}: write one of ${words.join(', ')}`);
}
