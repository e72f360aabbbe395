import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nalUnits } from '@pinhole/media/h264';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExampleProgram } from '../support/example-program.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

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
  const camera = new ExampleProgram('camera-example', where, env);
  await camera.until('camera "door" is in room "cctv"');
  const first = join(folder, 'first.h264');

  const viewer = new ExampleProgram('viewer-example', [...where, '--pictures', '20', '--save', first], env);

  expect(await viewer.ended).toBe(0);
  expect(viewer.output).toMatch(/cameras in the room: \["door"\]\n.*a key picture\n20 pictures, [\d.]+ a/s);
  expect([...nalUnits(await readFile(first))].length).toBeGreaterThan(2);
  await camera.until('viewers: 0');
  expect(await camera.interrupt()).toBe(0);
  expect(camera.output).toContain('camera closed');
});

it('they say what is wrong, and end', async () => {
  const where = ['--url', server.url.replace('http', 'ws')];
  const [camera, viewer] = [
    new ExampleProgram('camera-example', where),
    new ExampleProgram('viewer-example', where),
  ];

  expect([await camera.ended, await viewer.ended]).toEqual([1, 1]);
  expect([camera.output, viewer.output]).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining('give it as `token`') as string),
  );
});
