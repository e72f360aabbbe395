import 'reflect-metadata';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@pinhole/core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { monotonicNow, utcNow } from '../../apps/server/src/clock.ts';
import { checkConfig } from '../../apps/server/src/config/load-config.ts';
import { MqttService } from '../../apps/server/src/mqtt/mqtt-service.ts';
import { type MqttExample, startMqttExample } from '../support/mqtt-example.ts';
import { hear, TestLinks } from '../support/mqtt-links.ts';
import { needs } from '../support/third-parties.ts';

const GARDEN = { username: 'garden', password: 'the device’s own' };
const PAGE = { username: 'page', password: 'what pages show' };

const { describe, it } = needs('mosquitto', 'nginx');

describe('mosquitto and nginx as in examples/mqtt', () => {
  let example: MqttExample;
  const links = new TestLinks();
  const device = () => links.open({ url: example.tls, ca: example.ca, ...GARDEN });
  const page = (clientId: string) =>
    links.open({ url: example.webSocket, ca: example.ca, clientId, ...PAGE });
  beforeAll(async () => {
    example = await startMqttExample({ garden: GARDEN.password, page: PAGE.password });
  });
  afterEach(() => links.closeAll());
  afterAll(() => example?.dispose());

  it('carry what devices and pages say, by TLS, TCP and WebSocket, in both families of topics', async () => {
    const [camera, here, viewer] = [device(), links.open({ url: example.tcp, ...GARDEN }), page('page-1')];
    const offers = await hear(camera, 'garden/sdp/+/offer', 'garden/ice/+/offer', 'garden/offer/+');
    const answers = await hear(viewer, 'garden/sdp/page-1', 'garden/answer/page-1', 'garden/ice/page-1');
    const description = 'o'.repeat(65_000);

    viewer.publish('garden/sdp/page-1/offer', description);
    viewer.publish('garden/ice/page-1/offer', 'candidate', { qos: 1 });
    viewer.publish('garden/offer/page-1', 'offer', { qos: 2 });
    await offers.until(3);
    camera.publish('garden/sdp/page-1', 'answer', { qos: 2 });
    camera.publish('garden/answer/page-1', 'answer', { qos: 2 });
    here.publish('garden/ice/page-1', 'candidate', { qos: 2 });
    await answers.until(3);

    expect(offers.messages).toEqual([
      `garden/sdp/page-1/offer ${description}`,
      'garden/ice/page-1/offer candidate',
      'garden/offer/page-1 offer',
    ]);
    expect(answers.messages.toSorted()).toEqual([
      'garden/answer/page-1 answer',
      'garden/ice/page-1 candidate',
      'garden/sdp/page-1 answer',
    ]);
  });

  it('let no page hear what is said to another, nor say what only the device may', async () => {
    const [camera, spy, viewer] = [device(), page('spy'), page('page-1')];
    const overheard = await hear(spy, '#');
    const answers = await hear(viewer, 'garden/answer/page-1');
    const offers = await hear(camera, 'garden/offer/+');

    spy.publish('garden/answer/page-1', 'false', { qos: 1 });
    spy.publish('garden/offer/page-1', 'false', { qos: 1 });
    await expect.poll(() => spy.counters.publishRefused).toBe(2);
    viewer.publish('garden/offer/page-1', 'true');
    await offers.until(1);
    camera.publish('garden/answer/page-1', 'true');
    camera.publish('garden/answer/spy', 'its own');
    await Promise.all([answers.until(1), overheard.until(1)]);

    expect(offers.messages).toEqual(['garden/offer/page-1 true']);
    expect(answers.messages).toEqual(['garden/answer/page-1 true']);
    expect(overheard.messages).toEqual(['garden/answer/spy its own']);
  });

  it('refuse a wrong password; nobody tries again', async () => {
    for (const url of [example.tcp, example.tls, example.webSocket]) {
      const stranger = links.open({ url, ca: example.ca, username: 'garden', password: 'wrong' });

      expect(await stranger.until('refused')).toMatchObject({ error: { code: 'mqtt/bad-credentials' } });
      expect(stranger.states).toEqual(['refused: mqtt/bad-credentials']);
      stranger.reconnect(GARDEN);
      await stranger.until('connected');
    }
  });

  it('are not believed when another authority signed, and it is said what to do', async () => {
    for (const url of [example.tls, example.webSocket]) {
      for (const ca of [{ ca: example.otherCa }, {}]) {
        const link = links.open({ url, ...ca, ...GARDEN });

        expect(await link.until('lost')).toMatchObject({ why: expect.stringMatching(/certificate/) });
        expect(link.counters.connections).toBe(0);
      }
    }
  });

  it('come back after they were killed: links too, with what they hear and what waits', async () => {
    const [camera, viewer] = [device(), page('page-1')];
    const offers = await hear(camera, 'garden/offer/+');
    const answers = await hear(viewer, 'garden/answer/page-1');

    await example.kill();
    await Promise.all([camera.until('lost'), viewer.until('lost')]);
    camera.publish('garden/answer/page-1', 'said in between', { qos: 1 });
    await example.start();
    await Promise.all([camera.until('connected'), viewer.until('connected')]);
    viewer.publish('garden/offer/page-1', 'again', { qos: 1 });
    await offers.until(1);
    camera.publish('garden/answer/page-1', 'again', { qos: 1 });

    // What was said in between waits for the broker, but the page may be back later than that.
    await expect.poll(() => answers.messages).toContain('garden/answer/page-1 again');
    expect(offers.messages).toEqual(['garden/offer/page-1 again']);
    expect(camera.counters).toMatchObject({ connections: 2, published: 2, droppedFull: 0 });
  });

  it('serve the devices of a server whose configuration names them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pinhole-mqtt-ca-'));
    await writeFile(join(folder, 'ca.pem'), example.ca);
    const service = await MqttService.open({
      config: checkConfig({ mqtt: { url: example.tls, ca: join(folder, 'ca.pem'), ...GARDEN } }).mqtt,
      authenticator: { authenticate: () => ({ kind: 'limited', retryAfterSeconds: 1 }) },
      failedPerMinute: 1,
      cameraOf: (uid) => uid,
      sockets: { add: () => {}, recognise: () => {} },
      now: monotonicNow,
      utcNow,
      log: silentLogger,
    });
    const offers = await hear(service.link(), 'garden/offer/+');

    page('page-1').publish('garden/offer/page-1', 'offer');
    await offers.until(1);

    expect(service.gauges).toBeUndefined();
    await service.close();
    await rm(folder, { recursive: true });
  });
});
