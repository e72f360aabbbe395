import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { messageOf, PinholeError } from '@pinhole/core';
import { slotFile } from '@pinhole/native';
import { slotKindOf } from '@pinhole/protocol/memsink';
import { UstreamerError } from './ustreamer-error.ts';

/** The sink of µStreamer that a slot's name stands for, as its options call it. */
const sinkOf = (name: string): string => {
  const kind = slotKindOf(name) ?? 'h264';
  return kind === 'jpeg' ? 'jpeg-sink' : `${kind}-sink`;
};

/** Puts in words why an object could not be opened. */
export async function whyNotOpen(name: string, thrown: unknown): Promise<UstreamerError> {
  if (thrown instanceof PinholeError && thrown.code === 'native/missing')
    return new UstreamerError(
      'source/no-native',
      `slots of shared memory are read by the native part of Pinhole, which cannot be used: ${thrown.message}; install what builds it (on Debian: apt-get install g++ make python3), run npm rebuild @pinhole/native, and start Pinhole again`,
    );
  const file = slotFile(name);
  try {
    await access(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') {
      return new UstreamerError(
        'source/no-slot',
        `there is no ${file}: start µStreamer with --${sinkOf(name)}=${name} on this machine, or name another slot ("pinhole devices" lists them)`,
      );
    }
    if (code === 'EACCES' || code === 'EPERM')
      return new UstreamerError('source/forbidden', await forbidden(name));
  }
  return new UstreamerError('source/failed', `${file} cannot be opened: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}

async function forbidden(name: string): Promise<string> {
  const file = slotFile(name);
  const { mode, uid, gid } = await stat(file).catch(() => ({ mode: 0, uid: '?', gid: '?' }));
  const group = await groupName(gid);
  return `${file} may not be read and written by the user that Pinhole runs as (mode ${(mode & 0o777).toString(8).padStart(4, '0')}, user ${uid}, group ${group}); who reads a slot has to write into it that he is there. Run µStreamer with --${sinkOf(name)}-mode=660 and put that user into its group (usermod -aG ${group} USER, then start Pinhole again); the mode of an object that is there already does not change: remove it first`;
}

async function groupName(gid: number | string): Promise<string> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  const line = groups.split('\n').find((each) => each.split(':')[2] === String(gid));
  return line?.split(':')[0] ?? String(gid);
}
