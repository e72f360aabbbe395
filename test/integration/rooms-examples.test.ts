import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { nalUnits } from '@pinhole/media/h264';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A program of package.json, as a person starts it. */
class Example {
  readonly #child: ChildProcess;
  output = '';
  readonly ended: Promise<number | null>;

  constructor(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [command = '', ...words] = (SCRIPTS[name] ?? '').split(' ');
    this.#child = spawn(command === 'node' ? process.execPath : command, [...words, ...args], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (chunk) => (this.output += String(chunk)));
    this.ended = new Promise((done) => this.#child.once('exit', done));
  }

  async until(words: string | RegExp): Promise<void> {
    await expect.poll(() => this.output, { timeout: 20_000 }).toMatch(words);
  }

  async interrupt(): Promise<number | null> {
    this.#child.kill('SIGINT');
    return await this.ended;
  }
}

const { scripts: SCRIPTS } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

let server: TestServer;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinhole-examples-'));
  server = await openTestServer({ rooms: { mode: 'strict' } });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

it('the camera and the viewer in Node find each other, count pictures and end cleanly', async () => {
  const where = ['--url', server.url.replace('http', 'ws'), '--id', 'door', '--address', '127.0.0.1'];
  const env = { PINHOLE_TOKEN: server.adminToken };
  const camera = new Example('camera-example', where, env);
  await camera.until('camera "door" is in room "cctv"');
  const first = join(folder, 'first.h264');

  const viewer = new Example('viewer-example', [...where, '--pictures', '20', '--save', first], env);

  expect(await viewer.ended).toBe(0);
  expect(viewer.output).toMatch(/cameras in the room: \["door"\]\n.*a key picture\n20 pictures, [\d.]+ a/s);
  expect([...nalUnits(await readFile(first))].length).toBeGreaterThan(2);
  await camera.until('viewers: 0');
  expect(await camera.interrupt()).toBe(0);
  expect(camera.output).toContain('camera closed');
});

it('they say what is wrong, and end', async () => {
  const where = ['--url', server.url.replace('http', 'ws')];
  const [camera, viewer] = [new Example('camera-example', where), new Example('viewer-example', where)];

  expect([await camera.ended, await viewer.ended]).toEqual([1, 1]);
  expect([camera.output, viewer.output]).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining('give it as `token`') as string),
  );
});
