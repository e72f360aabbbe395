import { readdir, readFile, readlink, realpath } from 'node:fs/promises';

const MOST_PROCESSES = 4_096;

/** A process that has a device open. */
export interface DeviceHolder {
  readonly pid: number;
  /** What the kernel calls it. */
  readonly name: string;
}

/** Who has a device open, as far as we may look: other people's processes only root sees. */
export async function deviceHolders(path: string, proc = '/proc'): Promise<readonly DeviceHolder[]> {
  const device = await realpath(path).catch(() => path);
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const holders: DeviceHolder[] = [];
  for (const pid of pids.slice(0, MOST_PROCESSES)) {
    if (Number(pid) === process.pid || !(await hasOpen(`${proc}/${pid}/fd`, device))) continue;
    const name = await readFile(`${proc}/${pid}/comm`, 'utf8').catch(() => 'unknown');
    holders.push({ pid: Number(pid), name: name.trim() });
  }
  return holders;
}

async function hasOpen(folder: string, device: string): Promise<boolean> {
  const descriptors = await readdir(folder).catch(() => []); // it is gone, or not ours
  const targets = await Promise.all(descriptors.map((fd) => readlink(`${folder}/${fd}`).catch(() => '')));
  return targets.includes(device);
}
