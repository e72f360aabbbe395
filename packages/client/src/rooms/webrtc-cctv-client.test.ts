import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { client, member, outcome } from './fake-clients.ts';
import { FakeWeb, settled } from './fake-web.ts';
import { WebRTCCCTVClient } from './webrtc-cctv-client.ts';

let web: FakeWeb;
beforeEach(() => {
  vi.useFakeTimers();
  web = new FakeWeb();
});
afterEach(() => vi.useRealTimers());

describe('connecting', () => {
  it('has the defaults of the original', () => {
    const made = new WebRTCCCTVClient();

    expect([made.serverUrl, made.defaultRoom, made.clientId, made.currentRoom, made.isConnected]).toEqual([
      'ws://localhost:8080',
      'cctv',
      null,
      null,
      false,
    ]);
    expect(made.iceServers.map(({ urls }) => urls)).toEqual([
      'stun:stun.l.google.com:19302',
      'stun:stun1.l.google.com:19302',
    ]);
  });

  it('resolves after the welcome, when the id is known', async () => {
    const made = client(web);
    const heard: unknown[] = [];
    made.on('welcome', (id) => heard.push(id));
    const connecting = outcome(made.connect());
    web.socket.readyState = 1;
    await settled();
    expect([made.isConnecting, made.isConnected]).toEqual([true, false]);

    web.socket.welcome({ iceServers: [{ urls: 'stun:here' }] });

    expect(await connecting).toBe('resolved');
    expect([made.clientId, heard, made.iceServers]).toEqual(['me', ['me'], [{ urls: 'stun:here' }]]);
  });

  it('is shared by those who ask at once, and nothing when it is done', async () => {
    const made = client(web);
    const both = Promise.all([made.connect(), made.connect()]);
    web.socket.welcome();
    await both;
    await made.connect();

    expect(web.sockets).toHaveLength(1);
  });

  it.each([
    ['the server is away', () => web.socket.drop(), 'rooms/connect'],
    ['the server says nothing', () => vi.advanceTimersByTime(10_000), 'rooms/timeout'],
    ['the server wants a token', () => web.socket.welcome({ authRequired: true }), 'rooms/token'],
    ['the server refuses this client', () => web.socket.drop(4401), 'rooms/token'],
  ] as const)('rejects when %s, and tries no more by itself', async (_, what, code) => {
    const made = client(web);
    const connecting = outcome(made.connect());

    what();

    expect(await connecting).toBe(code);
    vi.advanceTimersByTime(60_000);
    expect([web.sockets.length, made.isConnecting]).toEqual([1, false]);
  });

  it('is given up by its signal, and by disconnect', async () => {
    const made = client(web);
    const controller = new AbortController();
    const aborted = outcome(made.connect({ signal: controller.signal }));
    controller.abort();
    expect(await aborted).toBe('rooms/aborted');
    await settled();

    const connecting = outcome(made.connect());
    await made.disconnect();

    expect(await connecting).toBe('rooms/aborted');
    expect(web.sockets.map(({ readyState }) => readyState)).toEqual([3, 3]);
  });

  it('names what is missing where there is no WebSocket', async () => {
    vi.stubGlobal('WebSocket', undefined);
    const { webSocket: _, ...options } = web.options;

    await expect(new WebRTCCCTVClient(options).connect()).rejects.toMatchObject({
      code: 'rooms/unsupported',
    });
    vi.unstubAllGlobals();
  });

  it('shows its token first, and hears the ICE servers then', async () => {
    const made = client(web, { token: 'pin_1' });
    const connecting = made.connect();
    web.socket.welcome({ authRequired: true });
    expect(web.socket.sent).toEqual([{ type: 'auth', token: 'pin_1' }]);

    web.socket.say({ type: 'authenticated', clientId: 'me', iceServers: [{ urls: 'turn:here' }] });

    await connecting;
    expect(made.iceServers).toEqual([{ urls: 'turn:here' }]);
  });

  it('rejects when the token is not known', async () => {
    const made = client(web, { token: 'wrong' });
    const connecting = outcome(made.connect());
    web.socket.welcome({ authRequired: true });

    web.socket.say({ type: 'error', code: 'unauthenticated', message: 'not known', re: 'auth' });

    expect(await connecting).toBe('unauthenticated');
  });

  it('says nothing of tokens to a server of the first version', async () => {
    const made = client(web, { token: 'pin_1' });
    const connecting = made.connect();
    web.socket.readyState = 1;
    web.socket.say({ type: 'welcome', clientId: 'me' });
    await connecting;

    expect(web.socket.sent).toEqual([]);
  });
});

describe('what comes in', () => {
  it('is passed over and counted when it is nonsense, and the connection goes on', async () => {
    const made = await member(web);
    const heard: unknown[] = [];
    made.on('message', (message) => heard.push(message));
    for (const text of ['{', 'null', '[]', '{"type":"cameraAvailable","cameraId":7}', '{"type":"toString"}'])
      web.socket.say(text);
    web.socket.say(new Uint8Array([1, 2, 3]));

    expect([made.counters, heard, made.isConnected]).toEqual([{ malformed: 4, unknown: 1 }, [], true]);
  });

  it('does no harm as an error that nobody listens to, nor by a listener that throws', async () => {
    const made = await member(web);
    const heard: string[] = [];
    web.socket.say({ type: 'error', code: 'rate-limited', message: 'later' });
    made.on('clientJoined', () => {
      throw new Error('mine');
    });
    made.on('clientJoined', () => heard.push('second'));
    made.on('error', ({ code }) => heard.push(code));

    web.socket.say({ type: 'clientJoined', clientId: 'x', deviceType: 'viewer' });

    expect(heard).toEqual(['rooms/listener', 'second']);
  });

  it('is a picture when it begins like one', async () => {
    const made = await member(web);
    const pictures: number[] = [];
    made.on('jpeg', ({ data }) => pictures.push(data.byteLength));
    web.socket.say(new Uint8Array([0xff, 0xd8, 0xff]));

    expect(pictures).toEqual([3]);
  });
});

describe('listeners', () => {
  it('can be taken off by either name, and by once', async () => {
    const made = await member(web);
    const heard: string[] = [];
    const [one, other] = [() => heard.push('one'), () => heard.push('other')];
    made.on('clientJoined', one).addListener('clientJoined', other);
    made.once('clientJoined', () => heard.push('once'));
    const say = (): void => web.socket.say({ type: 'clientJoined', clientId: 'x', deviceType: 'viewer' });
    say();
    made.off('clientJoined', one).removeListener('clientJoined', other);
    say();

    expect([heard, made.listenerCount('clientJoined')]).toEqual([['one', 'other', 'once'], 0]);
  });
});
