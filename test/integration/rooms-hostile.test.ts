import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { type Millis, millis, silentLogger } from '@pinhole/core';
import { PlainSockets } from '@pinhole/outputs/sockets';
import {
  COMPATIBLE_POLICY,
  DEFAULT_ROOM_LIMITS,
  DEFAULT_SOCKET_LIMITS,
  LocalBusHub,
  type RoomPicture,
  Rooms,
  RoomsEndpoint,
} from '@pinhole/signaling/rooms';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inWords, RoomPeer } from '../support/room-peer.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const DOOR = { deviceType: 'camera', cameraId: 'door' };
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);

/** An upgrade to a WebSocket, written by hand. */
function handshake(port: number): Socket {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
  return socket;
}

describe('the server, to whom anybody may talk', () => {
  let server: TestServer;
  const open: RoomPeer[] = [];

  beforeAll(async () => {
    server = await openTestServer({
      rooms: { mode: 'compatible', socketsPerAddress: 40, messagesPerSecondPerAddress: 100_000 },
      limits: { writesPerSecond: 1000, writeBurst: 10_000 },
    });
  });
  afterAll(() => server.close());
  afterEach(async () => {
    await Promise.all(open.splice(0).map((peer) => peer.leave()));
  });

  async function member(fields?: Readonly<Record<string, unknown>>): Promise<RoomPeer> {
    const peer = await RoomPeer.open(`${server.url}/`);
    open.push(peer);
    if (fields !== undefined) await peer.join(fields);
    return peer;
  }

  it('lets nobody speak for another, nor into another room', async () => {
    const [one, victim, outside] = [
      await member({ room: 'a' }),
      await member({ room: 'a' }),
      await member({ room: 'b' }),
    ];

    one.say({
      type: 'offer',
      target: victim.id,
      sender: outside.id,
      clientId: outside.id,
      sdp: { type: 'offer', sdp: 'x' },
    });
    outside.say({ type: 'offer', target: victim.id, room: 'a', sdp: { type: 'offer', sdp: 'x' } });
    outside.say({ type: 'iceCandidate', target: one.id, candidate: { candidate: 'x' } });

    expect(await victim.take('offer')).toMatchObject({ sender: one.id });
    expect(inWords(await outside.heard())).toEqual(['forbidden-target', 'forbidden-target']);
    expect(inWords(await victim.heard())).toEqual([]);
  });

  it('ids cannot be guessed: they have nothing in common, and none comes twice', async () => {
    const peers = await Promise.all(Array.from({ length: 20 }, () => member()));
    const ids = peers.flatMap(({ id, resumeToken }) => [id, resumeToken]);

    expect(new Set(ids).size).toBe(40);
    for (const id of ids) expect(Buffer.from(id, 'base64url').byteLength).toBeGreaterThanOrEqual(16);
    expect(new Set(ids.map((id) => id.slice(0, 6))).size).toBe(40);
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', '<img src=x onerror="alert(1)">', "';DROP TABLE"])(
    '%s is a name like any other',
    async (name) => {
      const viewer = await member({ room: name });
      const camera = await member({ room: name, deviceType: 'camera', cameraId: name });
      expect(await viewer.take('cameraAvailable')).toMatchObject({ cameraId: name, clientId: camera.id });

      viewer.raw(`{"type":"requestStream","cameraId":${JSON.stringify(name)},"__proto__":{"admin":true}}`);

      expect(await camera.take('viewerRequest')).toMatchObject({ viewerId: viewer.id, cameraId: name });
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    },
  );

  it.each([
    ['no JSON', 'hello', 'bad-message'],
    ['a name too long', JSON.stringify({ type: 'join', room: 'x'.repeat(65) }), 'bad-message'],
    ['deep lists', '['.repeat(20_000), 'bad-message'],
    ['a picture of nobody', JPEG, 'not-a-camera'],
  ])('answers %s, and goes on', async (_, bytes, code) => {
    const peer = await member({ room: 'a' });

    peer.raw(bytes);

    expect(inWords(await peer.heard())).toEqual([code]);
  });

  it('ends who sends nonsense without end, and serves the others meanwhile', async () => {
    const [hostile, good] = [await member(), await member({ room: 'a' })];
    let ended = false;
    void hostile.closed.then(() => (ended = true));
    for (let second = 0; second < 50 && !ended; second++) {
      for (let i = 0; i < 2000 && !ended; i++) hostile.say({ type: 'join', room: `r${i}`, ...DOOR });
      expect(inWords(await good.heard())).toEqual([]);
    }

    expect(await hostile.closed).toBe(4429);
    const { text } = await server.ask('/metrics', { token: server.adminToken });
    const figures = text.split('\n').filter((line) => /rate-limited|what="rooms"/.test(line));
    expect(figures).toContain(
      'pinhole_output_events_total{output="rooms",event="sockets-closed-rate-limited"} 1',
    );
    expect(figures).toContain('pinhole_rooms{what="rooms"} 1');
  });

  it('has no more connections from one address than may be', async () => {
    const peers = await Promise.all(Array.from({ length: 40 }, () => member()));
    const more = RoomPeer.start(`${server.url}/`);

    expect(await more.closed).toBe(503);
    await peers[0]?.leave();
    await expect(member()).resolves.toBeDefined();
  });

  it('takes pages of its own origin, and no others', async () => {
    const own = RoomPeer.start(`${server.url}/`, { headers: { origin: server.url } });
    await own.take('welcome');
    await own.leave();
    const foreign = RoomPeer.start(`${server.url}/`, { headers: { origin: 'https://evil.example' } });

    expect(await foreign.closed).toBe(403);
  });

  it.each(['/any/path', '/index.html', '//'])('%s is no place for rooms', async (path) => {
    expect(await RoomPeer.start(`${server.url}${path}`).closed).toBe(404);
  });
});

describe('a server without rooms, and a strict one', () => {
  it('serves no WebSocket at / unless it is told to', async () => {
    const server = await openTestServer();

    expect(await RoomPeer.start(`${server.url}/`).closed).toBe(404);
    await server.close();
  });

  it('takes a token in the address, as a subprotocol and as a message; a wrong one ends the connection', async () => {
    const server = await openTestServer({ rooms: { mode: 'strict', names: ['cctv'] } });
    const { token } = await server.token({ cameras: ['door'], rights: ['publish'] });
    const inAddress = await RoomPeer.open(`${server.url}/?token=${token}`);
    await inAddress.join({ room: 'cctv', ...DOOR });

    const byMessage = await RoomPeer.open(`${server.url}/`);
    byMessage.say({ type: 'join', room: 'cctv' });
    byMessage.say({ type: 'auth', token });
    byMessage.say({ type: 'join', room: 'other' });
    byMessage.say({ type: 'join', room: 'cctv', ...DOOR, cameraId: 'hall' });
    await byMessage.join({ room: 'cctv', ...DOOR });
    const wrong = await RoomPeer.open(`${server.url}/`);
    wrong.say({ type: 'auth', token: 'pin_wrong' });

    expect(await inAddress.closed).toBe(4409);
    expect(await wrong.closed).toBe(4401);
    expect(await RoomPeer.start(`${server.url}/?token=pin_wrong`).closed).toBe(401);
    expect(server.logged()).not.toContain(token);
    await byMessage.leave();
    await server.close();
  });

  it('ends connections whose token is revoked', async () => {
    const server = await openTestServer({ rooms: { mode: 'strict' } });
    const { id, token } = await server.token({ cameras: '*', rights: ['view'] });
    const peer = await RoomPeer.open(`${server.url}/`, { token });

    await server.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', token: server.adminToken });

    expect(await peer.closed).toBe(4403);
    await server.close();
  });

  it('says goodbye with 1001 when it stops', async () => {
    const server = await openTestServer({ rooms: { mode: 'compatible' } });
    const peer = await RoomPeer.open(`${server.url}/`);

    await server.close();

    expect(await peer.closed).toBe(1001);
  });
});

/** The endpoint by itself, with a heart that beats a hundred times as fast. */
describe('connections on which nothing is heard', () => {
  const HEARTBEAT_MS = millis(200);
  const SLOW_HEARTBEAT_MS = millis(20_000);
  let endpoint: RoomsEndpoint;
  let rooms: Rooms;
  let close: () => Promise<void>;
  let url: string;
  let pictures: RoomPicture[];

  async function start(heartbeatMs: Millis): Promise<void> {
    pictures = [];
    const now = () => millis(performance.now());
    rooms = new Rooms({
      policy: COMPATIBLE_POLICY,
      limits: DEFAULT_ROOM_LIMITS,
      bus: new LocalBusHub().bus(),
      authorize: () => undefined,
      iceServers: () => [],
      now,
      wallNow: () => Date.now(),
      newSecret: () => randomBytes(18).toString('base64url'),
      hashOf: (secret) => createHash('sha256').update(secret).digest('base64url'),
      pingIntervalMs: heartbeatMs,
      onJpeg: (picture) => pictures.push(picture),
    });
    endpoint = new RoomsEndpoint({
      rooms,
      limits: {
        ...DEFAULT_SOCKET_LIMITS,
        messages: { perSecond: 10_000, burst: 10_000 },
        messagesPerAddress: { perSecond: 10_000, burst: 10_000 },
      },
      now,
      heartbeatMs,
      log: silentLogger,
    });
    const sockets = new PlainSockets({ maxMessageBytes: 524_288 });
    const server = createServer();
    server.on('upgrade', (request, socket, head) => {
      sockets.accept({ request, socket, head }, (plain) =>
        endpoint.accept(plain, {
          address: '127.0.0.1',
          identity: {
            who: { tokenId: 'anonymous', address: '127.0.0.1' },
            owner: undefined,
            mayJoin: () => true,
            mayPublish: () => true,
            mayView: () => true,
          },
        }),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const ticks = setInterval(() => {
      rooms.tick();
      endpoint.tick();
    }, 20);
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    close = async () => {
      clearInterval(ticks);
      await rooms.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  }
  afterEach(() => close());

  it('7. are ended after two heartbeats, and the room is told once', async () => {
    await start(HEARTBEAT_MS);
    const viewer = await RoomPeer.open(url);
    await viewer.join({ room: 'cctv' });
    const camera = await RoomPeer.open(url, { mute: true });
    await camera.join({ room: 'cctv', ...DOOR });

    await viewer.take('cameraUnavailable');
    expect(await viewer.take('clientDisconnected')).toMatchObject({
      clientId: camera.id,
      reason: 'heartbeat',
    });
    expect(await camera.closed).toBe(4408);

    // The viewer answered several pings meanwhile, and is there still.
    expect(await viewer.heard()).toEqual([]);
    expect(rooms.gauges).toMatchObject({ clients: 1, cameras: 0 });
    await viewer.leave();
  });

  it('leave nothing behind when they never say a whole message', async () => {
    await start(HEARTBEAT_MS);
    const slow = Array.from({ length: 50 }, () => handshake(Number(new URL(url).port)));
    await expect.poll(() => rooms.gauges.clients).toBe(50);
    // The first bytes of a text message of 60 000, one at a time.
    for (const socket of slow) socket.write(Uint8Array.of(0x81, 0xfe, 0xea, 0x60, 0, 0, 0, 0, 0x7b));
    const drip = setInterval(() => {
      for (const socket of slow) if (socket.writable) socket.write(Uint8Array.of(0x20));
    }, 50);

    await expect.poll(() => rooms.gauges.clients, { timeout: 10_000 }).toBe(0);

    clearInterval(drip);
    for (const socket of slow) socket.destroy();
    expect(rooms.counters.socketsClosedSilent).toBe(50);
  });

  it('are ended when they take nothing of what they are sent', async () => {
    await start(SLOW_HEARTBEAT_MS);
    const deaf = await RoomPeer.open(url);
    await deaf.join({ room: 'cctv' });
    deaf.socket.pause();
    const noisy = await RoomPeer.open(url);
    await noisy.join({ room: 'cctv' });
    const sdp = { type: 'offer', sdp: 'x'.repeat(60_000) };
    let sent = 0;
    while (rooms.counters.socketsClosedSlow === 0 && sent < 5000) {
      noisy.say({ type: 'offer', target: deaf.id, sdp });
      sent++;
      if (sent % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 25));
    }

    expect(rooms.counters.socketsClosedSlow).toBe(1);
    await expect.poll(() => rooms.gauges.clients).toBe(1);
    deaf.socket.terminate();
    await noisy.leave();
  });

  it('pictures of a camera that is listed arrive whole', async () => {
    await start(SLOW_HEARTBEAT_MS);
    const camera = await RoomPeer.open(url);
    await camera.join({ room: 'cctv', ...DOOR });
    const large = new Uint8Array(500_000);
    large.set([0xff, 0xd8]);

    camera.raw(large);
    await camera.heard();
    camera.raw(new Uint8Array(524_289));

    expect(pictures.map(({ cameraId, jpeg }) => [cameraId, jpeg.byteLength])).toEqual([['door', 500_000]]);
    expect(await camera.closed).toBe(1009);
  });
});
