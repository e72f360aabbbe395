import type { Command } from './command.ts';
import { parseFlags, SHARED_FLAGS } from './parse-flags.ts';
import { helpOrVersion } from './parse-token.ts';

const DEVICES_FLAGS = { ...SHARED_FLAGS, json: { type: 'boolean' } } as const;

/** Reads what follows `devices`. @throws {UsageError} `cli/usage` */
export function parseDevices(words: readonly string[]): Command {
  const { flags, positionals } = parseFlags(words, DEVICES_FLAGS);
  return (
    helpOrVersion(flags) ?? {
      kind: 'devices',
      request: { sources: positionals, format: flags['json'] === true ? 'json' : 'text' },
    }
  );
}
