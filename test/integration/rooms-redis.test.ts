import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { type RedisServer, startRedis } from '../support/redis-server.ts';
import { inWords, RoomPeer } from '../support/room-peer.ts';
import { needs } from '../support/third-parties.ts';

const DOOR = { deviceType: 'camera', cameraId: 'door' };
/** A lease of 30 s, what is left of a beat, and a busy machine. */
const GONE = { timeout: 45_000, interval: 500 };

needs('redis').describe('two servers with one Redis', () => {
  let redis: RedisServer;
  let folder: string;
  let here: Pinhole;
  let there: Pinhole;

  beforeAll(async () => {
    redis = await startRedis();
    folder = await mkdtemp(join(tmpdir(), 'pinhole-rooms-'));
    const config = join(folder, 'pinhole.yaml');
    const rooms = `{ mode: compatible, redis: '${redis.url}' }`;
    await writeFile(config, `rooms: ${rooms}\ncameras: { test: 'synthetic:320x240@15' }\n`);
    [here, there] = await Promise.all([
      startPinhole({ args: ['--config', config] }),
      startPinhole({ args: ['--config', config] }),
    ]);
  });
  afterAll(async () => {
    await here?.dispose();
    await there?.dispose();
    await redis?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  async function gauge(server: Pinhole, what: string): Promise<number> {
    const reply = await fetch(`${server.url}/metrics`, {
      headers: { authorization: `Bearer ${server.token}` },
    });
    return Number(
      new RegExp(`^pinhole_rooms\\{what="${what}"\\} (\\d+)$`, 'm').exec(await reply.text())?.[1],
    );
  }

  async function member(server: Pinhole, fields: object): Promise<RoomPeer> {
    const peer = await RoomPeer.open(`${server.url}/`);
    await peer.join({ ...fields });
    return peer;
  }

  it('a viewer of one negotiates with a camera of the other', async () => {
    await expect.poll(() => gauge(here, 'nodes'), { timeout: 10_000 }).toBe(1);
    await expect.poll(() => gauge(there, 'nodes'), { timeout: 10_000 }).toBe(1);
    const camera = await member(there, { room: 'cctv', ...DOOR });
    await expect.poll(() => gauge(here, 'cameras')).toBe(1);
    const viewer = await member(here, { room: 'cctv' });
    expect(await viewer.take('cameraAvailable')).toMatchObject({ cameraId: 'door', clientId: camera.id });

    viewer.say({ type: 'requestStream', cameraId: 'door', requestId: '7' });
    const { viewerId } = await camera.take('viewerRequest');
    camera.say({ type: 'offer', target: viewerId, sdp: { type: 'offer', sdp: 'x' } });
    const { sender } = await viewer.take('offer');
    viewer.say({ type: 'answer', target: sender, sdp: { type: 'answer', sdp: 'y' } });

    expect(await camera.take('answer')).toEqual({
      type: 'answer',
      sender: viewer.id,
      sdp: { type: 'answer', sdp: 'y' },
    });
    await viewer.leave();
    expect(await camera.take('viewerLeft')).toMatchObject({ viewerId: viewer.id });
    await camera.leave();
    await expect.poll(() => gauge(here, 'members')).toBe(0);
  });

  it('goes on alone while Redis is away, and finds the other again', async () => {
    await redis.stop();
    const camera = await member(here, { room: 'alone', ...DOOR });
    const viewer = await member(here, { room: 'alone' });
    viewer.say({ type: 'requestStream', cameraId: 'door' });
    await camera.take('viewerRequest');
    expect(await gauge(there, 'members')).toBe(0);

    await redis.start();

    await expect.poll(() => gauge(there, 'members'), { timeout: 20_000 }).toBe(2);
    expect(here.output()).toContain('rooms reach Redis again');
    expect(here.output()).not.toContain('p%40ss');
    await Promise.all([camera.leave(), viewer.leave()]);
    await expect.poll(() => gauge(there, 'members')).toBe(0);
  });

  it('the members of a server that was killed are gone from the other within 45 s', async () => {
    const viewer = await member(here, { room: 'cctv' });
    const camera = await member(there, { room: 'cctv', ...DOOR });
    await viewer.take('cameraAvailable');

    await there.stop('SIGKILL');
    await camera.closed;

    await expect.poll(() => gauge(here, 'members'), GONE).toBe(1);
    expect(inWords(await viewer.heard())).toEqual(['cameraUnavailable', 'clientDisconnected']);
    expect(await gauge(here, 'nodes')).toBe(0);
    await viewer.leave();
  }, 60_000);
});

it('a Redis that is not there keeps no server from starting', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-rooms-'));
  const config = join(folder, 'pinhole.yaml');
  await writeFile(config, `rooms: { mode: compatible, redis: 'redis://127.0.0.1:1' }\n`);
  const server = await startPinhole({ args: ['--config', config] });
  const peer = await RoomPeer.open(`${server.url}/`);

  await peer.join({ room: 'cctv' });

  await expect.poll(() => server.output()).toContain('rooms do not reach Redis');
  expect(await server.stop()).toBe(0);
  await server.dispose();
  await rm(folder, { recursive: true, force: true });
});
