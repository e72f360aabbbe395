import { didYouMean } from '../../config/suggest.ts';
import { UsageError } from '../usage-error.ts';
import { findFlag, PICAMERA_FLAGS } from './flag-table.ts';
import type { GivenFlag, GivenFlags } from './picamera-flag.ts';

/** Flags of ours beside those of pi-webrtc, and whether a value follows. */
const OWN_FLAGS = {
  config: 'text',
  'print-config': 'switch',
  data: 'text',
  listen: 'text',
  port: 'text',
  'log-level': 'text',
  help: 'switch',
  version: 'switch',
} as const;
const SHORT: Readonly<Record<string, string>> = { '-h': '--help', '-v': '--version' };

/** One of our own flags. */
export type OwnFlag = keyof typeof OWN_FLAGS;

/** What stands on the command line. */
export interface PicameraWords {
  readonly flags: GivenFlags;
  readonly own: ReadonlyMap<OwnFlag, string>;
}

/**
 * Reads the words behind `pinhole picamera`: `--name=value`, `--name value`, `--switch`. What comes last counts.
 * @throws {UsageError} `cli/usage` naming the word, and the flag that was probably meant
 */
export function readFlags(words: readonly string[]): PicameraWords {
  const flags = new Map<string, GivenFlag>();
  const own = new Map<OwnFlag, string>();
  for (let at = 0; at < words.length; at++) {
    const word = SHORT[words[at] ?? ''] ?? words[at] ?? '';
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === '') throw new UsageError(`"${word}" is no flag of pi-webrtc: flags begin with --. ${SEE}`);
    const follows = inline ?? words[at + 1];
    const ours = Object.hasOwn(OWN_FLAGS, name) ? (name as OwnFlag) : undefined;
    const flag = ours ? undefined : findFlag(name, follows);
    if (!ours && !flag) throw new UsageError(`there is no flag --${name}.${meant(name)} ${SEE}`);
    const isSwitch = ours ? OWN_FLAGS[ours] === 'switch' : flag?.value.kind === 'switch';
    if (isSwitch && inline !== undefined)
      throw new UsageError(`--${name} takes no value; leave out "=${inline}"`);
    if (!isSwitch && follows === undefined) throw new UsageError(`--${name} needs a value: --${name}=…`);
    if (!isSwitch && inline === undefined) at++;
    const text = isSwitch ? 'true' : (follows ?? '');
    if (ours) own.set(ours, text);
    else if (flag) flags.set(flag.name, { text, at: `--${name}` });
  }
  return { flags, own };
}

const SEE = 'See docs/picamera-cli.md';

/** The name that was probably meant. */
export const meant = (name: string): string =>
  didYouMean(
    `--${name.replaceAll('_', '-')}`,
    [...Object.keys(OWN_FLAGS), ...PICAMERA_FLAGS.map((flag) => flag.name)].map((known) => `--${known}`),
  );
