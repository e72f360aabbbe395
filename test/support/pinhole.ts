import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { PROGRAM } from './program.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** One who watches, as the API tells of it. */
export interface PinholeSession {
  readonly id: string;
  readonly camera: string;
  readonly tokenId: string;
  readonly state: string;
  readonly transport: string;
  readonly webrtc?: {
    readonly nacksReceived: number;
    readonly packetsResent: number;
    readonly datagramsRefused: number;
    /** E.g. `host/udp`. */
    readonly path?: string;
  };
}

/** What a guest may do. */
export interface GuestToken {
  readonly cameras: readonly string[];
  readonly rights: readonly string[];
  /** E.g. `1d`; default: for ever. */
  readonly expiresIn?: string;
}

/** The program itself, running as a person runs it. */
export interface Pinhole {
  readonly pid: number;
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The administrator's token. */
  readonly token: string;
  readonly dataFolder: string;
  /** Asks it as the administrator. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  /** Who watches now. */
  sessions(): Promise<readonly PinholeSession[]>;
  /** Makes a token for a guest. @returns it, and its id */
  createToken(wish: GuestToken): Promise<{ readonly id: string; readonly token: string }>;
  /** All that it printed so far. */
  output(): string;
  /** Ends it with `signal` and waits. @returns its exit code, null when the signal killed it. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Ends it and removes its data. */
  dispose(): Promise<void>;
  /** Starts it again, same port, same data. */
  restart(): Promise<Pinhole>;
}

/** How to start it. */
export interface PinholeOptions {
  /** What stands before all flags, e.g. `picamera`; default nothing. */
  readonly command?: string;
  /** Command line, e.g. `['--camera', 'test=synthetic:640x360@30']`. */
  readonly args?: readonly string[];
  /** Put into its data folder as a configuration file. */
  readonly config?: unknown;
  readonly port?: number;
  readonly dataFolder?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the program on an ephemeral port and waits for its link. */
export async function startPinhole(options: PinholeOptions = {}): Promise<Pinhole> {
  const dataFolder = options.dataFolder ?? (await mkdtemp(join(tmpdir(), 'pinhole-data-')));
  const configFile = join(dataFolder, 'pinhole.yaml');
  if (options.config !== undefined) await writeFile(configFile, stringify(options.config), { mode: 0o600 });
  const child = spawn(
    process.execPath,
    [
      ...PROGRAM,
      ...(options.command === undefined ? [] : [options.command]),
      '--port',
      String(options.port ?? 0),
      '--data',
      dataFolder,
      ...(options.config === undefined ? [] : ['--config', configFile]),
      ...(options.args ?? []),
    ],
    {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    output += String(chunk);
  });
  const link = await untilLink(child, () => output);
  const url = new URL(link);
  const token = decodeURIComponent(/token=([^&\s]+)/.exec(url.hash)?.[1] ?? '');
  const ask = (path: string, init?: RequestInit): Promise<Response> => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(`${url.origin}${path}`, { ...init, headers });
  };
  return {
    pid: child.pid ?? 0,
    url: url.origin,
    port: Number(url.port),
    token,
    dataFolder,
    ask,
    async sessions() {
      const response = await ask('/api/v1/sessions');
      return ((await response.json()) as { readonly sessions: readonly PinholeSession[] }).sessions;
    },
    async createToken(wish) {
      const response = await ask('/api/v1/tokens', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'guest', ...wish }),
      });
      if (response.status !== 201) throw new Error(`no token: ${response.status} ${await response.text()}`);
      return (await response.json()) as { id: string; token: string };
    },
    output: () => output,
    stop: (signal = 'SIGTERM') => exitOf(child, signal),
    async dispose() {
      await exitOf(child, 'SIGTERM');
      await rm(dataFolder, { recursive: true, force: true });
    },
    restart: () => startPinhole({ ...options, dataFolder, port: Number(url.port) }),
  };
}

function untilLink(child: ChildProcess, output: () => string): Promise<string> {
  return new Promise((found, failed) => {
    const look = (): void => {
      const link = /^\s*(https?:\/\/\S+#token=\S+)\s*$/m.exec(output())?.[1];
      if (link !== undefined) done(() => found(link));
    };
    const ended = (code: number | null): void =>
      done(() => failed(new Error(`ended with ${code}:\n${output()}`)));
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      done(() => failed(new Error(`printed no link within 45 s:\n${output()}`)));
    }, 45_000);
    const done = (settle: () => void): void => {
      clearTimeout(late);
      child.stdout?.off('data', look);
      child.off('exit', ended);
      settle();
    };
    child.stdout?.on('data', look);
    child.on('exit', ended);
  });
}

function exitOf(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((ended) => {
    child.once('exit', (code) => ended(code));
    child.kill(signal);
  });
}
