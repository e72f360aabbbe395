import type { Right } from '@pinhole/engine';
import { parseDuration } from '../auth/duration.ts';
import { RIGHTS } from '../auth/token.ts';
import type { TokenRequest } from '../auth/token-store.ts';
import type { Overrides } from '../config/load-config.ts';
import { didYouMean } from '../config/suggest.ts';
import type { Command } from './command.ts';
import { configFile, type Flags, parseFlags, refuseStray, SHARED_FLAGS, text } from './parse-flags.ts';
import { UsageError } from './usage-error.ts';

const CREATE_FLAGS = {
  ...SHARED_FLAGS,
  cameras: { type: 'string' },
  rights: { type: 'string' },
  expires: { type: 'string' },
  name: { type: 'string' },
} as const;

const VERBS = ['create', 'link', 'list', 'revoke'];

/** Reads what follows `token`. @throws {UsageError} `cli/usage` */
export function parseToken(words: readonly string[]): Command {
  const [verb, ...rest] = words;
  if (verb === 'create') return parseTokenCreate(rest);
  if (verb === 'list') return parseTokenList(rest, 'token-list');
  if (verb === 'link') return parseTokenList(rest, 'token-link');
  if (verb === 'revoke') return parseTokenRevoke(rest);
  if (verb === '--help' || verb === '-h') return { kind: 'help' };
  const given = verb === undefined ? '' : `, not "${verb}"`;
  throw new UsageError(
    `token needs one of create, link, list, revoke${given}.${didYouMean(verb ?? '', VERBS)}`,
  );
}

function parseTokenCreate(words: readonly string[]): Command {
  const { flags, positionals } = parseFlags(words, CREATE_FLAGS);
  const early = helpOrVersion(flags);
  if (early) return early;
  refuseStray(positionals);
  const cameras = list(text(flags, 'cameras') ?? '*');
  const rights = list(text(flags, 'rights') ?? 'view').map(rightOf);
  const expires = text(flags, 'expires');
  const request: TokenRequest = {
    name: text(flags, 'name') ?? 'unnamed',
    cameras: cameras.includes('*') ? '*' : cameras,
    rights,
    ...(expires !== undefined && { lifetimeMs: lifetime(expires) }),
  };
  return { kind: 'token-create', request, ...configFile(flags), overrides: dataOverride(flags) };
}

function parseTokenList(words: readonly string[], kind: 'token-list' | 'token-link'): Command {
  const { flags, positionals } = parseFlags(words, SHARED_FLAGS);
  refuseStray(positionals);
  return helpOrVersion(flags) ?? { kind, ...configFile(flags), overrides: dataOverride(flags) };
}

function parseTokenRevoke(words: readonly string[]): Command {
  const { flags, positionals } = parseFlags(words, SHARED_FLAGS);
  const early = helpOrVersion(flags);
  if (early) return early;
  const [id, ...more] = positionals;
  refuseStray(more);
  if (id === undefined)
    throw new UsageError('token revoke needs the id of a token; pinhole token list shows them');
  return { kind: 'token-revoke', id, ...configFile(flags), overrides: dataOverride(flags) };
}

function rightOf(word: string): Right {
  const right = RIGHTS.find((known) => known === word);
  if (right === undefined)
    throw new UsageError(`"${word}" is no right; there are ${RIGHTS.join(', ')}.${didYouMean(word, RIGHTS)}`);
  return right;
}

function lifetime(word: string): number {
  try {
    return parseDuration(word);
  } catch (cause) {
    throw new UsageError(`--expires: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** The command that `--help` and `--version` are, whatever else was said. */
export function helpOrVersion(flags: Flags): Command | undefined {
  if (flags['help'] === true) return { kind: 'help' };
  return flags['version'] === true ? { kind: 'version' } : undefined;
}

/** The folder that `--data` names, as an override of the configuration. */
export const dataOverride = (flags: Flags): Overrides => {
  const folder = text(flags, 'data');
  return folder === undefined
    ? { values: {}, names: {} }
    : { values: { data: folder }, names: { data: '--data' } };
};

const list = (words: string): readonly string[] =>
  words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
