import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IPiCameraOptions } from '@pinhole/client/picamera';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { readPage } from '../docs/markdown.ts';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type FakeRpicam, withFakePicamera2 } from '../support/fake-rpicam/fake-rpicam.ts';
import { startEchoProgram } from '../support/picamera-client/echo-program.ts';
import { PicameraClients } from '../support/picamera-client/picamera-page.ts';
import type { DaemonGeneration } from '../support/picamera-daemon/scripted-daemon.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { type GatewayServer, startGatewayServer } from '../support/sfu-gateway/gateway-server.ts';
import { needs } from '../support/third-parties.ts';

const GENERATIONS: readonly DaemonGeneration[] = ['a', 'b', 'c'];
const RECORDING_BYTES = 3_000_001;
const RECORDING_SUM = createHash('sha256')
  .update(Uint8Array.from({ length: RECORDING_BYTES }, (_, i) => (i * 31 + (i >> 8)) & 255))
  .digest('hex');

const config = (folder: string, origin: string): string => `
origins: ['${origin}']
cameras:
  door:
    source: rpicam:0?size=320x240&fps=15
    record: background
    picamera:
      uid: garden
      ipc: { enabled: true, socket: ${folder}/ipc.sock, framing: framed }
recordings: { segmentSeconds: 1 }
mqtt:
  users:
    - { name: pi-a, password: a long one, device: pi-a }
    - { name: pi-b, password: a long one, device: pi-b }
    - { name: pi-c, password: a long one, device: pi-c }
    - { name: page, password: another one, view: '*' }
`;

/** The one block of the documentation that has a word in it. */
function snippet(word: string): string {
  const { blocks } = readPage('docs/picamera-client.md');
  const found = blocks.filter(({ language, text }) => language === 'javascript' && text.includes(word));
  expect(found).toHaveLength(1);
  return found[0]?.text ?? '';
}

needs('chromium').describe('the browser library of picamera.js pages', () => {
  const { it } = needs('chromium');
  let folder: string;
  let pinhole: Pinhole;
  let browser: Browser;
  let clients: PicameraClients;
  let fake: FakeRpicam;
  let echo: Socket;
  let gateway: GatewayServer;
  /** On a page of somebody else. */
  let room: PicameraClients;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-picamera-'));
    fake = await withFakePicamera2();
    gateway = await startGatewayServer();
    const file = join(folder, 'pinhole.yaml');
    await writeFile(file, config(folder, new URL(gateway.pageUrl).origin), { mode: 0o600 });
    [pinhole, browser] = await Promise.all([
      startPinhole({ args: ['--config', file], env: fake.env }),
      openChromium({ flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] }),
    ]);
    echo = await startEchoProgram(join(folder, 'ipc.sock'));
    room = await PicameraClients.open(browser, gateway.pageUrl);
    // The page in front last: one behind it paints no frames.
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
    await clients.page.bringToFront();
    for (const name of GENERATIONS.map((generation) => `pi-${generation}`)) {
      expect((await clients.run('daemon', name)).crashes).toEqual([]);
    }
  });

  afterAll(async () => {
    echo?.destroy();
    await browser?.close();
    await pinhole?.dispose();
    await gateway?.close();
    await fake?.remove();
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

  it('restarts ICE with a device that knows it, and begins anew with one that does not', async () => {
    for (const uid of ['pi-c', 'pi-a']) {
      const { peers } = await clients.run('daemon', uid);
      await clients.connect('viewer', options(uid));
      await clients.frames('viewer');

      await clients.run('pretend', 'failed');
      await clients.until(async () => {
        const report = await clients.run('daemon', uid);
        return uid === 'pi-c' ? report.restarts > 0 : report.peers === peers + 2;
      });
      if (uid === 'pi-c') await clients.run('pretend', undefined);
      await clients.run('frames', 'viewer');
      await clients.frames('viewer');

      expect((await clients.run('daemon', uid)).peers).toBe(peers + (uid === 'pi-c' ? 1 : 2));
      expect(await clients.run('call', 'viewer', 'getStatus')).toBe('connected');
      expect(await codes('viewer')).toEqual([]);
      await clients.run('close', 'viewer');
    }
  });

  it('offers one codec where one is asked for, sends the microphone, and connects again', async () => {
    await room.page.bringToFront();
    await room.connect('viewer', options('pi-b', { codec: 'VP8', isMicOn: true, isSpeakerOn: false }));
    await room.frames('viewer');
    const { codecs: offered } = await clients.run('daemon', 'pi-b');
    expect(new Set(offered)).toEqual(new Set(['VP8']));
    await room.until(
      async () => (await clients.run('daemonHears', 'pi-b')) > 0,
      () => room.run('told', 'viewer'),
    );
    expect(await room.run('audioLevel', 'viewer')).toBe(0);
    await room.run('call', 'viewer', 'toggleSpeaker');
    await room.until(async () => (await room.run('audioLevel', 'viewer')) > 0.1);
    await room.run('call', 'viewer', 'terminate');
    expect(await room.run('call', 'viewer', 'getStatus')).toBe('closed');

    await room.run('frames', 'viewer');
    await room.run('call', 'viewer', 'connect');
    await room.frames('viewer');
    expect(await room.events('viewer', 'onError')).toEqual([]);

    await room.run('close', 'viewer');
  });

  it('shows the picture where the microphone is refused', async () => {
    // Pages of the program itself may not use it.
    await clients.connect('viewer', options('pi-a', { isMicOn: true }));

    await clients.frames('viewer');
    expect(await codes('viewer')).toEqual(['picamera/microphone']);

    await clients.run('close', 'viewer');
  });

  it('tells why there is no picture, and leaves nothing behind', async () => {
    await clients.connect('nobody', options('nobody', { timeout: 500 }));
    await clients.event('nobody', 'onTimeout');
    expect(await clients.event('nobody', 'onConnectionState')).toEqual(['closed']);

    await clients.connect('stranger', options('garden', { mqttPassword: 'wrong' }));
    expect(await clients.event('stranger', 'onError')).toMatchObject([{ code: 'picamera/broker-refused' }]);
    expect(await clients.run('call', 'stranger', 'getStatus')).toBe('closed');

    for (const name of ['nobody', 'stranger']) await clients.run('close', name);
    await clients.until(async () => (await clients.run('census')).sockets === 3);
    expect((await clients.run('census')).connections).toBe(0);
  });

  it('sees and hears a room at an SFU server, and talks with what is in it', async () => {
    await room.page.bringToFront();
    await room.run('startGateway', gateway.insideUrl);
    await room.until(() => room.run('gatewayReady'));

    await room.runSnippet(snippet('onSfuStream').replace('wss://sfu.example', gateway.url));
    await room.until(async () => (await room.run('snippet')).frames.length > 0);
    await room.run('endSnippet');

    await room.connect('viewer', {
      signaling: 'websocket',
      websocketUrl: gateway.url,
      apiKey: 'a key',
      roomId: 'the-room-name',
      userId: 'ann',
      ipcMode: 'lossy',
    });
    const frames = await room.frames('viewer');
    expect(frames.length).toBeGreaterThanOrEqual(5);
    await room.event('viewer', 'onSfuStream', 2);
    const streams = await room.events('viewer', 'onSfuStream');
    expect(streams.map(([sid]) => sid)).toEqual(['PA_door', 'PA_door']);
    expect(streams.at(-1)?.[1]).toMatchObject({ tracks: ['audio', 'video'] });
    expect(await room.event('viewer', 'onRoomInfo')).toEqual([{ sid: 'RM_1', name: 'the-room-name' }]);
    expect(await room.event('viewer', 'onQuality')).toEqual([[{ sid: 'PA_door', score: 4.5 }]]);
    expect(await room.event('viewer', 'onSpeaking')).toEqual([[{ sid: 'PA_door', level: 0.5 }]]);
    expect(await room.event('viewer', 'onParticipant')).toEqual([
      [{ sid: 'PA_door', id: 'door', state: 'ACTIVE' }],
    ]);
    await room.event('viewer', 'onDatachannel', 2);
    await room.run('call', 'viewer', 'sendMessage', 'hi');
    expect((await room.event('viewer', 'onMessage'))[0]).toBe('hi');
    const report = await room.run('gateway');
    expect(report?.messages).toEqual([[1, 'ipc_topic', [0x08, 0x64, 0xa2, 0x06, 0x02, 0x68, 0x69]]]);
    expect(report?.queries).toContain('?apiKey=a%20key&userId=ann&roomId=the-room-name');
    expect(report?.faults).toEqual([]);
    expect(await room.run('call', 'viewer', 'getStatus')).toBe('connected');

    await room.run('gatewaySays', 'leave', '');
    await room.until(async () => (await room.run('call', 'viewer', 'getStatus')) === 'closed');
    expect((await room.events('viewer', 'onError')).map(([error]) => error)).toMatchObject([
      { code: 'picamera/sfu-closed' },
    ]);
    expect(await room.run('census')).toMatchObject({ connections: 2, sockets: 1 });
    await room.until(async () => (await room.run('gateway'))?.actions.at(-1) === 'leave');
  });
});
