import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IPiCameraOptions } from '@pinhole/client/picamera';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { PicameraClients } from '../support/picamera-client/picamera-page.ts';
import type { DaemonGeneration } from '../support/picamera-daemon/scripted-daemon.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const GENERATIONS: readonly DaemonGeneration[] = ['a', 'b', 'c'];
const RECORDING_BYTES = 3_000_001;
const RECORDING_SUM = createHash('sha256')
  .update(Uint8Array.from({ length: RECORDING_BYTES }, (_, i) => (i * 31 + (i >> 8)) & 255))
  .digest('hex');

const CONFIG = `
cameras:
  door:
    source: synthetic:320x240@15
    picamera: garden
mqtt:
  users:
    - { name: pi-a, password: a long one, device: pi-a }
    - { name: pi-b, password: a long one, device: pi-b }
    - { name: pi-c, password: a long one, device: pi-c }
    - { name: page, password: another one, view: '*' }
`;

needs('chromium').describe('the browser library of picamera.js pages', () => {
  const { it } = needs('chromium');
  let folder: string;
  let pinhole: Pinhole;
  let browser: Browser;
  let clients: PicameraClients;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-picamera-'));
    const config = join(folder, 'pinhole.yaml');
    await writeFile(config, CONFIG);
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    clients = await PicameraClients.open(browser, `${pinhole.url}/health`);
    for (const generation of GENERATIONS) {
      const name = `pi-${generation}`;
      const broker = `${pinhole.url.replace('http', 'ws')}/mqtt`;
      await clients.run('startDaemon', name, {
        generation,
        uid: name,
        broker,
        username: name,
        password: 'a long one',
        recordingBytes: RECORDING_BYTES,
      });
      await clients.until(() => clients.run('daemonReady', name));
    }
  });

  afterEach(async () => {
    for (const name of GENERATIONS.map((generation) => `pi-${generation}`)) {
      expect((await clients.run('daemon', name)).crashes).toEqual([]);
    }
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const options = (uid: string, more: IPiCameraOptions = {}): IPiCameraOptions => ({
    deviceUid: uid,
    mqttHost: 'localhost',
    mqttPort: pinhole.port,
    mqttProtocol: 'ws',
    mqttUsername: 'page',
    mqttPassword: 'another one',
    isMicOn: false,
    ...more,
  });

  const codes = async (viewer: string): Promise<readonly string[]> =>
    (await clients.events(viewer, 'onError')).map(([error]) => (error as { readonly code: string }).code);

  it.each(GENERATIONS)('shows, asks, loads and talks with a daemon of generation %s', async (generation) => {
    const uid = `pi-${generation}`;
    await clients.connect('viewer', options(uid, { ipcMode: 'reliable' }));
    const frames = await clients.frames('viewer');
    const numbers = frames.map(({ frameNumber }) => frameNumber);
    expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));

    await clients.event('viewer', 'onDatachannel', 2);
    const before = (await clients.run('daemon', uid)).painted;
    await clients.run('call', 'viewer', 'snapshot', 90);
    const [url] = await clients.event('viewer', 'onSnapshot');
    const after = (await clients.run('daemon', uid)).painted;
    const picture = await clients.run('readPicture', String(url));
    expect(picture).toMatchObject({ width: 320, height: 180 });
    expect(picture.frameNumber).toBeGreaterThanOrEqual(before - 1);
    expect(picture.frameNumber).toBeLessThanOrEqual(after);

    await clients.run('call', 'viewer', 'getRecordingMetadata');
    const [file] = await clients.event('viewer', 'onMetadata');
    const { path } = file as { readonly path: string };
    expect(file).toMatchObject({ duration: 60, image: 'data:image/jpeg;base64,/9j/' });
    await clients.run('call', 'viewer', 'getRecordingMetadata', path);
    await clients.event('viewer', 'onMetadata', 4);

    await clients.run('call', 'viewer', 'fetchRecordedVideo', path);
    expect(await clients.event('viewer', 'onVideoDownloaded')).toEqual([{ bytes: RECORDING_BYTES }]);
    expect(await clients.run('sum', RECORDING_BYTES)).toBe(RECORDING_SUM);
    const progress = (await clients.events('viewer', 'onProgress')).filter(([, , type]) => type === 3);
    expect(progress.at(-1)).toEqual([RECORDING_BYTES, RECORDING_BYTES, 3]);
    expect(progress.length).toBeGreaterThan(40);
    const streamed = await clients.run('sumOfStream', 'viewer', path);
    expect(streamed.sum).toBe(RECORDING_SUM);

    for (let i = 0; i < 20; i++) await clients.run('call', 'viewer', 'sendMessage', `message ${i} grüßt`);
    await clients.event('viewer', 'onMessage', 20);
    const messages = await clients.events('viewer', 'onMessage');
    expect(messages.map(([text]) => text)).toEqual(
      Array.from({ length: 20 }, (_, i) => `message ${i} grüßt`),
    );

    await clients.run('call', 'viewer', 'setCameraProperty', 18, 6);
    await clients.until(async () => (await clients.run('daemon', uid)).controls.length > 0);
    if (generation !== 'a') {
      await clients.run('call', 'viewer', 'startRecording');
      expect(await clients.event('viewer', 'onRecording')).toEqual([{ isRecording: true, filepath: path }]);
    }

    const report = await clients.run('daemon', uid);
    expect(report.controls).toEqual([[18, 6]]);
    expect(report.undecodableLater).toBe(0);
    // The one request that had to be said in both ways.
    expect(report.undecodable).toBe(generation === 'c' ? 0 : 1);
    expect(report.peers).toBe(1);
    expect(await codes('viewer')).toEqual([]);
    // Devices of the older topics are left to themselves once connected.
    await clients.until(async () => (await clients.run('census')).sockets === (generation === 'c' ? 4 : 3));

    await clients.run('close', 'viewer');
    await clients.until(async () => (await clients.run('daemon', uid)).open === 0);
    await clients.until(async () => (await clients.run('census')).sockets === 3);
    expect((await clients.run('census')).connections).toBe(0);
  });
});
