import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeTcpPorts } from './free-tcp-ports.ts';
import { thirdParty } from './third-parties.ts';

/** What a real Janus is started with. */
export interface RealJanusOptions {
  /** Lines for the section `general`, e.g. `session_timeout = 6`. */
  readonly general?: readonly string[];
  /** Plugins to load, e.g. `libjanus_streaming.so`; none when left out. */
  readonly plugins?: readonly string[];
  /** Of HTTP and WebSocket; free ones when left out. Given, it is where another one was before. */
  readonly ports?: readonly [http: number, webSocket: number];
  /** Further files of the configuration, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Debian's Janus, reached from this machine alone, with nothing kept. */
export interface RealJanus {
  /** `ws://127.0.0.1:…` */
  readonly webSocketUrl: string;
  /** `http://127.0.0.1:…/janus` */
  readonly httpUrl: string;
  readonly ports: readonly [http: number, webSocket: number];
  readonly pid: number;
  /** What it said so far. */
  log(): string;
  dispose(): Promise<void>;
}

/** Where Debian puts Janus's plugins and transports. */
const LIBRARIES = `/usr/lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu/janus`;
const TRANSPORTS = ['libjanus_http.so', 'libjanus_websockets.so'];
const READY_MS = 20_000;

/** Starts Debian's `janus` on two free ports of this machine, with a configuration written for it. */
export async function startRealJanus(options: RealJanusOptions = {}): Promise<RealJanus> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-janus-'));
  const [http = 0, ws = 0] = options.ports ?? (await freeTcpPorts(2));
  await write(folder, { http, ws, options });
  let log = '';
  const child = spawn(thirdParty('janus') ?? 'janus', ['-F', folder, '-N'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      log = (log + bytes.toString()).slice(-65_536);
    });
  }
  const httpUrl = `http://127.0.0.1:${http}/janus`;
  await untilReady(httpUrl, child, () => log);
  return {
    webSocketUrl: `ws://127.0.0.1:${ws}`,
    httpUrl,
    ports: [http, ws],
    pid: child.pid ?? 0,
    log: () => log,
    dispose: async () => {
      if (child.exitCode === null) {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await gone;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function write(
  folder: string,
  { http, ws, options }: { readonly http: number; readonly ws: number; readonly options: RealJanusOptions },
): Promise<void> {
  const [plugins, transports] = [join(folder, 'plugins'), join(folder, 'transports')];
  await Promise.all([mkdir(plugins), mkdir(transports)]);
  const link = (names: readonly string[], from: string, to: string) =>
    names.map((name) => symlink(join(LIBRARIES, from, name), join(to, name)));
  await Promise.all([
    ...link(TRANSPORTS, 'transports', transports),
    ...link(options.plugins ?? [], 'plugins', plugins),
  ]);
  const files: Record<string, string> = {
    'janus.jcfg': [
      'general: {',
      `configs_folder = "${folder}"`,
      `plugins_folder = "${plugins}"`,
      `transports_folder = "${transports}"`,
      `events_folder = "${join(folder, 'events')}"`,
      `loggers_folder = "${join(folder, 'loggers')}"`,
      'debug_level = 4',
      'debug_colors = false',
      ...(options.general ?? []),
      '}',
      'media: { }',
      // Nothing of a test leaves this machine.
      'nat: { ice_enforce_list = "127.0.0.1" }',
    ].join('\n'),
    'janus.transport.http.jcfg': `general: { json = "compact" base_path = "/janus" http = true port = ${http} ip = "127.0.0.1" https = false }\nadmin: { admin_http = false }\n`,
    'janus.transport.websockets.jcfg': `general: { json = "compact" ws = true ws_port = ${ws} ws_ip = "127.0.0.1" wss = false }\nadmin: { admin_ws = false }\n`,
    ...options.files,
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
}

async function untilReady(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const reply = await fetch(`${url}/info`).catch(() => undefined);
    if (reply?.ok === true) return;
    if (child.exitCode !== null)
      throw new Error(`janus ended with ${child.exitCode}:\n${log().slice(-4000)}`);
    if (Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`janus does not answer at ${url}:\n${log().slice(-4000)}`);
    }
    await new Promise((later) => setTimeout(later, 50));
  }
}
