import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../support/third-parties.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const READY_MADE = `prebuilds/${process.platform}-${process.arch}`;
const DEBIAN = 'apt-get install g++ make python3';

describe('the native part, in a copy in which nothing is built,', () => {
  let folder: string;
  let copy: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinhole-native-'));
    copy = join(folder, 'native-copy');
    for (const name of ['build.js', 'binding.gyp', 'package.json', 'native', 'src'])
      cpSync(join(root, 'packages/native', name), join(copy, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const env = { ...process.env, NODE_OPTIONS: '', PINHOLE_NATIVE: '', CXX: '/nonexistent/c++' };
  /** Fails where the program ends with anything but 0. */
  const build = async (): Promise<string> =>
    (await run(process.execPath, ['build.js'], { cwd: copy, env })).stdout;
  /** What loading it gives, and the shared objects of its folder that the program has then. */
  async function load(): Promise<{ readonly missing?: string; readonly objects: readonly string[] }> {
    const script = `
      import { loadAddon } from ${JSON.stringify(join(copy, 'src/addon.ts'))};
      const { missing, addon } = loadAddon();
      if (addon) addon.closeFanout(addon.openFanout(1, true, 64, -1, 10));
      const { sharedObjects } = process.report.getReport();
      const objects = sharedObjects.filter((path) => path.endsWith('pinhole.node'));
      process.stdout.write(JSON.stringify({ missing, objects }));`;
    const options = ['--conditions=@pinhole/source', '--import', 'tsx', '--input-type=module', '-e', script];
    return JSON.parse((await run(process.execPath, options, { cwd: copy, env })).stdout) as Awaited<
      ReturnType<typeof load>
    >;
  }

  it('names the compiler that is missing when it is installed, and fails nothing', async () => {
    expect(await build()).toContain(`was not built: there is no /nonexistent/c++. On Debian: ${DEBIAN}`);
    expect(existsSync(join(copy, 'build'))).toBe(false);
  });

  it('names it when it is to be used', async () => {
    const { missing, objects } = await load();

    expect(objects).toEqual([]);
    expect(missing).toMatch(/not built.*npm rebuild @pinhole\/native/);
    expect(missing).toContain(DEBIAN);
  });

  needs('g++').it('is taken ready-made where it came so, without a compiler', async () => {
    mkdirSync(join(copy, READY_MADE), { recursive: true });
    const file = join(copy, READY_MADE, 'pinhole.node');
    copyFileSync(join(root, 'packages/native/build/Release/pinhole.node'), file);

    expect(await build()).toContain('came ready-made');
    expect(existsSync(join(copy, 'build'))).toBe(false);
    expect(await load()).toEqual({ objects: [file] });
  });
});
