import { PinholeError } from '@pinhole/core';
import { ConfigError } from '../config/config-error.ts';
import { configFileToRead } from '../config/config-file.ts';
import { loadConfig } from '../config/load-config.ts';
import { VERSION } from '../version.ts';
import type { Command } from './command.ts';
import { parseCommandLine } from './parse-command-line.ts';
import { installFor, removeFor } from './service-commands.ts';
import { createToken, listTokens, printLink, revokeToken } from './token-commands.ts';
import { HELP } from './usage.ts';
import { UsageError } from './usage-error.ts';

/** What the program reads and where it writes. */
export interface Terminal {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
}

/**
 * Does what the command line says.
 * @returns the exit code, or undefined while a server runs: 2 when the command line or the configuration is wrong, 1 when
 *   something else is.
 */
export async function run(terminal: Terminal): Promise<number | undefined> {
  try {
    return await perform(parseCommandLine(terminal.words, terminal.env), terminal);
  } catch (thrown) {
    if (!(thrown instanceof PinholeError)) throw thrown;
    terminal.complain(`pinhole: ${thrown.message}\n`);
    return thrown instanceof UsageError || thrown instanceof ConfigError ? 2 : 1;
  }
}

async function perform(command: Command, { print, complain }: Terminal): Promise<number | undefined> {
  if (command.kind === 'help') print(HELP);
  else if (command.kind === 'version') print(`${VERSION}\n`);
  else if (command.kind === 'print') print(command.text);
  else if (command.kind === 'serve-picamera') {
    for (const note of command.notes) complain(`pinhole: ${note}\n`);
    const config = loadConfig(undefined, command.overrides);
    const { serve } = await import('./serve.ts');
    await serve(config);
    return undefined;
  } else if (command.kind === 'devices') {
    // Loaded only here, as with serve below: it brings in every kind of source.
    const { printDevices } = await import('./devices.ts');
    return await printDevices(command.request, print);
  } else if (command.kind === 'uninstall-service') await removeFor(command, print);
  else {
    const file = configFileToRead(command.configFile, process.cwd());
    const config = loadConfig(file, command.overrides);
    switch (command.kind) {
      case 'serve': {
        // Loaded only here: the other commands would wait a second for WebRTC, which they do not use.
        const { serve } = await import('./serve.ts');
        await serve(config, file);
        return undefined;
      }
      case 'token-create':
        await createToken(config.data, command.request, print);
        break;
      case 'token-list':
        await listTokens(config.data, print);
        break;
      case 'token-link':
        await printLink(config, print);
        break;
      case 'install-service':
        await installFor(command.request, { config, ...(file !== undefined && { file }) }, print);
        break;
      case 'token-revoke':
        await revokeToken(config.data, command.id, print);
        break;
    }
  }
  return 0;
}
