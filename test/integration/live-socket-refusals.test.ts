import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveRig } from '../support/live-rig.ts';

let rig: LiveRig;

beforeEach(async () => {
  rig = new LiveRig();
  await rig.listen();
});

afterEach(() => rig.close());

describe('a connection is refused', () => {
  it('for an unknown camera, with words that a page can read', async () => {
    const viewer = rig.connect('cellar');

    expect(await viewer.closed()).toBe(4404);
    expect(viewer.texts).toEqual([
      { type: 'error', code: 'camera/unknown', message: 'there is no camera "cellar"' },
      { type: 'bye', code: 'unknown-camera', reason: 'there is no camera "cellar"' },
    ]);
  });

  it('without a token, with words that a page can read', async () => {
    const viewer = rig.connect('locked');

    expect(await viewer.closed()).toBe(4401);
    expect(viewer.text('error')).toMatchObject({ code: 'auth/required', message: 'sign in first' });
  });

  it('when there are as many viewers as may be', async () => {
    for (let i = 0; i < 3; i++) await rig.open();
    const viewer = rig.connect();

    expect(await viewer.closed()).toBe(4429);
    expect(viewer.text('error')).toMatchObject({ code: 'session/limit' });
    expect(rig.endpoint.counters.viewersRefused).toBe(1);
  });
});

describe('hostile input', () => {
  it.each([
    ['text that is no JSON', 'live/json', '{"type":'],
    ['JSON of a wrong shape', 'live/message', '[]'],
    ['a field of a wrong type', 'live/message', '{"type":"ping","clientTimeMs":{}}'],
    ['binary', 'live/binary', Buffer.of(1, 2, 3)],
  ])('%s is answered with %s and 1008', async (_, code, message) => {
    const viewer = await rig.open();
    viewer.socket.send(message);

    expect(await viewer.closed()).toBe(1008);
    expect(viewer.text('error')).toMatchObject({ code });
    expect(rig.registry.list()).toEqual([]);
    expect(rig.endpoint.counters.messagesMalformed).toBe(1);
  });

  it('a message of an unknown type is answered and does no harm', async () => {
    const viewer = await rig.open();
    viewer.say({ type: 'dance' });
    viewer.say({ type: 'ping', clientTimeMs: 1 });

    await expect.poll(() => viewer.text('pong')).toBeDefined();
    expect(viewer.text('error')).toMatchObject({ code: 'live/unknown-message' });
  });

  it('a message above 4 KiB closes with 1009', async () => {
    const viewer = await rig.open();
    viewer.say('x'.repeat(2 ** 20));

    expect(await viewer.closed()).toBe(1009);
    expect(rig.endpoint.counters.messagesTooLong).toBe(1);
    await expect.poll(() => rig.registry.list()).toEqual([]);
  });

  it.each(['messages', 'pings'])('a flood of %s is cut off', async (kind) => {
    const viewer = await rig.open();
    for (let i = 0; i < 200; i++) {
      if (kind === 'pings') viewer.socket.ping();
      else viewer.say({ type: 'pause' });
    }

    expect(await viewer.closed()).toBe(1008);
    expect(viewer.text('error')).toMatchObject({ code: 'live/too-many-messages' });
    expect(rig.endpoint.counters.messagesTooMany).toBe(1);
  });

  it('a flood of pings is told so although it came in one packet', async () => {
    const raw = await rawUpgrade();
    const answer = buffer(raw);
    raw.write(Buffer.from('898000000000'.repeat(200), 'hex'));

    // The last frame is a close with 1008.
    expect((await answer).subarray(-4)).toEqual(Buffer.from('880203f0', 'hex'));
    expect(rig.endpoint.counters.messagesTooMany).toBe(1);
  });

  it('bytes that are no WebSocket frame end the connection and nothing else', async () => {
    const good = await rig.open();
    const raw = await rawUpgrade();
    raw.write(Buffer.alloc(64, 0xff));
    await once(raw.resume(), 'close');

    rig.source.frame({ key: true });
    await expect.poll(() => good.frames).toHaveLength(1);
    await expect.poll(() => rig.registry.list()).toHaveLength(1);
  });
});

const rawUpgrade = async (): Promise<Socket> => {
  const socket = connect(rig.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    'GET /live/door HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
};
