import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';
import { slotFile } from './slot-file.ts';

/** Who else has a slot open, as far as that can be seen. */
export interface SlotHolders {
  /** Programs that may be its writer, e.g. `ustreamer (4711)`. */
  readonly programs: readonly string[];
  /** Processes of other users could not be looked into. */
  readonly hidden: boolean;
}

/** Programs that have slots open to read them. */
const READERS = /^(?:janus|ustreamer-dump|kvmd)/;
const DIGITS = /^\d+$/;

/** Looks which processes of this machine have a slot open; this one is left out. */
export async function slotHolders(name: string): Promise<SlotHolders> {
  const file = slotFile(name);
  const pids = (await readdir('/proc').catch(() => [])).filter(
    (pid) => DIGITS.test(pid) && Number(pid) !== process.pid,
  );
  const programs: string[] = [];
  let hidden = false;
  for (const pid of pids) {
    const found = await holds(pid, file);
    if (found === 'hidden') hidden = true;
    if (found !== 'yes') continue;
    const names = await namesOf(pid);
    if (!names.some((name) => READERS.test(name))) programs.push(`${names[0]} (${pid})`);
  }
  return { programs, hidden };
}

async function holds(pid: string, file: string): Promise<'yes' | 'no' | 'hidden'> {
  const folder = `/proc/${pid}/fd`;
  try {
    for (const descriptor of await readdir(folder)) {
      const target = await readlink(`${folder}/${descriptor}`).catch(() => '');
      if (target === file) return 'yes';
    }
    return 'no';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'hidden' : 'no';
  }
}

/** As it was started, and as it calls itself: that of µStreamer is `main`. */
async function namesOf(pid: string): Promise<readonly string[]> {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const [commandLine, own] = await Promise.all([read('cmdline'), read('comm')]);
  const [started = ''] = commandLine.split(/[\0 ]/, 1);
  const names = [basename(started), own.trim()].filter((name) => name !== '');
  return names.length > 0 ? names : ['?'];
}
