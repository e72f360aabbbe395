import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeTcpPorts } from './free-tcp-ports.ts';
import { thirdParty } from './third-parties.ts';
import { untilOpen } from './until-open.ts';

/** Debian's mosquitto, for everybody on this machine, with nothing kept. */
export interface Mosquitto {
  /** `mqtt://…`, for programs. */
  readonly url: string;
  /** `ws://…`, for pages. */
  readonly webSocketUrl: string;
  /** Ends it; what used it finds nobody there. */
  stop(): Promise<void>;
  /** Starts it again at the same addresses. */
  start(): Promise<void>;
  dispose(): Promise<void>;
}

/** Starts `mosquitto` on two free ports of this machine. */
export async function startMosquitto(): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-mosquitto-'));
  const [port = 0, webSocketPort = 0] = await freeTcpPorts(2);
  const file = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    `listener ${webSocketPort} 127.0.0.1`,
    'protocol websockets',
    'allow_anonymous true',
    'persistence false',
    'log_type error',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    child = spawn(thirdParty('mosquitto') ?? 'mosquitto', ['-c', file], { stdio: 'ignore' });
    await Promise.all([untilOpen(port), untilOpen(webSocketPort)]);
  };
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    url: `mqtt://127.0.0.1:${port}`,
    webSocketUrl: `ws://127.0.0.1:${webSocketPort}/mqtt`,
    start,
    stop,
    dispose: async () => {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
