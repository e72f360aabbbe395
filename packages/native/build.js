/**
 * Builds the addon where a compiler is there, and says in one line what came of it. Never fails an installation: without
 * the addon everything works, in TypeScript.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const addon = join(folder, 'build/Release/pinhole.node');
const prebuilt = join(folder, `prebuilds/${process.platform}-${process.arch}/pinhole.node`);

if (process.platform === 'win32') say('not for Windows');
else if (existsSync(prebuilt)) say('came ready-made');
else if (isFresh()) say('is up to date');
else build();

function isFresh() {
  if (!existsSync(addon)) return false;
  const sources = readdirSync(join(folder, 'native')).map((name) => join(folder, 'native', name));
  const builtAt = statSync(addon).mtimeMs;
  return [join(folder, 'binding.gyp'), ...sources].every((file) => statSync(file).mtimeMs <= builtAt);
}

function build() {
  const compiler = process.env['CXX'] ?? (process.platform === 'darwin' ? 'clang++' : 'g++');
  for (const tool of [compiler, 'make', 'python3']) {
    if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).status !== 0) {
      say(`was not built: there is no ${tool}. On Debian: apt-get install g++ make python3`);
      return;
    }
  }
  // Node's own headers where they lie beside it; else node-gyp gets them.
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
  const gyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
  const { status, stderr } = spawnSync(process.execPath, [gyp, 'rebuild', ...headers], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, npm_config_loglevel: 'error' },
  });
  say(status === 0 ? 'is built' : `was not built:\n${stderr.trim().split('\n').slice(-15).join('\n')}`);
}

/** @param {string} what */
function say(what) {
  process.stdout.write(`pinhole's native part ${what}\n`);
}
