import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { client, connected, member, outcome } from './fake-clients.ts';
import { FakeWeb, settled } from './fake-web.ts';

let web: FakeWeb;
beforeEach(() => {
  vi.useFakeTimers();
  web = new FakeWeb();
});
afterEach(() => vi.useRealTimers());

describe('rooms', () => {
  it.each([
    ['when the server refuses', 'camera-id-taken'],
    ['in time', 'rooms/timeout'],
    ['when the connection is lost', 'rooms/disconnected'],
    ['when somebody gives it up', 'rooms/aborted'],
  ] as const)('joining settles %s', async (_, code) => {
    const made = await connected(web);
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
    const made = await connected(web);
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
    const made = await connected(web);
    const joining = made.joinRoom('  cctv ');
    await settled();
    web.socket.say({ type: 'joined', room: 'cctv' });
    await joining;

    expect(made.currentRoom).toBe('cctv');
  });

  it('says nothing with a name that the server would refuse', async () => {
    const made = await connected(web);

    expect(await outcome(made.joinRoom('x'.repeat(65)))).toBe('rooms/bad-name');
    expect(web.socket.sent).toEqual([]);
  });

  it('lets no option of joinRoom change what the message is', async () => {
    const made = await connected(web);
    const smuggled = { type: 'leave', room: 'other', deviceType: 'viewer' } as const;
    void made.joinRoom('cctv', smuggled);
    await settled();

    expect(web.socket.sent).toEqual([{ type: 'join', room: 'cctv', deviceType: 'viewer' }]);
  });

  it('needs a connection, and to leave it needs a room', async () => {
    const made = client(web);

    expect([
      await outcome(made.joinRoom('cctv')),
      await outcome(made.leaveRoom()),
      await outcome(made.getAvailableCameras()),
    ]).toEqual(['rooms/not-connected', 'rooms/not-in-room', 'rooms/not-connected']);
  });

  it('leaves for no room, and forgets its cameras', async () => {
    const made = await member(web);
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
    const made = client(web);
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
    const made = await member(web);
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
