import { lstat, stat, unlink } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { dirname, isAbsolute } from 'node:path';
import { PinholeError } from '@pinhole/core';
import { codeOf } from '../../archive/confined-folder.ts';

/** `sun_path` has room for 108 bytes on Linux and 104 elsewhere, one of them for the end. */
const LONGEST_PATH_BYTES = 103;
const WRITABLE_BY_OTHERS = 0o002;
const STICKY = 0o1000;

/**
 * Makes sure that a socket can be made at a path: its folder is there and is not everybody's to rename things in, and what
 * lies there by a program that ended is taken away.
 *
 * @throws {PinholeError} `ipc/path`, `ipc/folder`, `ipc/in-use`, `ipc/not-a-socket`
 */
export async function prepareSocketPath(path: string): Promise<void> {
  if (!isAbsolute(path) || path.includes('\0') || Buffer.byteLength(path) > LONGEST_PATH_BYTES) {
    throw new PinholeError(
      'ipc/path',
      `IPC socket ${JSON.stringify(path.slice(0, 120))}: use an absolute path of at most ${LONGEST_PATH_BYTES} bytes`,
    );
  }
  await checkFolder(path);
  const found = await lstat(path).catch((thrown: unknown) => {
    if (codeOf(thrown) === 'ENOENT') return undefined;
    throw thrown;
  });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new PinholeError(
      'ipc/not-a-socket',
      `IPC socket ${path}: something else lies there; remove it, or choose another path`,
    );
  }
  if (await isAnswered(path)) {
    throw new PinholeError(
      'ipc/in-use',
      `IPC socket ${path}: another program listens there; end it, or choose another path`,
    );
  }
  await unlink(path).catch((thrown: unknown) => {
    if (codeOf(thrown) !== 'ENOENT') throw thrown;
  });
}

async function checkFolder(path: string): Promise<void> {
  const folder = dirname(path);
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined || !found.isDirectory()) {
    throw new PinholeError('ipc/folder', `IPC socket ${path}: there is no folder ${folder}; make it first`);
  }
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0 && (found.mode & STICKY) === 0) {
    throw new PinholeError(
      'ipc/folder',
      `IPC socket ${path}: everybody may write to ${folder} and put another socket there; use a folder of your own`,
    );
  }
}

/** Whether somebody accepts connections there. */
const isAnswered = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createConnection(path);
    const settle = (answered: boolean) => (): void => {
      probe.destroy();
      resolve(answered);
    };
    probe.once('connect', settle(true));
    // A full queue of connections is somebody's, too.
    probe.once('error', (thrown) => settle(codeOf(thrown) === 'EAGAIN' || codeOf(thrown) === 'EACCES')());
  });
