import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Builds what is published: every package's `dist`, the client's bundle, and the page inside the program's `dist`. */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

const parts = ['packages', 'apps'].flatMap((kind) =>
  readdirSync(join(root, kind)).map((name) => join(kind, name)),
);

run('tsc', '-b', ...parts);
run('npm', 'run', 'build', '--workspace', '@pinhole/client');
run('vite', 'build', 'apps/web', '--logLevel', 'warn');
const page = join(root, 'apps/server/dist/web');
rmSync(page, { recursive: true, force: true });
cpSync(join(root, 'apps/web/dist'), page, { recursive: true });

function run(command: string, ...words: readonly string[]): void {
  const path = `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  const { status } = spawnSync(command, words, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  if (status !== 0) process.exit(status ?? 1);
}
