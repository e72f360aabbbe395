import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { selfSignedKeyPair } from '../../apps/server/src/tls/certificate.ts';
import { hear, TestLinks } from '../support/mqtt-links.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const PICTURE = 'synthetic:320x240@15';
const DEVICE_PASSWORD = 'the device’s own secret';
const PAGE_PASSWORD = 'what the page shows';

describe('MQTT of the server', () => {
  let server: TestServer;
  const links = new TestLinks();
  const webSocket = (query = '') => `ws://127.0.0.1:${server.port}/mqtt${query}`;
  const tcp = () => `mqtt://127.0.0.1:${server.mqttPort}`;
  const device = () => links.open({ url: tcp(), username: 'shed', password: DEVICE_PASSWORD });
  beforeAll(async () => {
    server = await openTestServer({
      cameras: { door: PICTURE, hall: PICTURE },
      mqtt: {
        tcp: { port: 0 },
        users: [
          { name: 'shed', password: DEVICE_PASSWORD, device: 'shed' },
          { name: 'page', password: PAGE_PASSWORD, view: ['shed'] },
        ],
      },
      limits: { failedAuthPerMinute: 5 },
    });
  });
  afterEach(() => links.closeAll());
  afterAll(() => server.close());

  it('brings a device outside and a page together, over TCP and a WebSocket', async () => {
    const [camera, page] = [
      device(),
      links.open({ url: webSocket(), clientId: 'page-1', username: 'page', password: PAGE_PASSWORD }),
    ];
    const offers = await hear(camera, 'shed/sdp/+/offer');
    const answers = await hear(page, 'shed/sdp/page-1', 'shed/ice/page-1');
    const offer = 'o'.repeat(65_536);

    page.publish('shed/sdp/page-1/offer', offer);
    await offers.until(1);
    camera.publish('shed/sdp/page-1', 'answer', { qos: 2 });
    camera.publish('shed/ice/page-1', 'candidate', { qos: 2 });
    await answers.until(2);

    expect(offers.messages).toEqual([`shed/sdp/page-1/offer ${offer}`]);
    expect(answers.messages).toEqual(['shed/sdp/page-1 answer', 'shed/ice/page-1 candidate']);
  });

  it('takes a token as the password, or in the address, and goes by its rights', async () => {
    const { token } = await server.token({ cameras: ['door'], rights: ['view'] });
    for (const [index, options] of [
      { url: webSocket(), username: 'anything', password: token },
      { url: webSocket(`?token=${token}`) },
      { url: tcp(), username: 'anything', password: token },
    ].entries()) {
      const clientId = `page-${index}`;
      const page = links.open({ ...options, clientId });
      const subscription = page.subscribe(
        [{ topic: `door/answer/${clientId}` }, { topic: `hall/answer/${clientId}` }, { topic: 'door/#' }],
        () => {},
      );

      expect((await subscription.answered).map(({ granted }) => granted)).toEqual([true, false, false]);
      page.publish(`hall/offer/${clientId}`, 'x', { qos: 1 });
      page.publish(`door/offer/${clientId}`, 'x', { qos: 1 });
      await expect.poll(() => page.counters).toMatchObject({ published: 1, publishRefused: 1 });
    }
  });

  it('ends what a token let in when that is revoked', async () => {
    const { id, token } = await server.token({ cameras: '*', rights: ['view'] });
    const page = links.open({ url: webSocket(), password: token, username: 'x' });
    await page.until('connected');

    await server.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', token: server.adminToken });

    expect(await page.until('refused')).toMatchObject({ error: { code: 'mqtt/bad-credentials' } });
    expect(page.counters.connections).toBe(1);
  });

  it('refuses nobody’s name and password once, and nobody tries again', async () => {
    const strangers = [
      links.open({ url: tcp() }),
      links.open({ url: webSocket() }),
      links.open({ url: tcp(), username: 'page', password: 'wrong' }),
    ];

    for (const stranger of strangers) {
      await stranger.until('refused');
      expect(stranger.states).toEqual(['refused: mqtt/bad-credentials']);
      expect(stranger.publish('shed/offer/x', 'x')).toBe(false);
    }
  });

  it('does not let passwords be guessed: after some wrong ones the right one has to wait too', async () => {
    const guess = (password: string) =>
      links.open({ url: tcp(), username: 'page', password, backoff: { firstMs: 60_000, maxMs: 60_000 } });
    for (let turn = 0; turn < 6; turn++) {
      const link = guess(`guess ${turn}`);
      await Promise.race([link.until('refused'), link.until('lost')]);
    }

    const right = guess(PAGE_PASSWORD);
    expect(await right.until('lost')).toMatchObject({ why: 'the broker is busy' });
    const { token } = await server.token({ cameras: '*', rights: ['view'] });
    await links.open({ url: tcp(), username: 'token', password: token }).until('connected');
  });

  it('refuses a WebSocket that offers no MQTT, and one of a foreign page', async () => {
    const refusalOf = (protocols: readonly string[], headers: Record<string, string> = {}) =>
      new Promise((resolve) => {
        const socket = new WebSocket(webSocket(), [...protocols], { headers });
        socket.on('error', () => {});
        socket.on('unexpected-response', (_, response) => {
          resolve(response.statusCode);
          response.resume();
          socket.terminate();
        });
      });

    expect(await refusalOf([])).toBe(400);
    expect(await refusalOf(['mqtt'], { origin: 'https://evil.example' })).toBe(403);
    expect(await refusalOf(['mqtt'], { host: 'evil.example' })).toBe(421);
  });

  it('writes no secret into its log, and its figures where all are', async () => {
    const metrics = await server.ask('/metrics', { token: server.adminToken });

    for (const secret of [DEVICE_PASSWORD, PAGE_PASSWORD, server.adminToken])
      expect(server.logged()).not.toContain(secret);
    expect(metrics.text).toMatch(/pinhole_mqtt\{what="clients"\} \d/);
    expect(metrics.text).toMatch(/output="mqtt",event="refused-credentials"\} [1-9]/);
  });
});

it('MQTT over TLS has the certificate that the configuration names', async () => {
  const links = new TestLinks();
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-mqtt-tls-'));
  const { cert: ca } = await selfSignedKeyPair(folder, { names: ['localhost'], now: new Date() });
  const tls = { cert: join(folder, 'tls-cert.pem'), key: join(folder, 'tls-key.pem') };
  const user = { name: 'shed', password: 'secret', device: 'shed' };
  const server = await openTestServer({ mqtt: { tcp: { port: 0, tls }, users: [user] } });
  try {
    const login = { username: user.name, password: user.password };
    const url = `mqtts://localhost:${server.mqttPort}`;
    const [trusting, careful, plain] = [
      links.open({ url, ca, ...login }),
      links.open({ url, ...login }),
      links.open({ url: url.replace('mqtts', 'mqtt'), ...login }),
    ];

    await trusting.until('connected');
    expect(await careful.until('lost')).toMatchObject({ why: expect.stringMatching(/certificate/) });
    await plain.until('lost');
    expect(plain.counters.connections).toBe(0);
  } finally {
    await links.closeAll();
    await server.close();
    await rm(folder, { recursive: true });
  }
});

it('strangers watch what the configuration lets those from their address watch', async () => {
  const links = new TestLinks();
  const server = await openTestServer({
    cameras: { door: { source: PICTURE, picamera: 'garden' }, hall: PICTURE },
    anonymous: [{ rights: ['view'], cameras: ['door'] }],
  });
  try {
    const page = links.open({ url: `ws://127.0.0.1:${server.port}/mqtt`, clientId: 'page' });
    const topics = ['garden/answer/page', 'door/answer/page', 'hall/answer/page'];

    const { answered } = page.subscribe(
      topics.map((topic) => ({ topic })),
      () => {},
    );

    // A camera is asked for by its uid; what is no camera's uid is the uid of a device outside.
    expect((await answered).map(({ granted }) => granted)).toEqual([true, true, false]);
    expect(server.mqttPort).toBeUndefined();

    await server.close();
    expect(page.states).toContain('lost: the broker is shutting down');
  } finally {
    await links.closeAll();
    await server.close();
  }
});
