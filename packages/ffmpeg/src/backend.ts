import { accessSync, constants } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { FfmpegError } from './failure.ts';

/** How FFmpeg is reached. */
export type FfmpegBackend =
  /** As a library, in a child process of ours. */
  | { readonly kind: 'node-av' }
  /** As a program. */
  | { readonly kind: 'command'; readonly path: string };

/** Which FFmpeg to use. */
export interface FfmpegOptions {
  /** `auto` (default): node-av where it loads, else the command. */
  readonly backend?: 'auto' | 'node-av' | 'command';
  /** The command, by absolute path or by name in PATH. Default `ffmpeg`. */
  readonly command?: string;
}

const HOW_TO_GET =
  'install the optional dependency (npm install node-av; there is a build for 64-bit Linux, macOS and Windows) or the ffmpeg program, version 5 or newer (Debian: apt-get install ffmpeg)';

// Whether node-av loads does not change while the program runs; the worker finds it out.
let notLoaded: string | undefined;

/** Keeps in mind that node-av does not load here, so that it is not tried again. */
export function markNotLoaded(why: string): void {
  notLoaded = why;
}

/**
 * Chooses FFmpeg.
 * @throws {FfmpegError} `ffmpeg/missing` with how to get one
 */
export function chooseBackend(options: FfmpegOptions = {}): FfmpegBackend {
  const wanted = options.backend ?? 'auto';
  if (wanted !== 'command' && notLoaded === undefined && isNodeAvInstalled()) return { kind: 'node-av' };
  if (wanted === 'node-av') {
    throw new FfmpegError('ffmpeg/missing', `node-av ${notLoaded ?? 'is not installed'}: ${HOW_TO_GET}`);
  }
  const path = findProgram(options.command ?? 'ffmpeg');
  if (path !== undefined) return { kind: 'command', path };
  const reason = wanted === 'command' ? '' : `node-av ${notLoaded ?? 'is not installed'}, and `;
  throw new FfmpegError(
    'ffmpeg/missing',
    `${reason}there is no program "${options.command ?? 'ffmpeg'}": ${HOW_TO_GET}`,
  );
}

function isNodeAvInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('node-av/lib');
    return true;
  } catch {
    return false; // an optional dependency
  }
}

function findProgram(command: string): string | undefined {
  if (command.includes('/')) return isExecutable(command) ? command : undefined;
  const names = process.platform === 'win32' ? [`${command}.exe`] : [command];
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not here
  }
}
