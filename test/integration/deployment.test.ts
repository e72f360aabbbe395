import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { parse } from 'yaml';
import { followStage, readDockerfile } from '../support/follow-dockerfile.ts';
import { freeTcpPort } from '../support/free-tcp-ports.ts';

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
    const port = await freeTcpPort();
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
    const port = await freeTcpPort();
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

function start(
  command: string,
  words: readonly string[],
  options: {
    readonly cwd: string;
    readonly env: Readonly<Record<string, string>>;
  },
): ChildProcess {
  const child = spawn(command, words, {
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

/** @returns undefined while nobody answers */
async function ask(port: number, path: string): Promise<unknown> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
  return await answer?.json();
}

async function greeting(url: string, headers: Record<string, string>): Promise<string> {
  const socket = new WebSocket(url, { headers });
  const [message] = (await once(socket, 'message')) as [Buffer];
  socket.terminate();
  return (JSON.parse(String(message)) as { type: string }).type;
}
