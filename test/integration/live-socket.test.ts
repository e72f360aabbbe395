import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type Micros, micros, PinholeError, silentLogger } from '@pinhole/core';
import { Cameras, type Identity, ViewerRegistry } from '@pinhole/engine';
import { LiveEndpoint } from '@pinhole/outputs/live';
import {
  type LiveFrame,
  type LiveServerMessage,
  liveSubprotocols,
  parseLiveFrame,
  parseLiveServerMessage,
} from '@pinhole/protocol/live';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type ScriptedSource, scriptedCamera } from '../support/scripted-camera.ts';

let offset = 0;
const now = (): Micros => micros(Date.now() * 1000 + offset);

let source: ScriptedSource;
let registry: ViewerRegistry;
let endpoint: LiveEndpoint;
let server: Server;
let viewers: Viewer[];
let identity: Identity;

beforeEach(async () => {
  offset = 0;
  viewers = [];
  identity = { tokenId: 'ann', address: '127.0.0.1' };
  const scripted = scriptedCamera({ id: 'door', now });
  ({ source } = scripted);
  registry = new ViewerRegistry({
    limits: { total: 3, perCamera: 3, perAddress: 3 },
    now,
    newId: () => crypto.randomUUID(),
  });
  endpoint = new LiveEndpoint({ cameras: new Cameras([scripted.camera]), registry, now, log: silentLogger });
  server = createServer();
  server.on('upgrade', (request, socket, head) => {
    const camera = request.url?.slice('/live/'.length) ?? '';
    if (camera === 'locked') {
      const error = new PinholeError('auth/no-token', 'sign in first');
      endpoint.refuse({ request, socket, head }, { bye: 'unauthorized', error });
    } else {
      endpoint.upgrade({ request, socket, head }, { camera, identity });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const { socket } of viewers) socket.terminate();
  registry.endWhere(() => true, 'shutdown');
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** A real WebSocket client that keeps what it got. */
class Viewer {
  readonly socket: WebSocket;
  readonly texts: LiveServerMessage[] = [];
  readonly frames: LiveFrame[] = [];
  readonly order: string[] = [];
  closeCode: number | undefined;

  constructor(camera = 'door') {
    const { port } = server.address() as AddressInfo;
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/live/${camera}`, liveSubprotocols('secret'));
    this.socket.on('message', (message, isBinary) => {
      if (isBinary) {
        this.frames.push(parseLiveFrame(new Uint8Array(message as Buffer)));
        this.order.push('frame');
      } else {
        const text = parseLiveServerMessage((message as Buffer).toString());
        this.texts.push(text);
        this.order.push(text.type);
      }
    });
    this.socket.on('error', () => {});
    this.socket.on('close', (code) => {
      this.closeCode = code;
    });
    viewers.push(this);
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  text<T extends LiveServerMessage['type']>(type: T): Extract<LiveServerMessage, { type: T }> | undefined {
    return this.texts.findLast((text): text is Extract<LiveServerMessage, { type: T }> => text.type === type);
  }
}

const open = async (): Promise<Viewer> => {
  const viewer = new Viewer();
  await expect.poll(() => viewer.text('hello')).toBeDefined();
  return viewer;
};

const closed = async (viewer: Viewer): Promise<number> => {
  await expect.poll(() => viewer.closeCode, { timeout: 10_000 }).toBeDefined();
  return viewer.closeCode ?? 0;
};

const frames = (count: number): void => {
  for (let i = 0; i < count; i++) source.frame({ key: false });
};

describe('a viewer', () => {
  it('is greeted, starts the idle camera, and gets the config before the first picture', async () => {
    const viewer = await open();
    expect(source.running).toBe(true);
    source.state({ kind: 'live' });
    source.frame({ key: true });
    source.frame({ key: false });

    await expect.poll(() => viewer.frames).toHaveLength(2);
    expect(viewer.socket.protocol).toBe('pinhole.live.v1');
    expect(viewer.order).toEqual(['hello', 'status', 'status', 'config', 'frame', 'frame']);
    expect(viewer.text('hello')).toMatchObject({
      camera: 'door',
      serverTimeUs: expect.any(Number) as number,
    });
    expect(viewer.text('config')).toEqual({
      type: 'config',
      codec: 'avc1.42c00a',
      width: 64,
      height: 48,
      bFrames: false,
    });
    expect(viewer.frames[0]).toMatchObject({ key: true, discontinuity: false, catchUp: false, sequence: 0 });
    expect(viewer.frames[1]).toMatchObject({ key: false, sequence: 1 });
  });

  it('that comes late gets the cached GOP first, marked as catching up, and the live edge after it', async () => {
    await open();
    source.frame({ key: true });
    frames(3);
    const late = await open();

    await expect.poll(() => late.frames).toHaveLength(4);
    source.frame({ key: false });
    await expect.poll(() => late.frames).toHaveLength(5);

    expect(late.frames.map(({ catchUp }) => catchUp)).toEqual([true, true, true, false, false]);
    expect(late.frames.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
    expect(late.frames[0]?.payload.subarray(0, 5)).toEqual(Uint8Array.of(0, 0, 0, 1, 0x67));
    expect(late.text('hello')).toMatchObject({ codec: 'avc1.42c00a', width: 64, height: 48 });
  });

  it('learns each second and at each change what the camera does', async () => {
    const viewer = await open();
    source.state({ kind: 'failed', code: 'source/refused', why: 'wrong password' });

    await expect
      .poll(() => viewer.text('status')?.source)
      .toEqual({ kind: 'failed', code: 'source/refused', why: 'wrong password' });
    const told = viewer.texts.length;
    await expect.poll(() => viewer.texts.length, { timeout: 3_000 }).toBeGreaterThan(told);
  });

  it('sets its clock by ping and pong', async () => {
    const viewer = await open();
    viewer.say({ type: 'ping', clientTimeMs: 12.5 });

    await expect.poll(() => viewer.text('pong')).toMatchObject({ clientTimeMs: 12.5 });
  });

  it('that pauses gets nothing, and after resume starts at the GOP in force', async () => {
    const viewer = await open();
    source.frame({ key: true });
    await expect.poll(() => viewer.frames).toHaveLength(1);
    viewer.say({ type: 'pause' });
    viewer.say({ type: 'ping', clientTimeMs: 1 });
    await expect.poll(() => viewer.text('pong')).toBeDefined();

    frames(2);
    source.frame({ key: true });
    viewer.say({ type: 'resume' });
    await expect.poll(() => viewer.frames).toHaveLength(2);

    expect(viewer.frames[1]).toMatchObject({ key: true, discontinuity: true, sequence: 3 });
  });

  it('can ask for a key frame, once a second', async () => {
    const viewer = await open();
    source.frame({ key: true });
    offset += 1_000_000;
    const before = source.keyFramesRequested;
    for (let i = 0; i < 5; i++) viewer.say({ type: 'key-frame' });
    viewer.say({ type: 'ping', clientTimeMs: 1 });
    await expect.poll(() => viewer.text('pong')).toBeDefined();

    expect(source.keyFramesRequested - before).toBe(1);
    expect(endpoint.counters.keyFrameRequestsIgnored).toBe(3);
  });

  it('that says bye, or just goes, makes its place free', async () => {
    const polite = await open();
    const rude = await open();
    polite.say({ type: 'bye' });
    rude.socket.terminate();

    expect(await closed(polite)).toBe(1000);
    await expect.poll(() => registry.list()).toEqual([]);
    expect(endpoint.viewers).toBe(0);
    expect(registry.ends.get('left')).toBe(2);
  });

  it.each([
    ['revoked', 4403],
    ['expired', 4401],
    ['shutdown', 4410],
  ] as const)('whose session is %s is told so and closed with %d', async (why, code) => {
    const viewer = await open();

    registry.endWhere(() => true, why);

    expect(await closed(viewer)).toBe(code);
    expect(viewer.text('bye')).toMatchObject({ code: why, reason: expect.stringMatching(/\w/) as string });
  });
});

describe('a viewer that stops reading', () => {
  it('is skipped to the next key unit and cut off, while the others get every picture', async () => {
    const good = await open();
    const bad = await open();
    source.fillerBytes = 400_000;
    source.frame({ key: true });
    await expect.poll(() => bad.frames).toHaveLength(1);
    bad.socket.pause();
    for (let i = 0; i < 60; i++) {
      source.frame({ key: false });
      offset += 33_333;
      await expect.poll(() => good.frames.length, { interval: 1 }).toBe(i + 2);
    }

    expect(endpoint.counters.framesDroppedBusy).toBeGreaterThan(0);
    expect(endpoint.counters.framesDroppedUntilKey).toBeGreaterThan(0);
    expect(good.frames.some(({ discontinuity }) => discontinuity)).toBe(false);

    offset += 10_000_000;
    good.socket.ping();
    await expect.poll(() => endpoint.counters.viewersStalled, { timeout: 5_000 }).toBe(1);
    expect(registry.list()).toHaveLength(1);
    expect(registry.ends.get('stalled')).toBe(1);
  });

  it('is found out even when its few bytes all fit into the buffers on the way', async () => {
    const viewer = await open();
    source.frame({ key: true });
    await expect.poll(() => viewer.frames).toHaveLength(1);
    viewer.socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_200));

    offset += 6_000_000;

    await expect.poll(() => endpoint.counters.viewersStalled, { timeout: 5_000 }).toBe(1);
    await expect.poll(() => connectionsOf(server), { timeout: 5_000 }).toBe(0);
  });
});

describe('a connection is refused', () => {
  it('for an unknown camera, with words that a page can read', async () => {
    const viewer = new Viewer('cellar');

    expect(await closed(viewer)).toBe(4404);
    expect(viewer.texts).toEqual([
      { type: 'error', code: 'camera/unknown', message: 'there is no camera "cellar"' },
      { type: 'bye', code: 'unknown-camera', reason: 'there is no camera "cellar"' },
    ]);
  });

  it('without a token, with words that a page can read', async () => {
    const viewer = new Viewer('locked');

    expect(await closed(viewer)).toBe(4401);
    expect(viewer.text('error')).toMatchObject({ code: 'auth/no-token', message: 'sign in first' });
  });

  it('when there are as many viewers as may be', async () => {
    for (let i = 0; i < 3; i++) await open();
    const viewer = new Viewer();

    expect(await closed(viewer)).toBe(4429);
    expect(viewer.text('error')).toMatchObject({ code: 'session/limit' });
    expect(endpoint.counters.viewersRefused).toBe(1);
  });
});

describe('hostile input', () => {
  it.each([
    ['text that is no JSON', 'live/json', '{"type":'],
    ['JSON of a wrong shape', 'live/message', '[]'],
    ['a field of a wrong type', 'live/message', '{"type":"ping","clientTimeMs":{}}'],
    ['binary', 'live/binary', Buffer.of(1, 2, 3)],
  ])('%s is answered with %s and 1008', async (_, code, message) => {
    const viewer = await open();
    viewer.socket.send(message);

    expect(await closed(viewer)).toBe(1008);
    expect(viewer.text('error')).toMatchObject({ code });
    expect(registry.list()).toEqual([]);
    expect(endpoint.counters.messagesMalformed).toBe(1);
  });

  it('a message of an unknown type is answered and does no harm', async () => {
    const viewer = await open();
    viewer.say({ type: 'dance' });
    viewer.say({ type: 'ping', clientTimeMs: 1 });

    await expect.poll(() => viewer.text('pong')).toBeDefined();
    expect(viewer.text('error')).toMatchObject({ code: 'live/unknown-message' });
  });

  it('a message above 4 KiB closes with 1009', async () => {
    const viewer = await open();
    viewer.say('x'.repeat(2 ** 20));

    expect(await closed(viewer)).toBe(1009);
    await expect.poll(() => registry.list()).toEqual([]);
  });

  it.each(['messages', 'pings'])('a flood of %s is cut off', async (kind) => {
    const viewer = await open();
    for (let i = 0; i < 200; i++) {
      if (kind === 'pings') viewer.socket.ping();
      else viewer.say({ type: 'pause' });
    }

    expect(await closed(viewer)).toBe(1008);
    expect(viewer.text('error')).toMatchObject({ code: 'live/too-many-messages' });
    expect(endpoint.counters.messagesTooMany).toBe(1);
  });

  it('bytes that are no WebSocket frame end the connection and nothing else', async () => {
    const good = await open();
    const raw = await rawUpgrade();
    raw.write(Buffer.alloc(64, 0xff));
    await once(raw.resume(), 'close');

    source.frame({ key: true });
    await expect.poll(() => good.frames).toHaveLength(1);
    await expect.poll(() => registry.list()).toHaveLength(1);
  });
});

const connectionsOf = (of: Server): Promise<number> =>
  new Promise((resolve, reject) =>
    of.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

const rawUpgrade = async (): Promise<Socket> => {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    'GET /live/door HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
};
