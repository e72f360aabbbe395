import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeWeb, settled } from './fake-web.ts';
import type { RoomClientOptions } from './room-options.ts';
import type { RoomsError } from './rooms-error.ts';
import { WebRTCCCTVClient } from './webrtc-cctv-client.ts';

let web: FakeWeb;
beforeEach(() => {
  vi.useFakeTimers();
  web = new FakeWeb();
});
afterEach(() => vi.useRealTimers());

const client = (options: RoomClientOptions = {}): WebRTCCCTVClient =>
  new WebRTCCCTVClient({ ...web.options, ...options });

async function connected(options: RoomClientOptions = {}): Promise<WebRTCCCTVClient> {
  const made = client(options);
  const connecting = made.connect();
  web.socket.welcome();
  await connecting;
  return made;
}

async function member(options: RoomClientOptions = {}): Promise<WebRTCCCTVClient> {
  const made = await connected(options);
  const joining = made.joinRoom('cctv');
  await settled();
  web.socket.say({ type: 'joined', room: 'cctv' });
  await joining;
  return made;
}

/** How a promise ended: `code` of a refusal. */
const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'resolved',
    (error: RoomsError) => error.roomCode ?? error.code,
  );

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
    const made = client();
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
    const made = client();
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
    const made = client();
    const connecting = outcome(made.connect());

    what();

    expect(await connecting).toBe(code);
    vi.advanceTimersByTime(60_000);
    expect([web.sockets.length, made.isConnecting]).toEqual([1, false]);
  });

  it('is given up by its signal, and by disconnect', async () => {
    const made = client();
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
    const made = client({ token: 'pin_1' });
    const connecting = made.connect();
    web.socket.welcome({ authRequired: true });
    expect(web.socket.sent).toEqual([{ type: 'auth', token: 'pin_1' }]);

    web.socket.say({ type: 'authenticated', clientId: 'me', iceServers: [{ urls: 'turn:here' }] });

    await connecting;
    expect(made.iceServers).toEqual([{ urls: 'turn:here' }]);
  });

  it('rejects when the token is not known', async () => {
    const made = client({ token: 'wrong' });
    const connecting = outcome(made.connect());
    web.socket.welcome({ authRequired: true });

    web.socket.say({ type: 'error', code: 'unauthenticated', message: 'not known', re: 'auth' });

    expect(await connecting).toBe('unauthenticated');
  });

  it('says nothing of tokens to a server of the first version', async () => {
    const made = client({ token: 'pin_1' });
    const connecting = made.connect();
    web.socket.readyState = 1;
    web.socket.say({ type: 'welcome', clientId: 'me' });
    await connecting;

    expect(web.socket.sent).toEqual([]);
  });
});

describe('rooms', () => {
  it.each([
    ['when the server refuses', 'camera-id-taken'],
    ['in time', 'rooms/timeout'],
    ['when the connection is lost', 'rooms/disconnected'],
    ['when somebody gives it up', 'rooms/aborted'],
  ] as const)('joining settles %s', async (_, code) => {
    const made = await connected();
    const controller = new AbortController();
    const joining = outcome(made.joinRoom('cctv', {}, { signal: controller.signal }));
    await settled();

    if (code === 'camera-id-taken') web.socket.say({ type: 'error', code, message: 'taken', re: 'join' });
    else if (code === 'rooms/timeout') vi.advanceTimersByTime(10_000);
    else if (code === 'rooms/disconnected') web.socket.drop();
    else controller.abort();

    expect(await joining).toBe(code);
  });

  it('joins one after the other, so that no answer is taken for another', async () => {
    const made = await connected();
    const first = outcome(made.joinRoom('a'));
    const second = outcome(made.joinRoom('b'));
    await settled();
    expect(web.socket.of('join').map(({ room }) => room)).toEqual(['a']);

    web.socket.say({ type: 'error', code: 'forbidden', message: 'no', re: 'join' });
    await settled();
    web.socket.say({ type: 'joined', room: 'b' });

    expect([await first, await second, made.currentRoom]).toEqual(['forbidden', 'resolved', 'b']);
  });

  it('takes the name that the server made of it', async () => {
    const made = await connected();
    const joining = made.joinRoom('  cctv ');
    await settled();
    web.socket.say({ type: 'joined', room: 'cctv' });
    await joining;

    expect(made.currentRoom).toBe('cctv');
  });

  it('says nothing with a name that the server would refuse', async () => {
    const made = await connected();

    expect(await outcome(made.joinRoom('x'.repeat(65)))).toBe('rooms/bad-name');
    expect(web.socket.sent).toEqual([]);
  });

  it('lets no option of joinRoom change what the message is', async () => {
    const made = await connected();
    const smuggled = { type: 'leave', room: 'other', deviceType: 'viewer' } as const;
    void made.joinRoom('cctv', smuggled);
    await settled();

    expect(web.socket.sent).toEqual([{ type: 'join', room: 'cctv', deviceType: 'viewer' }]);
  });

  it('needs a connection, and to leave it needs a room', async () => {
    const made = client();

    expect([
      await outcome(made.joinRoom('cctv')),
      await outcome(made.leaveRoom()),
      await outcome(made.getAvailableCameras()),
    ]).toEqual(['rooms/not-connected', 'rooms/not-in-room', 'rooms/not-connected']);
  });

  it('leaves for no room, and forgets its cameras', async () => {
    const made = await member();
    web.socket.say({ type: 'cameraAvailable', cameraId: 'door', clientId: 'c' });
    const leaving = made.leaveRoom();
    await settled();
    web.socket.say({ type: 'left', room: 'cctv' });
    await leaving;

    expect([made.currentRoom, await outcome(made.getAvailableCameras())]).toEqual([
      null,
      'rooms/not-in-room',
    ]);
  });

  it('leaves by the room "default" where the server knows no other way', async () => {
    const made = client();
    const connecting = made.connect();
    web.socket.readyState = 1;
    web.socket.say({ type: 'welcome', clientId: 'me' });
    await connecting;
    const joining = made.joinRoom('cctv');
    await settled();
    web.socket.say({ type: 'joined', room: 'cctv' });
    await joining;

    const leaving = made.leaveRoom();
    await settled();
    expect(web.socket.sent.at(-1)).toEqual({ type: 'join', room: 'default' });
    web.socket.say({ type: 'joined', room: 'default' });
    await leaving;

    expect(made.currentRoom).toBeNull();
  });

  it('lists the cameras that the server has', async () => {
    const made = await member();
    const heard: unknown[] = [];
    made.on('availableCamerasList', (cameras) => heard.push(cameras));
    const listing = made.getAvailableCameras();
    const cameras = [{ cameraId: 'door', clientId: 'c', name: 'The door' }];
    const requestId = String(web.socket.of('listCameras')[0]?.['requestId']);
    web.socket.say({ type: 'cameraList', cameras, requestId });

    expect(await listing).toEqual(cameras);
    expect(heard).toEqual([cameras]);
  });
});

describe('coming back', () => {
  it('waits longer each time, then joins where it was, with proof of who it is', async () => {
    const made = await member();
    const waits: number[] = [];
    made.on('reconnecting', ({ delayMs }) => waits.push(delayMs));
    web.socket.drop();
    expect([made.isConnected, made.isConnecting, made.currentRoom]).toEqual([false, true, null]);

    for (const delay of [500, 1000, 2000]) {
      await vi.advanceTimersByTimeAsync(delay);
      if (delay < 2000) web.socket.drop();
      await settled();
    }
    web.socket.welcome({ clientId: 'me-again' });
    await settled();

    expect(waits).toEqual([500, 1000, 2000]);
    expect(web.socket.sent).toEqual([
      { type: 'resume', resumeToken: 'resume-ws://server#0' },
      { type: 'join', room: 'cctv' },
    ]);
    web.socket.say({ type: 'joined', room: 'cctv' });
    expect([made.clientId, made.currentRoom]).toEqual(['me-again', 'cctv']);
  });

  it.each([
    [4409, 'rooms/replaced'],
    [4401, 'rooms/token'],
    [4403, 'rooms/token'],
  ])('does not when the server ended it with %i', async (code, expected) => {
    const made = await member();
    const errors: string[] = [];
    made.on('error', ({ code: why }) => errors.push(why));

    web.socket.drop(code);
    await vi.advanceTimersByTimeAsync(60_000);

    expect([web.sockets.length, errors]).toEqual([1, [expected]]);
  });

  it('does not where the options say so, nor after disconnect', async () => {
    const one = await member({ reconnect: false });
    web.socket.drop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([web.sockets.length, one.isConnecting]).toEqual([1, false]);

    const other = await member();
    web.socket.drop();
    await other.disconnect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(web.sockets).toHaveLength(2);
  });

  it('tries a room again that is full for now, and not one that is forbidden', async () => {
    const made = await member();
    const errors: unknown[] = [];
    made.on('error', ({ roomCode }) => errors.push(roomCode));
    web.socket.drop();
    await vi.advanceTimersByTimeAsync(500);
    web.socket.welcome();
    await settled();

    web.socket.say({ type: 'error', code: 'camera-id-taken', message: 'taken', re: 'join' });
    await vi.advanceTimersByTimeAsync(2000);
    web.socket.say({ type: 'error', code: 'forbidden', message: 'no', re: 'join' });
    await vi.advanceTimersByTimeAsync(15_000);

    expect(errors).toEqual(['camera-id-taken', 'forbidden']);
    expect(web.socket.of('join')).toHaveLength(2);
  });

  it('gives up a server that shows no sign of life', async () => {
    const made = await member();
    await vi.advanceTimersByTimeAsync(40_000);
    expect(web.socket.of('ping')).toHaveLength(1);

    await vi.advanceTimersByTimeAsync(20_000);

    expect(made.isConnected).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect(web.sockets).toHaveLength(2);
  });
});

describe('what comes in', () => {
  it('is passed over and counted when it is nonsense, and the connection goes on', async () => {
    const made = await member();
    const heard: unknown[] = [];
    made.on('message', (message) => heard.push(message));
    for (const text of ['{', 'null', '[]', '{"type":"cameraAvailable","cameraId":7}', '{"type":"toString"}'])
      web.socket.say(text);
    web.socket.say(new Uint8Array([1, 2, 3]));

    expect([made.counters, heard, made.isConnected]).toEqual([{ malformed: 4, unknown: 1 }, [], true]);
  });

  it('does no harm as an error that nobody listens to, nor by a listener that throws', async () => {
    const made = await member();
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
    const made = await member();
    const pictures: number[] = [];
    made.on('jpeg', ({ data }) => pictures.push(data.byteLength));
    web.socket.say(new Uint8Array([0xff, 0xd8, 0xff]));

    expect(pictures).toEqual([3]);
  });
});

describe('listeners', () => {
  it('can be taken off by either name, and by once', async () => {
    const made = await member();
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
