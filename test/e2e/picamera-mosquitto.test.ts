import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Browser, openChromium } from '../support/chromium.ts';
import { type LoopbackServer, serveOnLoopback } from '../support/loopback-server.ts';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.ts';
import { StockClients } from '../support/picamera/stock-clients.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

/** Enough to tell that a picture moves. */
const SOME_FRAMES = 10;

needs('chromium', 'mosquitto').describe("stock clients on somebody else's broker", () => {
  const { it } = needs('chromium', 'mosquitto');
  let folder: string;
  let broker: Mosquitto;
  let pinhole: Pinhole;
  let browser: Browser;
  let blank: LoopbackServer;
  let clients: StockClients;
  let witness: MqttClient;
  const presence: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-picamera-'));
    broker = await startMosquitto();
    const config = join(folder, 'pinhole.yaml');
    await writeFile(
      config,
      [
        'cameras:',
        '  door:',
        '    source: synthetic:320x240@15',
        '    picamera: { uid: garden, presence: retained }',
        `mqtt: { url: '${broker.url}' }`,
        '',
      ].join('\n'),
    );
    witness = await mqtt.connectAsync(broker.url, { protocolVersion: 5 });
    witness.on('message', (_topic, payload) => presence.push(payload.toString()));
    await witness.subscribeAsync('garden/lwt');
    blank = await serveOnLoopback(
      () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html' } }),
    );
    [pinhole, browser] = await Promise.all([startPinhole({ args: ['--config', config] }), openChromium()]);
    clients = await StockClients.open(browser, {
      url: blank.url('/'),
      uid: 'garden',
      broker: broker.webSocketUrl,
    });
  });

  afterAll(async () => {
    await browser?.close();
    await pinhole?.dispose();
    await witness?.endAsync(true);
    await blank?.close();
    await broker?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('see the picture and whether the camera is there', async () => {
    for (const generation of ['a', 'b', 'c'] as const) await clients.connect(generation, { generation });

    for (const name of ['a', 'b', 'c']) await clients.watch(name, SOME_FRAMES);

    expect(await pinhole.sessions()).toHaveLength(3);
    expect(presence).toEqual(['online']);
  });

  it('keep their picture whatever anybody says on any topic', async () => {
    const texts = ['', '{', 'null', '{"type":"offer"}', '{"type":"offer","sdp":"v=0"}', '{"candidate":7}'];
    const hostile = [
      ...texts,
      'x'.repeat(300_000),
      Buffer.from([0, 255, 254]),
      '{"type":"offer","sdp":"v=0\\r\\nm=video"}',
    ];
    // One that is connected and hears none of it: it left the broker.
    const watching = await clients.report('a');
    const topics = ['sdp/x/offer', 'ice/x/offer', 'offer/x', 'answer/x', 'ice/x', 'lwt/x'].flatMap(
      (topic) => [`garden/${topic}`, `garden/${topic.replace('x', watching.clientId)}`],
    );

    for (const topic of topics)
      for (const payload of hostile) await witness.publishAsync(topic, payload, { qos: 1 });
    for (const name of ['a', 'b', 'c']) await clients.frames(name);
    for (const name of ['a', 'b', 'c']) await clients.watch(name, SOME_FRAMES);

    expect(await pinhole.sessions()).toHaveLength(3);
    await clients.connect('after', { generation: 'a' });
    await clients.watch('after', SOME_FRAMES);
    await clients.close('after');
  });

  it('go on while the broker is away, and new ones come once it is back', async () => {
    await broker.stop();
    for (const name of ['a', 'b', 'c']) await clients.frames(name);
    for (const name of ['a', 'b', 'c']) await clients.watch(name, SOME_FRAMES);

    await broker.start();
    await expect
      .poll(
        async () => {
          await clients.connect('anew', { generation: 'b' });
          try {
            await clients.watch('anew', SOME_FRAMES, { patienceMs: 5000 });
            return 'sees';
          } catch {
            await clients.close('anew', 'vanish');
            return 'waits';
          }
        },
        { timeout: 60_000 },
      )
      .toBe('sees');
    await clients.close('anew');
  });

  it('of generation C are answered anew when the camera was started again', async () => {
    const before = await clients.report('c');
    await pinhole.stop('SIGKILL');
    pinhole = await pinhole.restart();

    // The broker said it for the one that was killed.
    await expect.poll(() => presence.slice(-2), { timeout: 20_000 }).toEqual(['offline', 'online']);

    // Its own offer may have come while nobody was there; it asks once more, as it does after eight seconds.
    await clients.restart('c');
    const after = await clients.until('c', ({ answered }) => answered.length > before.answered.length);

    expect(after.errors).toEqual([]);
    await expect.poll(() => pinhole.sessions(), { timeout: 20_000 }).toHaveLength(1);
  });

  it('read that the camera went when it says goodbye', async () => {
    await pinhole.stop();

    await expect.poll(() => presence.at(-1), { timeout: 10_000 }).toBe('offline');
  });
});
