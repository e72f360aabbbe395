import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect } from 'vitest';
import { needs, thirdParty } from '../support/third-parties.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PACKAGE = join(ROOT, 'packages/native');
const run = promisify(execFile);

const { describe, it } = needs('g++');

describe('the native part, watched by AddressSanitizer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-sanitized-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function build(): Promise<string> {
    cpSync(join(PACKAGE, 'binding.gyp'), join(folder, 'binding.gyp'));
    cpSync(join(PACKAGE, 'native'), join(folder, 'native'), { recursive: true });
    const prefix = dirname(dirname(process.execPath));
    const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
    const gyp = createRequire(join(PACKAGE, 'build.js')).resolve('node-gyp/bin/node-gyp.js');
    await run(process.execPath, [gyp, 'rebuild', '--jobs', '2', ...headers], {
      cwd: folder,
      // Without optimisation it is built in half the time.
      env: { ...process.env, GYP_DEFINES: 'sanitize=1', CXXFLAGS: '-O0', npm_config_loglevel: 'error' },
      maxBuffer: 2 ** 26,
    });
    return join(folder, 'build/Release/pinhole.node');
  }

  /** Only the workers are watched: what compiles the tests does not run beneath the sanitizer. */
  function configFor(library: string): string {
    const file = join(folder, 'vitest.config.mjs');
    const conditions = ['@pinhole/source', 'module', 'node', 'development|production'];
    const test = {
      include: ['packages/native/src/**/*.test.ts'],
      setupFiles: ['test/support/equal-bytes.ts'],
      pool: 'forks',
      maxWorkers: 1,
      // Beneath the sanitizer all is slow; what is looked for here is not the time.
      testTimeout: 30_000,
      expect: { poll: { timeout: 15_000 } },
    };
    const config = { root: ROOT, resolve: { conditions }, ssr: { resolve: { conditions } }, test };
    const preload = `process.env.LD_PRELOAD = ${JSON.stringify(library)};`;
    writeFileSync(file, `${preload}\nexport default ${JSON.stringify(config)};\n`);
    return file;
  }

  it('passes its own tests without a word of it', { timeout: 120_000 }, async () => {
    const addon = await build();
    const { stdout: library } = await run(thirdParty('g++') ?? 'g++', ['-print-file-name=libasan.so']);
    const env = Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_OPTIONS$|^CI$/.test(name));

    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const { stdout, stderr } = await run(
      process.execPath,
      [vitest, 'run', '--config', configFor(library.trim())],
      {
        cwd: ROOT,
        env: {
          ...Object.fromEntries(env),
          NO_COLOR: '1',
          PINHOLE_NATIVE: addon,
          ASAN_OPTIONS: 'detect_leaks=0',
          UBSAN_OPTIONS: 'halt_on_error=1',
        },
        timeout: 100_000,
        maxBuffer: 2 ** 26,
      },
    ).catch((error: unknown) => error as { readonly stdout: string; readonly stderr: string });

    expect(stdout + stderr).not.toMatch(/AddressSanitizer|runtime error|failed/);
    // An addon that could not be loaded would have them skipped.
    expect(Number(/Tests +(\d+) passed/.exec(stdout)?.[1])).toBeGreaterThan(40);
  });
});
