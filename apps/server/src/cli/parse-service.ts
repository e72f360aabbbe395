import type { Command } from './command.ts';
import { configFile, parseFlags, refuseStray, SHARED_FLAGS, text } from './parse-flags.ts';
import { dataOverride, helpOrVersion } from './parse-token.ts';
import { UsageError } from './usage-error.ts';

const UNINSTALL_FLAGS = { ...SHARED_FLAGS, user: { type: 'boolean' }, root: { type: 'string' } } as const;
const INSTALL_FLAGS = { ...UNINSTALL_FLAGS, 'run-as': { type: 'string' } } as const;

/** Reads what follows `install-service`. @throws {UsageError} `cli/usage` */
export function parseInstallService(words: readonly string[]): Command {
  const { flags, positionals } = parseFlags(words, INSTALL_FLAGS);
  const early = helpOrVersion(flags);
  if (early) return early;
  refuseStray(positionals);
  const runAs = text(flags, 'run-as');
  const root = text(flags, 'root');
  if (runAs !== undefined && flags['user'] === true)
    throw new UsageError('--run-as and --user exclude each other: a service of your own runs as you');
  if (runAs !== undefined && !/^[a-z_][a-z0-9_-]{0,31}$/i.test(runAs))
    throw new UsageError(`--run-as "${runAs}" is no user name`);
  const request = {
    scope: flags['user'] === true ? ('user' as const) : ('system' as const),
    ...(runAs !== undefined && { runAs }),
    ...(root !== undefined && { root }),
  };
  return { kind: 'install-service', request, ...configFile(flags), overrides: dataOverride(flags) };
}

/** Reads what follows `uninstall-service`. @throws {UsageError} `cli/usage` */
export function parseUninstallService(words: readonly string[]): Command {
  const { flags, positionals } = parseFlags(words, UNINSTALL_FLAGS);
  const early = helpOrVersion(flags);
  if (early) return early;
  refuseStray(positionals);
  const root = text(flags, 'root');
  return {
    kind: 'uninstall-service',
    scope: flags['user'] === true ? 'user' : 'system',
    ...(root !== undefined && { root }),
  };
}
