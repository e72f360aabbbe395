import { parseArgs } from 'node:util';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from './usage-error.ts';

/** How a flag is written. */
export type FlagKind = {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
};

/** Flags of every command. */
export const SHARED_FLAGS: Readonly<Record<string, FlagKind>> = {
  config: { type: 'string' },
  data: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
};

/** The flags that were given, by name. */
export type Flags = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

/**
 * Reads flags and the words between them.
 * @throws {UsageError} `cli/usage` naming the flag, and the one that was probably meant.
 */
export function parseFlags(
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

/** @throws {UsageError} `cli/usage` */
export function refuseStray([stray]: readonly string[]): void {
  if (stray !== undefined) throw new UsageError(`"${stray}" is not understood here. See pinhole --help`);
}

/** A flag's text. */
export const text = (flags: Flags, name: string): string | undefined => {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
};

/** The configuration file that was named. */
export const configFile = (flags: Flags) => {
  const file = text(flags, 'config');
  return file === undefined ? {} : { configFile: file };
};
