import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { boxesIn, parseMovie } from '@pinhole/media/fmp4';
import { expect, onTestFinished } from 'vitest';
import { NODE_DISK } from '../../packages/outputs/src/recorder/disk.ts';
import { trimTornFile } from '../../packages/outputs/src/recorder/torn-file.ts';
import {
  filesBelow,
  fragmentsOf,
  frameNumbersOf,
  numbersFrom,
  probe,
  recordingFolder,
} from '../support/recorder-rig.ts';
import { needs } from '../support/third-parties.ts';

const { it } = needs('ffmpeg');

const FRAMES_A_SECOND = 30;
const CRASHES = 10;
const AT_ONCE = 2;

interface Told {
  readonly frame?: number;
  readonly kind?: string;
  readonly error?: string;
}

/** A recording program of its own. */
function openRecording(root: string): {
  kill(signal: NodeJS.Signals): Promise<void>;
  lastFrame(): number;
  told: Told[];
} {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@pinhole/source',
      '--import=tsx',
      join(import.meta.dirname, '../support/recording-child.ts'),
      root,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const told: Told[] = [];
  const lines = createInterface(child.stdout);
  const read = once(lines, 'close');
  lines.on('line', (line) => told.push(JSON.parse(line) as Told));
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await Promise.all([ended, read]);
  };
  onTestFinished(() => kill('SIGKILL'));
  return { kill, told, lastFrame: () => told.findLast(({ frame }) => frame !== undefined)?.frame ?? -1 };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean, patienceMs = 20_000): Promise<void> {
  for (const end = Date.now() + patienceMs; !condition(); await pause(20)) {
    if (Date.now() > end) throw new Error(`in vain: ${String(condition)}`);
  }
}

it('kill -9 at ten random moments loses less than the last second, and every file plays', {
  timeout: 120_000,
}, async () => {
  const folder = await recordingFolder();
  const crash = async (index: number): Promise<void> => {
    const root = join(folder, String(index));
    const recording = openRecording(root);
    await until(() => recording.lastFrame() >= FRAMES_A_SECOND);
    await pause(Math.random() * 2000);
    await recording.kill('SIGKILL');

    const paths = (await filesBelow(root)).map((file) => join(root, file));
    const numbers = paths.flatMap((path) => frameNumbersOf(path));
    for (const path of paths) probe(path);
    expect(numbers).toEqual(numbersFrom(0, numbers.length - 1));
    expect(recording.lastFrame() - (numbers.at(-1) ?? -1)).toBeLessThan(FRAMES_A_SECOND);
    const headers = await Promise.all(paths.map(async (path) => parseMovie(await readFile(path)).duration));
    expect(headers.slice(0, -1)).not.toContain(undefined);
  };

  for (let index = 0; index < CRASHES; index += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => crash(index + i)));
  }
});

it('a program that ends as it should loses nothing and tells the length in its last file', async () => {
  const root = await recordingFolder();
  const recording = openRecording(root);
  await until(() => recording.lastFrame() >= 40);

  await recording.kill('SIGTERM');

  const paths = (await filesBelow(root)).map((file) => join(root, file));
  const numbers = paths.flatMap((path) => frameNumbersOf(path));
  expect(numbers.at(-1)).toBeGreaterThanOrEqual(40);
  expect(numbers).toEqual(numbersFrom(0, numbers.length - 1));
  const last = paths.at(-1) ?? '';
  expect(parseMovie(await readFile(last)).duration).toBeGreaterThan(0);
  expect(await filesBelow(root, '.lock')).toEqual([]);
});

it('a file that a power cut tore anywhere plays with all whole fragments before, once the recorder has begun anew', async () => {
  const folder = await recordingFolder();
  const root = join(folder, 'whole');
  const recording = openRecording(root);
  await until(() => recording.lastFrame() >= 2 * FRAMES_A_SECOND);
  await recording.kill('SIGKILL');
  const [first = ''] = await filesBelow(root);
  const bytes = await readFile(join(root, first));
  const whole = frameNumbersOf(join(root, first));
  const ends = [...boxesIn(bytes)]
    .filter(({ type }) => type === 'mdat')
    .map(({ offset, sizeBytes }) => offset + sizeBytes);
  const pictures = fragmentsOf(bytes).map(({ runs }) => runs[0]?.samples.length ?? 0);
  expect(pictures.length).toBeGreaterThan(1);
  await mkdir(join(folder, 'torn'));

  for (const at of placesToTear(bytes)) {
    const torn = join(folder, 'torn', `${at}.mp4`);
    await writeFile(torn, bytes.subarray(0, at));
    await trimTornFile(torn, { disk: NODE_DISK });

    const left = pictures.filter((_, i) => (ends[i] ?? 0) <= at).reduce((sum, count) => sum + count, 0);
    const numbers = left === 0 ? [] : frameNumbersOf(torn);
    expect(numbers).toEqual(whole.slice(0, left));
  }
});

/** Every 7 % of the second half of a file, and within each of its boxes. */
const placesToTear = (file: Uint8Array): readonly number[] => [
  ...Array.from({ length: 8 }, (_, i) => Math.floor(file.byteLength * (0.5 + 0.07 * i))),
  ...[...boxesIn(file)].slice(2).map(({ offset, sizeBytes }) => offset + Math.floor(0.6 * sizeBytes)),
];

it('two writers on one root: the second is refused and told who writes, and takes over when that one is gone', async () => {
  const root = await recordingFolder();
  const first = openRecording(root);
  await until(() => first.lastFrame() >= 10);
  const second = openRecording(root);
  await until(() => second.told.some(({ kind }) => kind === 'failing'));

  const refusal = second.told.find(({ kind }) => kind === 'failing')?.error;
  const before = await filesBelow(root);
  await first.kill('SIGKILL');
  await until(() => second.told.some(({ kind }) => kind === 'recording'));
  const takenOverAt = second.lastFrame();
  await until(() => second.lastFrame() >= takenOverAt + FRAMES_A_SECOND);
  await second.kill('SIGTERM');

  expect(refusal).toMatch(/^process \d+ on .* records to .* already/);
  const files = await filesBelow(root);
  expect(files.length).toBeGreaterThan(before.length);
  for (const file of files) probe(join(root, file));
});
