import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nalUnits } from '@pinhole/media/h264';
import { afterAll, beforeAll, expect } from 'vitest';
import { Esp32Emulator } from '../support/esp32-emulator/index.ts';
import { ExampleProgram } from '../support/example-program.ts';
import { MultipartReader } from '../support/multipart-reader.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('ffmpeg');

describe('the bridge from an ESP32-CAM to a room', () => {
  let server: TestServer;
  let device: Esp32Emulator;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-bridge-'));
    device = await new Esp32Emulator().open();
    server = await openTestServer({
      rooms: { mode: 'compatible' },
      cameras: { yard: 'room:cctv/esp32-jpeg' },
    });
  });
  afterAll(async () => {
    await server?.close();
    await device?.close();
    await rm(folder, { recursive: true });
  });
  const where = (id: string): string[] => [
    '--url',
    server.url.replace('http', 'ws'),
    '--id',
    id,
    '--address',
    '127.0.0.1',
  ];

  it('sends H.264 by WebRTC, and connects to the device only while somebody watches', async () => {
    const bridge = new ExampleProgram('esp32-bridge', ['--camera', device.address, ...where('esp32')]);
    await bridge.until('camera "esp32" is in room "cctv"');
    expect(device.mostStreams).toBe(0);

    const first = join(folder, 'first.h264');
    const viewer = new ExampleProgram('viewer-example', [
      ...where('esp32'),
      '--pictures',
      '10',
      '--save',
      first,
    ]);
    expect(await viewer.ended).toBe(0);

    expect([...nalUnits(await readFile(first))].length).toBeGreaterThan(2);
    expect(device.mostStreams).toBe(1);
    await bridge.until('viewers: 0');
    expect(await bridge.interrupt()).toBe(0);
    expect(bridge.output).toMatch(/device: live.*bridge closed/s);
  });

  it('sends the pictures as they are, for a server that makes a camera of them', async () => {
    const bridge = new ExampleProgram('esp32-bridge', [
      '--camera',
      device.address,
      '--jpeg',
      ...where('esp32-jpeg'),
    ]);
    await bridge.until('device: live');

    const snapshot = async () => {
      const { status, headers } = await server.ask('/cameras/yard/snapshot.jpg', {
        token: server.adminToken,
      });
      return { status, type: headers['content-type'] };
    };
    // The device is there; its first picture may still be on its way to the server.
    await expect.poll(snapshot).toEqual({ status: 200, type: 'image/jpeg' });
    const pictures = await MultipartReader.open(
      `${server.url}/cameras/yard/stream.mjpeg?token=${server.adminToken}`,
    );
    await expect
      .poll(() => new Set(pictures.parts.map(({ body }) => Buffer.from(body).toString('latin1'))).size)
      .toBeGreaterThan(20);
    pictures.close();
    expect(await bridge.interrupt()).toBe(0);
  });

  it('says which words it wants', async () => {
    const bridge = new ExampleProgram('esp32-bridge', []);

    expect(await bridge.ended).toBe(1);
    expect(bridge.output).toContain('--camera HOST');
  });
});
