import { parseArgs } from 'node:util';
import type { Right } from '@pinhole/engine';
import { parseDuration } from '../auth/duration.ts';
import { RIGHTS } from '../auth/token.ts';
import type { TokenRequest } from '../auth/token-store.ts';
import type { Overrides } from '../config/load-config.ts';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from './usage-error.ts';

/** What a person asked the program to do. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'serve'; readonly configFile?: string; readonly overrides: Overrides }
  | ({ readonly configFile?: string; readonly overrides: Overrides } & (
      | { readonly kind: 'token-create'; readonly request: TokenRequest }
      | { readonly kind: 'token-list' }
      | { readonly kind: 'token-revoke'; readonly id: string }
    ));

type FlagKind = { readonly type: 'string' | 'boolean'; readonly multiple?: boolean; readonly short?: string };

const SHARED_FLAGS: Readonly<Record<string, FlagKind>> = {
  config: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
};

const SERVE_FLAGS: Readonly<Record<string, FlagKind>> = {
  ...SHARED_FLAGS,
  camera: { type: 'string', multiple: true },
  port: { type: 'string' },
  listen: { type: 'string' },
  anonymous: { type: 'string' },
  tls: { type: 'string' },
  'log-level': { type: 'string' },
};

const CREATE_FLAGS: Readonly<Record<string, FlagKind>> = {
  ...SHARED_FLAGS,
  cameras: { type: 'string' },
  rights: { type: 'string' },
  expires: { type: 'string' },
  name: { type: 'string' },
};

/**
 * Reads the words after the program's name.
 * @throws {UsageError} `cli/usage` naming the word, and what was probably meant.
 */
export function parseCommandLine(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Command {
  const [first, second, ...rest] = words;
  if (first === 'token') {
    switch (second) {
      case 'create':
        return parseTokenCreate(rest);
      case 'list':
        return parseTokenList(rest);
      case 'revoke':
        return parseTokenRevoke(rest);
      case '--help':
      case '-h':
        return { kind: 'help' };
      default:
        throw new UsageError(
          `token needs one of create, list, revoke${second === undefined ? '' : `, not "${second}"`}.${didYouMean(second ?? '', ['create', 'list', 'revoke'])}`,
        );
    }
  }
  return parseServe(first === 'serve' ? words.slice(1) : words, env);
}

function parseServe(words: readonly string[], env: Readonly<Record<string, string | undefined>>): Command {
  const { flags, positionals } = parseFlags(words, SERVE_FLAGS);
  const [stray] = positionals;
  if (stray !== undefined) {
    throw new UsageError(
      `there is no command "${stray}".${didYouMean(stray, ['serve', 'token'])} See pinhole --help`,
    );
  }
  const early = helpOrVersion(flags);
  if (early) return early;
  const port = text(flags, 'port') ?? env['PORT'];
  const portName = text(flags, 'port') === undefined ? 'PORT' : '--port';
  const cameras = (flags['camera'] as readonly string[] | undefined)?.map(splitCamera) ?? [];
  const twice = cameras.find(([id], index) => cameras.findIndex(([other]) => other === id) !== index);
  if (twice) throw new UsageError(`--camera ${twice[0]}=… is given twice; ids must differ`);
  const values = {
    ...(cameras.length > 0 && { cameras: Object.fromEntries(cameras) }),
    ...(port !== undefined && port !== '' && { port: wholePort(port, portName) }),
    ...pick(flags, 'listen'),
    ...pick(flags, 'data'),
    ...pick(flags, 'tls'),
    ...pick(flags, 'anonymous'),
    ...(flags['log-level'] !== undefined && { logLevel: flags['log-level'] }),
  } as Overrides['values'];
  const names = {
    port: portName,
    listen: '--listen',
    tls: '--tls',
    anonymous: '--anonymous',
    logLevel: '--log-level',
    data: '--data',
    ...Object.fromEntries(cameras.map(([id]) => [`cameras.${id}`, `--camera ${id}`])),
  };
  const given = Object.fromEntries(
    Object.entries(names).filter(([key]) => key in values || key.startsWith('cameras.')),
  );
  return { kind: 'serve', ...configFile(flags), overrides: { values, names: given } };
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

function parseTokenList(words: readonly string[]): Command {
  const { flags, positionals } = parseFlags(words, SHARED_FLAGS);
  refuseStray(positionals);
  return helpOrVersion(flags) ?? { kind: 'token-list', ...configFile(flags), overrides: dataOverride(flags) };
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

type Flags = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function parseFlags(
  words: readonly string[],
  known: Readonly<Record<string, FlagKind>>,
): { readonly flags: Flags; readonly positionals: readonly string[] } {
  const { tokens } = parseArgs({
    args: [...words],
    options: known,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (flag === undefined) {
      const meant = didYouMean(
        `--${token.name}`,
        Object.keys(known).map((name) => `--${name}`),
      );
      throw new UsageError(`there is no flag ${token.rawName}.${meant} See pinhole --help`);
    }
    if (flag.type === 'boolean' && token.value !== undefined)
      throw new UsageError(`${token.rawName} takes no value`);
  }
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: known, allowPositionals: true });
    return { flags: values, positionals };
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : String(cause), {
      cause,
    });
  }
}

function splitCamera(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at < 1 || at === text.length - 1) {
    throw new UsageError(
      `--camera "${text.includes('@') ? '…' : text}": write ID=SOURCE, e.g. --camera door=rtsp://host/path`,
    );
  }
  return [text.slice(0, at), text.slice(at + 1)];
}

function rightOf(word: string): Right {
  const right = RIGHTS.find((known) => known === word);
  if (right === undefined)
    throw new UsageError(`"${word}" is no right; there are ${RIGHTS.join(', ')}.${didYouMean(word, RIGHTS)}`);
  return right;
}

function wholePort(word: string, name: string): number {
  if (!/^\d{1,5}$/.test(word))
    throw new UsageError(`${name} "${word}": must be a whole number from 0 to 65535`);
  return Number(word);
}

function lifetime(word: string): number {
  try {
    return parseDuration(word);
  } catch (cause) {
    throw new UsageError(`--expires: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function refuseStray([stray]: readonly string[]): void {
  if (stray !== undefined) throw new UsageError(`"${stray}" is not understood here. See pinhole --help`);
}

function helpOrVersion(flags: Flags): Command | undefined {
  if (flags['help'] === true) return { kind: 'help' };
  return flags['version'] === true ? { kind: 'version' } : undefined;
}

const text = (flags: Flags, name: string): string | undefined => {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
};

const pick = (flags: Flags, name: string) => (flags[name] === undefined ? {} : { [name]: flags[name] });

const configFile = (flags: Flags) => {
  const file = text(flags, 'config');
  return file === undefined ? {} : { configFile: file };
};

const dataOverride = (flags: Flags): Overrides => {
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
