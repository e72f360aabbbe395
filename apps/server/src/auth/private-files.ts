import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chmod, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, PinholeError } from '@pinhole/core';

const LOCK_TRIES = 100;
const LOCK_WAIT_MS = 30;
const LOCK_STALE_MS = 10_000;

/**
 * Makes sure that a folder exists where others cannot plant files. One that we make is ours alone (mode 0700); one that
 * was there keeps its mode.
 * @throws {PinholeError} `data/folder`
 */
export async function openPrivateFolder(path: string): Promise<void> {
  let folder: Stats;
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    folder = await stat(path);
  } catch (cause) {
    throw new PinholeError(
      'data/folder',
      `the data folder ${path} cannot be used: ${messageOf(cause)}. Name another with --data FOLDER`,
      { cause },
    );
  }
  if (belongsToStranger(folder.uid, process.getuid?.())) {
    throw new PinholeError(
      'data/folder',
      `the data folder ${path} belongs to another account, which could put tokens of its own there. Name another with --data FOLDER`,
    );
  }
  if ((folder.mode & 0o002) !== 0) {
    throw new PinholeError(
      'data/folder',
      `everybody on this machine may write into the data folder ${path}, so tokens are not safe there. Run chmod o-w ${path}, or name another with --data FOLDER`,
    );
  }
}

/**
 * Whether a folder's owner is neither us nor the administrator. The administrator runs this in folders of others, as
 * containers do with what is mounted into them.
 */
export const belongsToStranger = (owner: number, us: number | undefined): boolean =>
  us !== undefined && us !== 0 && owner !== us && owner !== 0;

/**
 * Takes a file away from all but its owner, as a copy or a backup may have given it to them. Does nothing when there is
 * none, or when the system keeps no such modes.
 * @throws {PinholeError} `data/folder`
 */
export async function makePrivate(path: string): Promise<void> {
  try {
    if (process.getuid !== undefined && ((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new PinholeError(
      'data/folder',
      `${path} can be read by others, and that cannot be changed: ${messageOf(cause)}`,
      { cause },
    );
  }
}

/**
 * Replaces a file as a whole, readable by its owner only; whoever reads meanwhile sees the old or the new one. The
 * administrator writes it for the folder's owner: a service that runs under a name of its own has to read it.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`;
  const file = await open(temporary, 'w', 0o600);
  try {
    const folder = await stat(dirname(path));
    if (process.getuid?.() === 0 && folder.uid !== 0) await file.chown(folder.uid, folder.gid);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/**
 * Runs `work` while no other process does so for the same path. A lock left behind by a process that died is broken.
 * @throws {PinholeError} `data/locked`
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  for (let tries = 0; ; tries++) {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      break;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      if (tries >= LOCK_TRIES)
        throw new PinholeError('data/locked', `${lock} is held by another process`, { cause });
    }
    const age = await stat(lock).then(
      (stats) => Date.now() - stats.mtimeMs,
      () => 0, // gone meanwhile: try again
    );
    if (age > LOCK_STALE_MS) await rm(lock, { force: true });
    else await sleep(LOCK_WAIT_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}
