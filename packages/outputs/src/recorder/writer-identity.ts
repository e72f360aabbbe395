import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Who holds a root: enough to tell whether it lives. */
export interface WriterIdentity {
  /** Of this hold; no two are alike. */
  readonly id: string;
  readonly pid: number;
  readonly host: string;
  /** Of the machine, as long as its system is installed; empty where that is not known. */
  readonly machine: string;
  /** Of the machine since it was started. */
  readonly boot: string;
  /** Within which `pid` means anything; a container has its own. */
  readonly pidSpace: string;
  /** When the process began, in ticks since the machine did: a process id is used again. */
  readonly startedTicks: string;
}

/** This process. */
export const ownIdentity = (): WriterIdentity => ({
  id: randomUUID(),
  pid: process.pid,
  host: hostname(),
  machine: textOf('/etc/machine-id'),
  boot: textOf('/proc/sys/kernel/random/boot_id'),
  pidSpace: linkOf('/proc/self/ns/pid'),
  startedTicks: startOf(process.pid),
});

/** What is known of another writer. `unknown`: only its heartbeat can tell. */
export function lifeOf(other: WriterIdentity, own: WriterIdentity): 'alive' | 'dead' | 'unknown' {
  if (own.boot === '' || other.boot === '') return 'unknown';
  if (other.boot !== own.boot) {
    // The same machine was started anew, and took everything with it. Another one may share the disk.
    return other.machine !== '' && other.machine === own.machine ? 'dead' : 'unknown';
  }
  if (other.pidSpace !== own.pidSpace || own.pidSpace === '') return 'unknown';
  const started = startOf(other.pid);
  return started !== '' && started === other.startedTicks ? 'alive' : 'dead';
}

/** @see proc(5), /proc/pid/stat field 22 */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`);
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie has ended; it only waits for its parent.
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
}

/** Once a life, at the start of a recorder: not where it would hold up pictures. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return ''; // not this system's way
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // not this system's way
  }
}
