/** Run before tests that start the program: what they start is compiled from the source as it is now. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export function setup(): void {
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  execFileSync(tsc, ['-b', join(ROOT, 'apps/server')], { stdio: 'inherit' });
  // A page that was built to be published may be older than the one in its workspace.
  rmSync(join(ROOT, 'apps/server/dist/web'), { recursive: true, force: true });
}
