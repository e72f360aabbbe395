import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findThirdParty } from '../../test/support/find-third-party.ts';
import type { BenchContext } from './figure.ts';
import type { Address } from './relayed-sdp.ts';

/** What came since the count was begun, at all of them together. */
export interface Arrivals {
  readonly packets: number;
  /** Missing in the numbering. */
  readonly lost: number;
  readonly frames: number;
  /** Frames of the one that got fewest. */
  readonly fewestFrames: number;
  /** From the capture of each frame to the arrival of its last packet, by the kernel's clock. */
  readonly delaysMs: readonly number[];
}

/** What came by relays, at all of them together. */
export interface RelayArrivals extends Omit<Arrivals, 'delaysMs'> {
  /** How long after its RTP time stamp the last packet of each picture came: ticks of 90 kHz, modulo 2^32. */
  readonly behindTicks: readonly number[];
}

/** A relay between a server and its viewer; each of them takes one of its ports for the other. */
export interface Relay {
  readonly number: number;
  /** Stands for the viewer. */
  readonly viewerPort: number;
  /** Stands for the server. */
  readonly serverPort: number;
}

/** UDP sockets that count RTP in a process of their own, in C++: Node could not read what is measured here. */
export interface UdpReceivers {
  /** Opens so many more. @returns their ports */
  open(count: number): Promise<readonly number[]>;
  /** Counts anew. */
  reset(): Promise<void>;
  /** What came at the first `count`. */
  read(count: number): Promise<Arrivals>;
  /** Opens a relay that passes on what keeps a session alive, and RTP only with `all`. */
  relay(passes: 'all' | 'no RTP'): Promise<Relay>;
  /** Tells a relay where the real server or viewer is. */
  setFar(relay: Relay, which: 'server' | 'viewer', address: Address): Promise<void>;
  /** From now on notes when each RTP packet comes by the relay of this number. */
  keepTimes(relay: number): Promise<void>;
  /** When they came since the last time, in microseconds of one clock. */
  times(): Promise<readonly number[]>;
  /** What came by these relays. */
  sum(relays: readonly Relay[]): Promise<RelayArrivals>;
}

/** Builds and starts them. They end with the bench. */
export function openUdpReceivers(context: Pick<BenchContext, 'defer'>): UdpReceivers {
  const child = spawn(build(), { stdio: ['pipe', 'pipe', 'inherit'] });
  context.defer(() => child.kill());
  const lines = createInterface(child.stdout);
  const waiting: { answer: (numbers: readonly number[]) => void; fail: (error: Error) => void }[] = [];
  lines.on('line', (line) => waiting.shift()?.answer(line.trim().split(' ').map(Number)));
  child.on('exit', (code) => {
    for (const { fail } of waiting) fail(new Error(`the receivers ended with ${code}`));
  });
  const ask = (line: string): Promise<readonly number[]> =>
    new Promise((answer, fail) => {
      waiting.push({ answer, fail });
      child.stdin.write(`${line}\n`);
    });
  let opened = 0;
  return {
    open: (count) => {
      opened += count;
      return ask(`open ${opened}`);
    },
    reset: async () => void (await ask('reset')),
    read: async (count) => {
      const [packets = 0, lost = 0, frames = 0, fewestFrames = 0, ...delays] = await ask(`read ${count}`);
      return { packets, lost, frames, fewestFrames, delaysMs: delays.map((micros) => micros / 1000) };
    },
    relay: async (passes) => {
      const [number = 0, viewerPort = 0, serverPort = 0] = await ask(
        `relay ${passes === 'all' ? 'all' : 'no'}`,
      );
      return { number, viewerPort, serverPort };
    },
    setFar: async ({ number }, which, { host, port }) => {
      await ask(`far ${number} ${which} ${host} ${port}`);
    },
    keepTimes: async (relay) => void (await ask(`keep ${relay}`)),
    times: async () => (await ask('times')).filter((time) => time > 0),
    sum: async (relays) => {
      const numbers = relays.map(({ number }) => number).join(' ');
      const [packets = 0, lost = 0, frames = 0, fewestFrames = 0, ...behindTicks] = await ask(
        `sum ${numbers}`,
      );
      return { packets, lost, frames, fewestFrames, behindTicks };
    },
  };
}

function build(): string {
  const compiler = findThirdParty('g++');
  if (compiler === undefined) throw new Error('g++ is not installed');
  const folder = join(import.meta.dirname, '../.cache');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'udp-receivers');
  const source = join(import.meta.dirname, 'udp-receivers.cc');
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  execFileSync(compiler, ['-O2', '-Wall', '-Wextra', '-std=c++17', '-o', program, source]);
  return program;
}
