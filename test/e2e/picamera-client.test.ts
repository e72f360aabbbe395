import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import {
  type ClientRig,
  GENERATIONS,
  openClientRig,
  RECORDING_BYTES,
  RECORDING_SUM,
} from '../support/picamera-client/client-rig.ts';
import { snippet } from '../support/picamera-client/documented-snippets.ts';
import { PicameraClients } from '../support/picamera-client/picamera-page.ts';
import { needs } from '../support/third-parties.ts';

needs('chromium', 'ffmpeg', 'python3').describe('the browser library of picamera.js pages', () => {
  const { it } = needs('chromium', 'ffmpeg', 'python3');
  let rig: ClientRig;
  let clients: PicameraClients;
  /** On a page of somebody else. */
  let room: PicameraClients;

  beforeAll(async () => {
    rig = await openClientRig();
    ({ clients, room } = rig);
  });

  afterEach(async () => {
    await clients.page.bringToFront();
    for (const name of GENERATIONS.map((generation) => `pi-${generation}`)) {
      expect((await clients.run('daemon', name)).crashes).toEqual([]);
    }
  });

  afterAll(() => rig?.close());

  const codes = async (viewer: string): Promise<readonly string[]> =>
    (await clients.events(viewer, 'onError')).map(([error]) => (error as { readonly code: string }).code);

  it.each(GENERATIONS)('shows, asks, loads and talks with a daemon of generation %s', async (generation) => {
    const uid = `pi-${generation}`;
    await clients.connect('viewer', rig.options(uid, { ipcMode: 'reliable' }));
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
      await clients.connect('viewer', rig.options(uid));
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
    await room.connect('viewer', rig.options('pi-b', { codec: 'VP8', isMicOn: true, isSpeakerOn: false }));
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

  it('tells why there is no sound or no picture, and leaves nothing behind', async () => {
    const mute = await PicameraClients.open(rig.browser, rig.gateway.mutePageUrl);
    await mute.connect('mute', rig.options('pi-a', { isMicOn: true }));
    await mute.frames('mute');
    expect(await mute.event('mute', 'onError')).toMatchObject([{ code: 'picamera/microphone' }]);
    await mute.page.close();
    await clients.page.bringToFront();

    await clients.connect('nobody', rig.options('nobody', { timeout: 500 }));
    await clients.event('nobody', 'onTimeout');
    expect(await clients.event('nobody', 'onConnectionState')).toEqual(['closed']);

    await clients.connect('stranger', rig.options('garden', { mqttPassword: 'wrong' }));
    expect(await clients.event('stranger', 'onError')).toMatchObject([{ code: 'picamera/broker-refused' }]);
    expect(await clients.run('call', 'stranger', 'getStatus')).toBe('closed');

    for (const name of ['nobody', 'stranger']) await clients.run('close', name);
    await clients.until(async () => (await clients.run('census')).sockets === 3);
    expect((await clients.run('census')).connections).toBe(0);
  });

  it('sees and hears a room at an SFU server, and talks with what is in it', async () => {
    await room.page.bringToFront();
    await room.run('startGateway', rig.gateway.insideUrl);
    await room.until(() => room.run('gatewayReady'));

    await room.runSnippet(snippet('onSfuStream').replace('wss://sfu.example', rig.gateway.url));
    await room.until(async () => (await room.run('snippet')).frames.length > 0);
    await room.run('endSnippet');

    await room.connect('viewer', {
      signaling: 'websocket',
      websocketUrl: rig.gateway.url,
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
    const pushed = ['onRoomInfo', 'onQuality', 'onSpeaking', 'onParticipant'];
    expect(await Promise.all(pushed.map((name) => room.event('viewer', name)))).toEqual([
      [{ sid: 'RM_1', name: 'the-room-name' }],
      [[{ sid: 'PA_door', score: 4.5 }]],
      [[{ sid: 'PA_door', level: 0.5 }]],
      [[{ sid: 'PA_door', id: 'door', state: 'ACTIVE' }]],
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
