import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { THIRD_PARTIES, type ThirdParty, type ThirdPartyDescription } from './third-party-list.ts';

/** Looks for a third party now. @returns the path of its program or module, or undefined where it is not installed. */
export function findThirdParty(name: ThirdParty): string | undefined {
  const party: ThirdPartyDescription = THIRD_PARTIES[name];
  if (party.module !== undefined) return findModule(party.module);
  const path = party.programs.map(findProgram).find((candidate) => candidate !== undefined);
  if (path === undefined || party.proof === undefined) return path;
  return spawnSync(path, party.proof, { stdio: 'ignore', timeout: 20_000 }).status === 0 ? path : undefined;
}

function findModule(module: string): string | undefined {
  try {
    return createRequire(new URL('../../packages/ffmpeg/package.json', import.meta.url)).resolve(module);
  } catch {
    return undefined; // not installed: that is the answer
  }
}

function findProgram(program: string): string | undefined {
  const folders = program.startsWith('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not here
  }
}
