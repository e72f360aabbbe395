import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import type { RpicamEncoder } from '../flags/libcamera-flags.ts';
import { RpicamError } from '../rpicam-code.ts';
import { type BriefRun, runBriefly } from './run-briefly.ts';

/** Which words a program's command line is made of. */
export type RpicamDialect = 'libcamera' | 'raspivid';

/** A capture program as it was found. */
export interface RpicamProgram {
  readonly path: string;
  /** As people call it: `rpicam-vid`. */
  readonly name: string;
  readonly dialect: RpicamDialect;
  /** It knows this flag, as its own help says. */
  readonly has: (flag: string) => boolean;
}

/** The newest first; where several are installed, the older ones are links or relics. */
const NAMES = ['rpicam-vid', 'libcamera-vid', 'raspivid'] as const;

const HOW_TO_GET =
  'install it: sudo apt install rpicam-apps (Raspberry Pi OS Bookworm and newer), libcamera-apps (Bullseye); raspivid comes with Buster';

/** How programs are looked for. */
export interface FindProgramOptions {
  /** A path, or a name in PATH; all known names unless told. */
  readonly command?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** By the variables it runs with and its version. */
const probed = new WeakMap<NodeJS.ProcessEnv, Map<string, Promise<RpicamProgram>>>();

/**
 * The capture program of this machine, asked once what it can do.
 * @throws {RpicamError} `source/no-program` when there is none, or it does not run.
 */
export function findRpicamProgram(options: FindProgramOptions = {}): Promise<RpicamProgram> {
  const { command, env = process.env } = options;
  const path = (command === undefined ? NAMES : [command])
    .map((name) => pathOf(name, env))
    .find((found) => found !== undefined);
  if (path === undefined) {
    const wanted = command === undefined ? NAMES.join(', ') : `"${command}"`;
    const why = `no ${wanted} in PATH; ${command === undefined ? HOW_TO_GET : 'write the path of a capture program'}`;
    return Promise.reject(new RpicamError('source/no-program', why));
  }
  const version = `${path} ${statSync(path).mtimeMs}`;
  const known = probed.get(env) ?? new Map<string, Promise<RpicamProgram>>();
  probed.set(env, known);
  const probing = known.get(version) ?? probe(path, env);
  known.set(version, probing);
  probing.catch(() => known.delete(version));
  return probing;
}

async function probe(path: string, env: NodeJS.ProcessEnv): Promise<RpicamProgram> {
  const name = basename(path);
  const isRaspivid = name.startsWith('raspivid');
  // raspivid takes -h for the height.
  const run = await runBriefly(path, [isRaspivid ? '-?' : '--help'], { env });
  const help = `${run.stdout}\n${run.stderr}`;
  const flags = new Set([...help.matchAll(/(?:^|[\s,])(--?[A-Za-z][\w-]*)/g)].map(([, flag]) => flag));
  const dialect = isRaspivid || flags.has('-ISO') ? 'raspivid' : 'libcamera';
  const needed = dialect === 'raspivid' ? '-ih' : '--inline';
  if (!flags.has(needed)) throw new RpicamError('source/no-program', unusable(path, run));
  return { path, name, dialect, has: (flag) => flags.has(flag) };
}

function unusable(path: string, { code, stdout, stderr }: BriefRun): string {
  const said = `${stderr}\n${stdout}`.trim().split('\n').at(-1) ?? '';
  const end = code === null ? 'does not run' : `ended with ${code}`;
  return `${path} ${end}${said === '' ? '' : ` (${said.slice(0, 200)})`} when asked for its help; it has to be rpicam-vid, libcamera-vid or raspivid`;
}

function pathOf(name: string, env: NodeJS.ProcessEnv): string | undefined {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false; // not there, or not ours to run: look further
  }
}

const MODEL_PATH = '/proc/device-tree/model';

/** What encodes on this machine: the Pi 5 and its kin have no H.264 circuit. Unknown machines count as older Pis. */
export function usualEncoder(modelPath = MODEL_PATH): RpicamEncoder {
  try {
    const model = readFileSync(modelPath, 'latin1');
    return /Raspberry Pi (?:5|500|Compute Module 5)/.test(model) ? 'software' : 'hardware';
  } catch {
    return 'hardware'; // no Pi, or a container: what the program says when it starts decides
  }
}
