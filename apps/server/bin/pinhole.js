#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const source = new URL('../src/main.ts', import.meta.url);

// A published package has no source; a clone of the project may have no build, or an old one.
if (existsSync(source)) runFromSource();
else await import('../dist/main.js');

function runFromSource() {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@pinhole/source',
      '--import',
      import.meta.resolve('tsx'),
      fileURLToPath(source),
      ...process.argv.slice(2),
    ],
    { stdio: 'inherit' },
  );
  // Ctrl+C reaches both of us; what is sent to us alone has to be passed on, and the child decides when to end.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGKILL' ? 137 : 1);
  });
}
