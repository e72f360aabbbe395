import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeTcpPort } from './free-tcp-ports.ts';
import { thirdParty } from './third-parties.ts';

/** A Redis of Debian's, with nothing in it and nothing kept. */
export interface RedisServer {
  /** With its password, as it stands in a configuration. */
  readonly url: string;
  /** Ends it; what used it finds nobody there. */
  stop(): Promise<void>;
  /** Starts it again at the same address. */
  start(): Promise<void>;
  dispose(): Promise<void>;
}

const PASSWORD = 'p%40ss';

/** Starts `redis-server` on a free port of this machine. */
export async function startRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-redis-'));
  const port = await freeTcpPort();
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = await launch(port, folder);
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url: `redis://:${PASSWORD}@127.0.0.1:${port}`,
    start,
    stop,
    dispose: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function launch(port: number, folder: string): Promise<ChildProcess> {
  const child = spawn(
    thirdParty('redis') ?? 'redis-server',
    [
      ['--port', String(port)],
      ['--bind', '127.0.0.1'],
      ['--dir', folder],
      ['--save', ''],
      ['--appendonly', 'no'],
      ['--requirepass', decodeURIComponent(PASSWORD)],
    ].flat(),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (part) => {
      said += String(part);
      if (said.includes('Ready to accept connections')) resolve(child);
    });
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}:\n${said}`)));
  });
}
