import type { Command } from './command.ts';
import { parseDevices } from './parse-devices.ts';
import { parsePicamera } from './parse-picamera.ts';
import { parseServe } from './parse-serve.ts';
import { parseInstallService, parseUninstallService } from './parse-service.ts';
import { parseToken } from './parse-token.ts';

/**
 * Reads the words after the program's name.
 * @throws {UsageError} `cli/usage` naming the word, and what was probably meant.
 * @throws {ConfigError} `config/unreadable`, `config/invalid` for a file of pi-webrtc
 */
export function parseCommandLine(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Command {
  const [first, ...rest] = words;
  if (first === 'token') return parseToken(rest);
  if (first === 'devices') return parseDevices(rest);
  if (first === 'picamera') return parsePicamera(rest);
  if (first === 'install-service') return parseInstallService(rest);
  if (first === 'uninstall-service') return parseUninstallService(rest);
  return parseServe(first === 'serve' ? rest : words, env);
}
