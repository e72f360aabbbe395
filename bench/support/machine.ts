import { readdirSync, readFileSync } from 'node:fs';
import { median } from './statistics.ts';

const NANOSECONDS_PER_MS = 1e6;

/** CPU time of all threads of a process so far, in milliseconds, by the scheduler's own count in nanoseconds. */
export function cpuMsOf(pid: number): number {
  const threads = `/proc/${pid}/task`;
  let nanoseconds = 0;
  for (const thread of readdirSync(threads)) {
    const [onCpu = ''] = readFileSync(`${threads}/${thread}/schedstat`, 'utf8').split(' ');
    nanoseconds += Number(onCpu);
  }
  return nanoseconds / NANOSECONDS_PER_MS;
}

/** Resident memory of a process, in MB (10⁶ bytes). */
export function rssMbOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no VmRSS`);
  return (Number(kibibytes) * 1024) / 1e6;
}

/** Datagrams that the kernel has thrown away so far as a receiver's buffer was full, of all processes. */
export function datagramsDropped(): number {
  const [names = '', values = ''] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp: '));
  const at = names.split(' ').indexOf('RcvbufErrors');
  return Number(values.split(' ')[at]);
}

/** Time that all cores together were busy so far, and all time, in clock ticks. */
function machineTicks(): { readonly busy: number; readonly all: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const all = ticks.reduce((sum, tick) => sum + tick, 0);
  const [idle = 0, waiting = 0] = ticks.slice(3, 5);
  return { busy: all - idle - waiting, all };
}

/** How busy the whole machine is over `durationMs`, 0…1. */
export async function machineBusy(durationMs: number): Promise<number> {
  const before = machineTicks();
  await pause(durationMs);
  const after = machineTicks();
  return (after.busy - before.busy) / (after.all - before.all);
}

/** What a process took over a while. */
export interface ProcessLoad {
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly rssMb: number;
}

/** Watches a process for `durationMs`. */
export async function loadOf(pid: number, durationMs: number): Promise<ProcessLoad> {
  const startedAt = performance.now();
  const before = cpuMsOf(pid);
  await pause(durationMs);
  return { cpuMs: cpuMsOf(pid) - before, elapsedMs: performance.now() - startedAt, rssMb: rssMbOf(pid) };
}

/** CPU milliseconds a second. */
export const cpuRateOf = ({ cpuMs, elapsedMs }: ProcessLoad): number => (cpuMs * 1000) / elapsedMs;

/**
 * CPU milliseconds a second in the median of so many seconds: without the collection of garbage that V8 puts off until a
 * program has been idle for a while.
 */
export async function steadyCpuRateOf(pid: number, seconds: number): Promise<number> {
  const rates: number[] = [];
  for (let i = 0; i < seconds; i++) rates.push(cpuRateOf(await loadOf(pid, 1000)));
  return median(rates);
}

/** Waits. */
export const pause = (durationMs: number): Promise<void> =>
  new Promise((over) => setTimeout(over, durationMs));
