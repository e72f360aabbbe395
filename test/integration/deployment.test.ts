import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { parse } from 'yaml';
import { blocksOf } from '../docs/markdown.ts';
import { followStage, readDockerfile } from '../support/follow-dockerfile.ts';
import { needs, thirdParty } from '../support/third-parties.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const NAME = 'rooms.example.org';

let folder: string;
const started: ChildProcess[] = [];
const logs = new WeakMap<ChildProcess, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinhole-deployment-'));
});
afterAll(async () => {
  for (const child of started) {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

describe('render.yaml', () => {
  const { services } = parse(readFileSync(join(ROOT, 'render.yaml'), 'utf8')) as {
    services: { startCommand: string; healthCheckPath: string; buildCommand: string }[];
  };
  const service = services[0] ?? expect.fail('no service');

  it('starts rooms where the provider says, under the name that it gives', async () => {
    const port = await freePort();
    start('sh', ['-c', `exec ${service.startCommand}`], {
      cwd: ROOT,
      env: { PORT: String(port), RENDER_EXTERNAL_HOSTNAME: NAME, NODE_ENV: 'production', HOME: folder },
    });

    await expect
      .poll(() => ask(port, service.healthCheckPath), { timeout: 20_000 })
      .toMatchObject({
        status: 'OK',
        timestamp: expect.any(String) as string,
      });
    expect(await greeting(`ws://127.0.0.1:${port}/`, { host: NAME, 'x-forwarded-for': '203.0.113.7' })).toBe(
      'welcome',
    );
  });

  it('is built by scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };

    for (const [, name = ''] of service.buildCommand.matchAll(/npm run (\S+)/g)) {
      expect(scripts).toHaveProperty(name);
    }
  });
});

describe('the Dockerfile', () => {
  const [build = expect.fail('no stage'), image = expect.fail('no second stage')] = readDockerfile(
    join(ROOT, 'Dockerfile'),
  );
  const instruction = (name: string): string =>
    image.instructions.find((one) => one.name === name)?.words ?? expect.fail(`no ${name}`);

  it('hands on nothing that git does not', () => {
    const lines = (name: string): string[] => readFileSync(join(ROOT, name), 'utf8').trim().split('\n');

    expect(lines('.dockerignore')).toEqual(expect.arrayContaining(lines('.gitignore')));
  });

  it('builds where a compiler is, for an image of the same system that has none', () => {
    expect(build.base).toMatch(/^node:\d+-[a-z]+$/);
    expect(image.base).toBe(`${build.base}-slim`);
  });

  it('builds a program that runs without the source, is healthy, and ends when told', {
    timeout: 240_000,
  }, async () => {
    const root = join(folder, 'image');
    mkdirSync(root);
    followStage(build, { context: ROOT, root });
    const port = await freePort();
    const [command = '', ...words] = [
      ...(JSON.parse(instruction('ENTRYPOINT')) as string[]),
      ...(JSON.parse(instruction('CMD')) as string[]),
    ].map((word) => word.replace(/^\/(?=pinhole|data)/, `${root}/`));
    const child = start(command, words, { cwd: folder, env: { PORT: String(port) } });
    await expect.poll(() => ask(port, '/health'), { timeout: 20_000 }).toMatchObject({ status: 'OK' });
    const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    expect(page).toContain('<title>Pinhole');
    expect(logOf(child)).toContain('WebRTC is sent by native code');

    const [, check = ''] = /CMD (\[.*\])$/.exec(instruction('HEALTHCHECK')) ?? [];
    const [node = '', ...script] = JSON.parse(check) as string[];
    execFileSync(node, script, { env: { ...process.env, PORT: String(port) } });
    child.kill(instruction('STOPSIGNAL') as NodeJS.Signals);
    expect((await once(child, 'exit'))[0]).toBe(0);
    expect(() =>
      execFileSync(node, script, { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' }),
    ).toThrow(/Command failed/);
  });
});

needs('nginx').describe('a proxy that ends what is silent', () => {
  needs('nginx').it(
    'leaves the sockets of rooms alone: the server is never silent for so long',
    { timeout: 60_000 },
    async () => {
      const [upstream, port] = [await freePort(), await freePort()];
      start(process.execPath, ['apps/server/bin/pinhole.js', '--data', join(folder, 'rooms')], {
        cwd: ROOT,
        env: { PORT: String(upstream) },
        config: `rooms: { mode: compatible }\nhosts: [cam.example.org]\ntrustedProxies: [127.0.0.1]\n`,
      });
      const [block] = blocksOf('nginx').filter(({ page }) => page === 'docs/security.md');
      const site = (block?.text ?? '')
        .replace('listen 443 ssl', `listen 127.0.0.1:${port}`)
        .replaceAll(/^\s*ssl_.*\n/gm, '')
        .replace('127.0.0.1:8080', `127.0.0.1:${upstream}`)
        // nginx waits for a minute unless it is told.
        .replace('proxy_http_version', 'proxy_read_timeout 24s;\n proxy_http_version');
      const file = join(folder, 'nginx.conf');
      const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
        .join(' ');
      await writeFile(
        file,
        `daemon off; pid ${join(folder, 'nginx.pid')}; error_log stderr; events {}\nhttp { access_log off; ${places}\n${site}\n}\n`,
      );
      start(thirdParty('nginx') ?? '', ['-c', file, '-e', 'stderr'], { cwd: folder, env: {} });
      await expect
        .poll(() => ask(port, '/health', 'cam.example.org'), { timeout: 20_000 })
        .toMatchObject({ status: 'OK' });

      const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: 'cam.example.org' } });
      await once(socket, 'message');
      // The time is what is tested: longer than the proxy's patience.
      await Promise.race([sleep(27_000), once(socket, 'close')]);

      expect(socket.readyState).toBe(WebSocket.OPEN);
      socket.terminate();
    },
  );
});

function start(
  command: string,
  words: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
    /** Text of a configuration to run with. */
    readonly config?: string;
  },
): ChildProcess {
  const more: string[] = [];
  if (options.config !== undefined) {
    const file = join(folder, `config-${started.length}.yaml`);
    execFileSync('tee', [file], { input: options.config, stdio: ['pipe', 'ignore', 'inherit'] });
    more.push('--config', file);
  }
  const child = spawn(command, [...words, ...more], {
    cwd: options.cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr?.on('data', (part) => logs.set(child, logOf(child) + String(part)));
  started.push(child);
  return child;
}

/** What it logged so far. */
const logOf = (child: ChildProcess): string => logs.get(child) ?? '';

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function ask(port: number, path: string, host?: string): Promise<unknown> {
  // `fetch` would not send another host's name.
  const words = ['-s', '-m', '5', ...(host === undefined ? [] : ['-H', `Host: ${host}`])];
  const text = spawnText('curl', [...words, `http://127.0.0.1:${port}${path}`]);
  return text === '' ? undefined : (JSON.parse(text) as unknown);
}

function spawnText(command: string, words: readonly string[]): string {
  try {
    return execFileSync(command, words, { encoding: 'utf8' });
  } catch {
    return '';
  }
}

async function greeting(url: string, headers: Record<string, string>): Promise<string> {
  const socket = new WebSocket(url, { headers });
  const [message] = (await once(socket, 'message')) as [Buffer];
  socket.terminate();
  return (JSON.parse(String(message)) as { type: string }).type;
}
