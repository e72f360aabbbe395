import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, getPriority, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { findThirdParty } from '../../test/support/find-third-party.ts';
import { machineBusy } from './machine.ts';

const ROOT = join(import.meta.dirname, '../..');
const LOOK_MS = 2000;

/** On what figures were measured. */
export interface Environment {
  /** Short; empty outside a repository. */
  readonly commit: string;
  /** Files that differ from the commit. */
  readonly changedFiles: number;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
  readonly werift: string;
  readonly ws: string;
  readonly nodeDatachannel: string;
  /** Undefined where it is not installed. */
  readonly chromium?: string;
  readonly ffmpeg?: string;
  readonly janus?: string;
  readonly ustreamer?: string;
  /** How busy other programs kept all cores together right before, 0…1. */
  readonly busyBefore: number;
  readonly loadAverage: number;
  /** As `nice` counts: below 0 the bench goes before other programs. */
  readonly niceness: number;
}

/** Looks at the machine, for two seconds. */
export async function readEnvironment(): Promise<Environment> {
  const [cpu] = cpus();
  const chromium = versionOf('chromium', '--version', /[\d.]{5,}/);
  const ffmpeg = versionOf('ffmpeg', '-version', /version (\S+)/);
  const janus = versionOf('janus', '--version', /\((\d[\d.]+)\)/);
  const ustreamer = versionOf('ustreamer', '--version', /\d[\d.]+/);
  return {
    commit: git('rev-parse', '--short', 'HEAD'),
    changedFiles: git('status', '--porcelain', '-uno')
      .split('\n')
      .filter((line) => line !== '').length,
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    werift: installed('werift'),
    ws: installed('ws'),
    nodeDatachannel: installed('node-datachannel'),
    ...(chromium !== undefined && { chromium }),
    ...(ffmpeg !== undefined && { ffmpeg }),
    ...(janus !== undefined && { janus }),
    ...(ustreamer !== undefined && { ustreamer }),
    busyBefore: process.platform === 'linux' ? await machineBusy(LOOK_MS) : 0,
    loadAverage: loadavg()[0] ?? 0,
    niceness: getPriority(),
  };
}

/** A word of git, or nothing outside a repository. */
function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', args, {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return ''; // not a repository, or no git: figures have no commit then
  }
}

function versionOf(
  party: 'chromium' | 'ffmpeg' | 'janus' | 'ustreamer',
  flag: string,
  pattern: RegExp,
): string | undefined {
  const program = findThirdParty(party);
  if (program === undefined) return undefined;
  // Janus says its version first, and then that it has no such option.
  const text = spawnSync(program, [flag], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).stdout;
  const match = pattern.exec(text);
  return match?.[1] ?? match?.[0] ?? 'unknown';
}

function installed(library: string): string {
  const manifest = readFileSync(join(ROOT, 'node_modules', library, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { readonly version: string }).version;
}
