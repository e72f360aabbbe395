import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thirdParty } from '../third-parties.ts';

/** A name for a slot that nobody else has. */
export const freshSlot = (kind: 'h264' | 'jpeg'): string =>
  `pinhole-test-${randomBytes(6).toString('hex')}::${kind}`;

/** The object of that name. */
export const slotPath = (name: string): string => `/dev/shm/${name}`;

/** Removes slots, whoever made them. */
export const removeSlots = (names: Iterable<string>): void => {
  for (const name of names) rmSync(slotPath(name), { force: true });
};

/** The real µStreamer, with no camera: it shows its placeholder. */
export interface Ustreamer {
  readonly pid: number;
  /** What it says of a sink's readers. */
  hasClients(): Promise<boolean>;
  /** Ends it as a service manager does, and waits. */
  stop(): Promise<void>;
}

/** Starts it with a JPEG sink, and waits until it answers. */
export async function startUstreamer(options: {
  readonly sink: string;
  /** Whether the sink is removed at the end. */
  readonly removal: 'at-end' | 'never';
  readonly clientTtlSeconds?: number;
}): Promise<Ustreamer> {
  const socket = join(tmpdir(), `ustreamer-${randomBytes(6).toString('hex')}.sock`);
  const child = spawn(
    thirdParty('ustreamer') ?? 'ustreamer',
    [
      '--device=/dev/video-that-is-not-there',
      `--unix=${socket}`,
      '--unix-rm',
      `--sink=${options.sink}`,
      `--sink-client-ttl=${options.clientTtlSeconds ?? 10}`,
      ...(options.removal === 'at-end' ? ['--sink-rm'] : []),
    ],
    { stdio: 'ignore' },
  );
  const state = async (): Promise<string> => await get(socket, '/state');
  for (const deadline = Date.now() + 15_000; ; await new Promise((wait) => setTimeout(wait, 50))) {
    if (existsSync(socket) && (await state().catch(() => '')) !== '') break;
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('ustreamer does not answer');
  }
  return {
    pid: child.pid ?? 0,
    hasClients: async () => /"jpeg": \{"has_clients": true\}/.test(await state()),
    stop: () => ended(child),
  };
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, agent: false }, (response) => {
      let text = '';
      response.on('data', (part) => (text += String(part)));
      response.on('end', () => resolve(text));
    });
    asked.on('error', reject);
    asked.end();
  });
}
