import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Where the fake capture programs lie. */
export const FAKE_RPICAM_BIN = join(import.meta.dirname, 'bin');

/** Where the fake Python module picamera2 lies. */
const FAKE_PICAMERA2 = join(import.meta.dirname, 'python');

/** One start of a fake capture program. */
export interface FakeStart {
  readonly name: string;
  readonly pid: number;
  readonly words: readonly string[];
}

/** A machine with a fake Raspberry Pi camera. */
export interface FakeRpicam {
  /** Variables for whatever starts the capture program. */
  readonly env: Readonly<Record<string, string>>;
  starts(): readonly FakeStart[];
  /** What picamera2 was told to change, one entry a call. */
  changes(): readonly Readonly<Record<string, unknown>>[];
  /** Makes it so, until `unset`; `crash` counts once. */
  set(order: 'none' | 'busy' | 'hang' | 'crash'): Promise<void>;
  unset(order: 'none' | 'busy' | 'hang' | 'crash'): Promise<void>;
  /** The process that captures now. */
  pid(): number | undefined;
  remove(): Promise<void>;
}

/** Sets up a fake camera; see `fake-program.ts` for the variables. */
export async function withFakeRpicam(env: Readonly<Record<string, string>> = {}): Promise<FakeRpicam> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-fake-rpicam-'));
  const linesOf = (name: string): readonly unknown[] => {
    const path = join(folder, name);
    if (!existsSync(path)) return [];
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    return lines.map((line) => JSON.parse(line) as unknown);
  };
  const starts = (): readonly FakeStart[] => linesOf('starts.jsonl') as FakeStart[];
  return {
    env: {
      PATH: `${FAKE_RPICAM_BIN}${delimiter}${process.env['PATH'] ?? ''}`,
      FAKE_RPICAM_FOLDER: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      ...env,
    },
    starts,
    changes: () => linesOf('controls.jsonl') as Readonly<Record<string, unknown>>[],
    set: (order) => writeFile(join(folder, order), ''),
    unset: (order) => rm(join(folder, order), { force: true }),
    pid: () => starts().findLast(({ pid }) => isAlive(pid))?.pid,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Sets up a fake camera on a machine that has picamera2 too. */
export const withFakePicamera2 = (env: Readonly<Record<string, string>> = {}): Promise<FakeRpicam> =>
  withFakeRpicam({ PYTHONPATH: FAKE_PICAMERA2, ...env });

/** The process is there and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // gone
  }
}
