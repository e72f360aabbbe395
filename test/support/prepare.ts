/**
 * Run by npm before the tests: installs the third parties that are missing where it may (root, apt-get), else says in
 * one line each what is missing and how to get it. Never fails: a test that needs a missing one says so itself.
 * `PINHOLE_NO_INSTALL=1` keeps it from installing.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { findThirdParty } from './find-third-party.ts';
import { howToGet, THIRD_PARTIES, type ThirdParty } from './third-party-list.ts';

const APT_GET = '/usr/bin/apt-get';
const APT_TIMEOUT_MS = 600_000;
/** Debian asks this whether it may start a service that it installs; 101 means no. */
const SERVICE_POLICY = '/usr/sbin/policy-rc.d';

const names = Object.keys(THIRD_PARTIES) as ThirdParty[];
const missing = names.filter((name) => findThirdParty(name) === undefined);
const canInstall = mayInstall();
let updated = false;

for (const name of missing) {
  const { packages } = THIRD_PARTIES[name];
  if (!canInstall || packages.length === 0) {
    console.log(howToGet(name));
    continue;
  }
  console.log(`installing ${name} (${packages.join(' ')}) …`);
  const why = install(packages);
  if (why !== undefined) console.log(`could not install ${name}: ${why}`);
  if (findThirdParty(name) === undefined) console.log(howToGet(name));
}

function mayInstall(): boolean {
  if (process.env['PINHOLE_NO_INSTALL'] === '1' || process.getuid?.() !== 0) return false;
  try {
    accessSync(APT_GET, constants.X_OK);
    return true;
  } catch {
    return false; // no Debian: nothing that we could install with
  }
}

/** @returns why it failed, if it did. */
function install(packages: readonly string[]): string | undefined {
  if (!updated) {
    updated = true;
    const why = aptGet(['update']);
    if (why !== undefined) return why;
  }
  return withoutServices(() => aptGet(['install', '-y', '--no-install-recommends', ...packages]));
}

/** Tests start what they need by themselves: a web server on this machine's port 80 is not for us to open. */
function withoutServices<T>(work: () => T): T {
  if (existsSync(SERVICE_POLICY)) return work(); // somebody decided already
  writeFileSync(SERVICE_POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    rmSync(SERVICE_POLICY, { force: true });
  }
}

function aptGet(words: readonly string[]): string | undefined {
  const run = spawnSync(APT_GET, ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...words], {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: APT_TIMEOUT_MS,
  });
  if (run.status === 0) return undefined;
  return run.error?.message ?? run.stderr.trim().split('\n').at(-1) ?? `apt-get ended with ${run.status}`;
}
