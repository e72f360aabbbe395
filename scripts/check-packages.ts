import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/**
 * What is published works for those who install it: the client passes publint, attw and its size budget; the program,
 * installed from tarballs into an empty folder, starts and serves its page.
 */
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const shelf = mkdtempSync(join(tmpdir(), 'pinhole-packages-'));

try {
  run('npm', ['run', '--silent', 'build']);
  run('npm', ['run', '--silent', 'check:size', '--workspace', '@pinhole/client']);
  await checkClient(join(root, 'packages/client/dist'));
  await checkProgram();
} finally {
  rmSync(shelf, { recursive: true, force: true });
}

async function checkClient(folder: string): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true });
  const tarball = pack(folder);
  const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
  // An ESM-only package: what CommonJS and the resolution of Node 10 make of it is nobody's loss.
  const problems = analysis.types
    ? analysis.problems.filter(
        (problem) =>
          !('resolutionKind' in problem) || !['node10', 'node16-cjs'].includes(problem.resolutionKind),
      )
    : [];
  const faults = [
    ...messages.map((message) => `publint: ${formatMessage(message, pkg)}`),
    ...problems.map((problem) => `attw: ${JSON.stringify(problem)}`),
    ...(analysis.types ? [] : ['attw: no types']),
  ];
  if (faults.length > 0) throw new Error(faults.join('\n'));
  console.log('@pinhole/client: publint and attw find nothing');
}

async function checkProgram(): Promise<void> {
  const packages = readdirSync(join(root, 'packages')).filter((name) => name !== 'client');
  const tarballs = [...packages.map((name) => join(root, 'packages', name)), join(root, 'apps/server')].map(
    pack,
  );
  const home = mkdtempSync(join(shelf, 'home-'));
  writeFileSync(join(home, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--omit=optional', '--no-audit', '--no-fund', '--silent', ...tarballs], home);
  const program = spawn(
    join(home, 'node_modules/.bin/pinhole'),
    ['--port', '0', '--data', join(home, 'data')],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    const link = await linkOf(program.stdout);
    const page = await (await fetch(link)).text();
    if (!page.includes('<div id="app">')) throw new Error(`${new URL(link).origin} serves no page:\n${page}`);
  } finally {
    program.kill('SIGTERM');
  }
  console.log('pinhole: installed from its tarballs, starts and serves its page');
}

function pack(folder: string): string {
  const { stdout } = run('npm', ['pack', '--silent', '--pack-destination', shelf], folder);
  return join(shelf, stdout.trim().split('\n').at(-1) ?? '');
}

async function linkOf(output: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of output) {
    text += String(chunk);
    const link = /^(https?:\/\/\S+)#token=/m.exec(text)?.[1];
    if (link !== undefined) return link;
  }
  throw new Error(`the installed program printed no link:\n${text}`);
}

function run(command: string, words: readonly string[], folder = root): { readonly stdout: string } {
  const result = spawnSync(command, words, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (result.status === 0) return result;
  throw new Error(
    `${command} ${words.join(' ')} ended with ${result.status}\n${result.stdout}\n${result.stderr}`,
  );
}
