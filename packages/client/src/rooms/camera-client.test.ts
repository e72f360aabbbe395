import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CameraClient } from './camera-client.ts';
import { outcome } from './fake-clients.ts';
import { FakeStream, FakeWeb, settled } from './fake-web.ts';
import type { CameraClientOptions } from './room-options.ts';

let web: FakeWeb;
beforeEach(() => {
  vi.useFakeTimers();
  web = new FakeWeb();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const client = (options: CameraClientOptions<FakeStream> = {}): CameraClient<FakeStream> =>
  new CameraClient({ ...web.options, cameraId: 'door', localStream: new FakeStream(), ...options });

async function registered(options: CameraClientOptions<FakeStream> = {}): Promise<CameraClient<FakeStream>> {
  const made = client(options);
  const registering = made.register();
  web.socket.welcome();
  await settled();
  web.socket.say({ type: 'joined', room: 'cctv' });
  await registering;
  web.socket.sent.length = 0;
  return made;
}

async function asked(viewerId: string): Promise<void> {
  web.socket.say({ type: 'viewerRequest', viewerId, requestId: '1' });
  await settled();
}

describe('registering', () => {
  it('connects, joins as a camera and tells', async () => {
    const made = client({ name: 'The door', capabilities: { codecs: ['h264'] } });
    const heard: unknown[] = [];
    made.on('registered', (registration) => heard.push(registration));
    const registering = made.register('yard');
    web.socket.welcome();
    await settled();

    expect(web.socket.sent).toEqual([
      {
        type: 'join',
        room: 'yard',
        deviceType: 'camera',
        cameraId: 'door',
        name: 'The door',
        capabilities: { codecs: ['h264'] },
      },
    ]);
    web.socket.say({ type: 'joined', room: 'yard' });
    await registering;
    expect(heard).toEqual([{ room: 'yard', cameraId: 'door' }]);
  });

  it('has an id of its own unless it is given one', () => {
    const [one, other] = [new CameraClient(), new CameraClient()];

    expect(one.cameraId).toMatch(/^camera-[\da-f]{8}$/);
    expect(one.cameraId).not.toBe(other.cameraId);
    expect(one.mediaConstraints).toEqual({ video: true, audio: false });
  });

  it("opens the device's camera where no stream is given, and stops it at the end", async () => {
    const stream = new FakeStream();
    vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => Promise.resolve(stream) } });
    const made = new CameraClient<FakeStream>({ ...web.options, cameraId: 'door' });
    const registering = made.register();
    web.socket.welcome();
    await settled();
    web.socket.say({ type: 'joined', room: 'cctv' });
    await registering;
    expect(made.localStream).toBe(stream);

    await made.close();

    expect([stream.tracks[0]?.stopped, made.localStream]).toEqual([true, null]);
  });

  it('says so where there is no camera to open', async () => {
    vi.stubGlobal('navigator', {});
    const made = new CameraClient<FakeStream>({ ...web.options });
    const registering = outcome(made.register());
    web.socket.welcome();

    expect(await registering).toBe('rooms/no-media');
    expect(web.socket.sent).toEqual([]);
  });

  it('comes back as the same camera, and tells again', async () => {
    const made = await registered();
    const heard: unknown[] = [];
    made.on('registered', ({ room }) => heard.push(room));
    web.socket.drop();
    await vi.advanceTimersByTimeAsync(500);
    web.socket.welcome();
    await settled();

    expect(web.socket.sent.at(-1)).toEqual({
      type: 'join',
      room: 'cctv',
      deviceType: 'camera',
      cameraId: 'door',
    });
    web.socket.say({ type: 'joined', room: 'cctv' });
    expect(heard).toEqual(['cctv']);
  });
});

describe('a viewer that asks', () => {
  it('gets an offer, and candidates only after it', async () => {
    await registered();
    await asked('v');
    web.peer.found(null);

    expect(web.peer.tracks).toHaveLength(1);
    expect(web.socket.sent).toEqual([
      { type: 'offer', target: 'v', sdp: { type: 'offer', sdp: 'offer' } },
      {
        type: 'iceCandidate',
        target: 'v',
        candidate: { candidate: 'candidate:early', sdpMid: '0', sdpMLineIndex: 0 },
      },
      { type: 'iceCandidate', target: 'v', candidate: null },
    ]);
  });

  it('may send candidates before its answer', async () => {
    await registered();
    await asked('v');
    const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 };
    web.socket.say({ type: 'iceCandidate', sender: 'v', candidate });
    web.socket.say({ type: 'answer', sender: 'v', sdp: { type: 'answer', sdp: 'answer' } });
    web.socket.say({ type: 'iceCandidate', sender: 'v', candidate: null });
    await settled();

    expect(web.peer.candidates).toEqual([candidate, undefined]);
  });

  it('and asks again, gets a new connection in place of the old one', async () => {
    const made = await registered();
    await asked('v');
    await asked('v');

    expect(web.peers.map(({ closed }) => closed)).toEqual([true, false]);
    expect([...made.peerConnections.keys()]).toEqual(['v']);
  });

  it.each([
    ['left', { type: 'viewerLeft', viewerId: 'v', cameraId: 'door' }],
    ['is gone', { type: 'clientDisconnected', clientId: 'v' }],
  ] as const)('and %s is closed', async (_, message) => {
    const made = await registered();
    const counts: number[] = [];
    made.on('viewers', (count) => counts.push(count));
    await asked('v');
    web.peer.become('connected');
    web.socket.say(message);

    expect([web.peer.closed, made.peerConnections.size, counts]).toEqual([true, 0, [1, 0]]);
  });

  it('is refused while the camera is stopped, has nothing to show, or as many as it may', async () => {
    const made = await registered({ maxViewers: 1 });
    await asked('v');
    await asked('second');
    await made.stopStreaming();
    await asked('third');
    await made.startStreaming();
    made.localStream = null;
    await asked('fourth');

    expect(web.socket.of('rejectStream').map(({ viewerId, reason }) => [viewerId, reason])).toEqual([
      ['second', 'busy'],
      ['v', 'stopped'],
      ['third', 'stopped'],
      ['fourth', 'no-stream'],
    ]);
  });

  it('and does not connect is given up', async () => {
    const made = await registered();
    await asked('v');
    await vi.advanceTimersByTimeAsync(20_000);

    expect([web.peer.closed, made.peerConnections.size]).toEqual([true, 0]);
  });

  it('and answers nonsense is told of, and closed', async () => {
    const made = await registered();
    const codes: string[] = [];
    made.on('error', ({ code }) => codes.push(code));
    await asked('v');
    web.socket.say({ type: 'answer', sender: 'v', sdp: { type: 'answer', sdp: 'nonsense' } });
    web.socket.say({ type: 'answer', sender: 'stranger', sdp: { type: 'answer', sdp: 'x' } });
    web.socket.say({ type: 'answer', sender: 'v' });
    await settled();

    expect([codes, web.peer.closed]).toEqual([['rooms/negotiation'], true]);
  });
});

describe('a path that is lost', () => {
  it('comes back by itself in time, and nothing happens', async () => {
    await registered();
    await asked('v');
    web.peer.become('connected');
    web.peer.become('disconnected');
    await vi.advanceTimersByTimeAsync(3000);
    web.peer.become('connected');
    await vi.advanceTimersByTimeAsync(60_000);

    expect([web.peer.restarts, web.peer.closed]).toEqual([0, false]);
  });

  it('is sought anew three times, then the viewer has to ask again', async () => {
    await registered();
    await asked('v');
    web.peer.become('connected');
    web.peer.become('disconnected');
    await vi.advanceTimersByTimeAsync(4000);
    expect(web.peer.restarts).toBe(1);

    await vi.advanceTimersByTimeAsync(30_000);

    expect([web.peer.restarts, web.peer.closed]).toEqual([3, true]);
  });

  it('goes on while the server is away, and ends when its viewer came by another name', async () => {
    await registered();
    await asked('v');
    const { peer } = web;
    peer.become('connected');
    web.socket.drop();
    await vi.advanceTimersByTimeAsync(500);
    web.socket.welcome();
    await settled();
    web.socket.say({ type: 'joined', room: 'cctv' });
    await settled();
    expect(peer.closed).toBe(false);

    await asked('v-again');
    await vi.advanceTimersByTimeAsync(15_000);

    expect([peer.closed, web.peer.closed]).toEqual([true, false]);
  });
});

describe('reports', () => {
  it('tell the room what changed, once a second at most, the newest', async () => {
    const made = await registered();
    await made.startStreaming();
    await asked('v');
    web.peer.become('connected');
    await asked('w');
    web.peer.become('connected');
    await vi.advanceTimersByTimeAsync(1200);

    const reports = web.socket.of('cameraStatus').map(({ streaming, viewers }) => [streaming, viewers]);
    expect(reports).toEqual([
      [true, 0],
      [true, 2],
    ]);
  });

  it('are not sent to a server of the first version', async () => {
    const made = client();
    const registering = made.register();
    web.socket.readyState = 1;
    web.socket.say({ type: 'welcome', clientId: 'me' });
    await settled();
    web.socket.say({ type: 'joined', room: 'cctv' });
    await registering;
    await made.startStreaming();
    await asked('v');
    await made.stopStreaming();

    expect(web.socket.sent.map(({ type }) => type)).toEqual(['join', 'offer', 'iceCandidate']);
  });
});

describe('JPEG pictures', () => {
  const JPEG = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);

  it('go out from a camera that needs no stream', async () => {
    const made = client({ mediaConstraints: false });
    made.localStream = null;
    expect(made.sendJpeg(JPEG)).toBe(false);
    const registering = made.register();
    web.socket.welcome();
    await settled();
    web.socket.say({ type: 'joined', room: 'cctv' });
    await registering;

    expect(made.sendJpeg(JPEG)).toBe(true);
    expect(web.socket.pictures).toEqual([JPEG]);
  });

  it('are not refused to who asks for them', async () => {
    const made = await registered({ mediaConstraints: false });
    made.localStream = null;
    await asked('v');
    await made.stopStreaming();
    await asked('w');

    expect(web.socket.of('rejectStream').map(({ viewerId, reason }) => [viewerId, reason])).toEqual([
      ['w', 'stopped'],
    ]);
  });

  it('are left out while earlier ones wait', async () => {
    const made = await registered();
    web.socket.bufferedAmount = 2 ** 21;

    expect([made.sendJpeg(JPEG), web.socket.pictures]).toEqual([false, []]);
  });

  it.each([
    ['too large', new Uint8Array(524_289).fill(0xff, 0, 1).fill(0xd8, 1, 2)],
    ['none', new Uint8Array([0x89, 0x50])],
  ])('that are %s are refused in words', async (_, bytes) => {
    const made = await registered();

    expect(() => made.sendJpeg(bytes)).toThrow(expect.objectContaining({ code: 'rooms/picture' }) as Error);
  });
});

it('has no stream to start before it is registered', async () => {
  const made = new CameraClient<FakeStream>({ ...web.options });

  expect(await outcome(made.startStreaming())).toBe('rooms/no-stream');
});

it('closes all, and says so last', async () => {
  const made = await registered();
  const heard: string[] = [];
  for (const name of ['streamingStopped', 'disconnected', 'closed'] as const)
    made.on(name, () => heard.push(name));
  await asked('v');
  await made.close();
  await vi.advanceTimersByTimeAsync(60_000);

  expect([heard, web.peer.closed, web.sockets.length]).toEqual([
    ['streamingStopped', 'disconnected', 'closed'],
    true,
    1,
  ]);
  expect(vi.getTimerCount()).toBe(0);
});
