import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { pause, rssMbOf } from './support/machine.ts';
import { openPinhole } from './support/open-page.ts';
import { median } from './support/statistics.ts';

const ROOT = join(import.meta.dirname, '..');

const CAMERAS = 8;
const SETTLE_MS = 5000;
const SAMPLES = 5;
const SAMPLE_EVERY_MS = 400;

/** What the program takes of memory. */
export const bench: Bench = {
  title: 'Memory',
  about: `Resident memory of the program. Idle: one camera that nobody watches, once built and once run from its sources, as \`npm start\` does and as the rest was measured. A camera: the difference that ${CAMERAS} running 720p30 cameras make, for each. What a viewer takes stands above.`,
  needs: ['linux'],
  run: async (context) => {
    const source = 'synthetic:1280x720@30';
    const running = Array.from({ length: CAMERAS }, (_, i) => [`camera-${i}`, { source, always: true }]);
    const built = openBuilt(context);
    const idle = await openPinhole(context, { test: source });
    const busy = await openPinhole(context, Object.fromEntries(running));
    await pause(SETTLE_MS);
    const idleMb = await settledRssMb(idle.pid);
    const busyMb = await settledRssMb(busy.pid);
    return [
      memoryOf('idle, built', await settledRssMb(built)),
      memoryOf('idle, from sources', idleMb),
      memoryOf('a camera, synthetic 720p30', (busyMb - idleMb) / CAMERAS),
    ];
  },
};

/** The program as `npm run build` makes it. @returns its process id. */
function openBuilt(context: BenchContext): number {
  const bin = join(ROOT, 'node_modules/.bin/tsc');
  execFileSync(bin, ['-b'], { cwd: ROOT, stdio: 'inherit' });
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-bench-'));
  context.defer(() => rmSync(folder, { recursive: true, force: true }));
  const main = join(ROOT, 'apps/server/dist/main.js');
  const child = spawn(process.execPath, [main, '--port', '0', '--data', folder], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  context.defer(() => {
    child.kill();
    return ended;
  });
  if (child.pid === undefined) throw new Error('the built program did not start');
  return child.pid;
}

const memoryOf = (name: string, value: number): Figure => ({ name, measure: 'memory', value, unit: 'MB' });

async function settledRssMb(pid: number): Promise<number> {
  const samples: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    samples.push(rssMbOf(pid));
    await pause(SAMPLE_EVERY_MS);
  }
  return median(samples);
}
