import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outcome } from './fake-clients.ts';
import { type FakePeer, FakeStream, FakeWeb, settled } from './fake-web.ts';
import type { RoomsEvents } from './room-events.ts';
import type { RoomsError } from './rooms-error.ts';
import { ViewerClient } from './viewer-client.ts';

const SDP = (fingerprint: string): string => `v=0\r\na=fingerprint:sha-256 ${fingerprint}\r\n`;

let web: FakeWeb;
let viewer: ViewerClient<FakeStream>;
let heard: string[];

beforeEach(async () => {
  vi.useFakeTimers();
  web = new FakeWeb();
  viewer = new ViewerClient<FakeStream>(web.options);
  heard = [];
  const note =
    <Name extends keyof RoomsEvents<FakeStream>>(name: Name) =>
    (...event: RoomsEvents<FakeStream>[Name]) => {
      heard.push([name, ...event.map((one) => (one instanceof FakeStream ? one.id : codeOf(one)))].join(' '));
    };
  viewer.on('streamReceived', note('streamReceived'));
  viewer.on('streamLost', note('streamLost'));
  viewer.on('viewingStopped', note('viewingStopped'));
  viewer.on('error', note('error'));
  const connecting = viewer.connect();
  web.socket.welcome();
  await connecting;
  const joining = viewer.joinRoom('cctv');
  await settled();
  web.socket.say({ type: 'joined', room: 'cctv', cameras: [{ cameraId: 'door', clientId: 'c1' }] });
  await joining;
});
afterEach(() => vi.useRealTimers());

const codeOf = (event: unknown): string =>
  event instanceof Error ? (event as RoomsError).code : String(event);

const lastRequest = (): string => String(web.socket.of('requestStream').at(-1)?.['requestId']);

async function offer(sender: string, fingerprint = sender): Promise<FakePeer> {
  web.socket.say({ type: 'offer', sender, sdp: { type: 'offer', sdp: SDP(fingerprint) } });
  await settled();
  return web.peer;
}

/** The camera offers and pictures come. */
async function shows(sender: string, fingerprint = sender): Promise<{ peer: FakePeer; stream: FakeStream }> {
  const peer = await offer(sender, fingerprint);
  const stream = new FakeStream();
  peer.bring(stream);
  peer.become('connected');
  await settled();
  return { peer, stream };
}

async function watching(): Promise<{ peer: FakePeer; stream: FakeStream }> {
  const asked = viewer.requestStream('door');
  const shown = await shows('c1');
  expect(await asked).toBe(shown.stream);
  return shown;
}

const reconnect = async (cameras: { cameraId: string; clientId: string }[]): Promise<void> => {
  web.socket.drop();
  await vi.advanceTimersByTimeAsync(500);
  web.socket.welcome({ clientId: 'me-again' });
  await settled();
  web.socket.say({ type: 'joined', room: 'cctv', cameras });
  await settled();
};

describe('a request', () => {
  it('is answered, with candidates after the answer, and resolves once pictures come', async () => {
    const asked = viewer.requestStream('door');
    const peer = await offer('c1');

    expect(web.socket.sent.slice(1)).toEqual([
      { type: 'requestStream', cameraId: 'door', requestId: lastRequest() },
      { type: 'answer', target: 'c1', sdp: { type: 'answer', sdp: 'answer' } },
      {
        type: 'iceCandidate',
        target: 'c1',
        candidate: { candidate: 'candidate:early', sdpMid: '0', sdpMLineIndex: 0 },
      },
    ]);
    const stream = new FakeStream();
    peer.bring(stream);
    peer.bring(stream); // the second track of the same stream
    await settled();
    expect(heard).toEqual([]);
    peer.become('connected');
    expect(await asked).toBe(stream);
    expect(heard).toEqual([`streamReceived ${stream.id} door`]);
    expect([...viewer.activeStreams]).toEqual([['door', stream]]);
    expect([...viewer.peerConnections.keys()]).toEqual(['door']);
  });

  it.each<readonly [string, () => unknown, string]>([
    [
      'there is no such camera',
      () => web.socket.say({ type: 'cameraNotFound', cameraId: 'door', requestId: lastRequest() }),
      'rooms/camera-not-found',
    ],
    [
      'an old server finds no such camera',
      () => web.socket.say({ type: 'cameraNotFound', cameraId: 'door' }),
      'rooms/camera-not-found',
    ],
    [
      'the camera refuses',
      () =>
        web.socket.say({
          type: 'streamRejected',
          cameraId: 'door',
          requestId: lastRequest(),
          reason: 'stopped',
        }),
      'rooms/stream-rejected',
    ],
    [
      'the camera leaves',
      () => web.socket.say({ type: 'cameraUnavailable', cameraId: 'door', clientId: 'c1' }),
      'rooms/camera-left',
    ],
    [
      'the server refuses',
      () =>
        web.socket.say({
          type: 'error',
          code: 'camera-busy',
          message: 'busy',
          re: 'requestStream',
          requestId: lastRequest(),
        }),
      'camera-busy',
    ],
    ['nothing is offered', () => vi.advanceTimersByTime(15_000), 'rooms/timeout'],
    ['an offer leads to no pictures', () => void offer('c1'), 'rooms/timeout'],
    [
      'the offer makes no sense',
      () => web.socket.say({ type: 'offer', sender: 'c1', sdp: { type: 'offer', sdp: 'nonsense' } }),
      'rooms/negotiation',
    ],
    [
      'no path is found',
      () =>
        void offer('c1').then((peer) => {
          peer.become('failed');
        }),
      'rooms/no-path',
    ],
    ['the viewing is stopped', () => viewer.stopViewing('door'), 'rooms/aborted'],
    ['the client is closed', () => void viewer.close(), 'rooms/aborted'],
  ])('rejects when %s, and leaves nothing behind', async (_, what, code) => {
    const asked = outcome(viewer.requestStream('door'));
    await settled();

    what();
    await settled();
    if (code === 'rooms/timeout') await vi.advanceTimersByTimeAsync(15_000);

    expect(await asked).toBe(code);
    expect([viewer.activeStreams.size, viewer.peerConnections.size]).toEqual([0, 0]);
    expect(web.peers.every(({ closed }) => closed)).toBe(true);
  });

  it('is given up by its signal, and the server is told', async () => {
    const controller = new AbortController();
    const asked = outcome(viewer.requestStream('door', { signal: controller.signal }));
    controller.abort();

    expect(await asked).toBe('rooms/aborted');
    await settled();
    expect(web.socket.sent.at(-1)).toEqual({ type: 'stopStream', cameraId: 'door' });
  });

  it('needs a connection and a room', async () => {
    expect(await outcome(new ViewerClient(web.options).requestStream('door'))).toBe('rooms/not-connected');
    const leaving = viewer.leaveRoom();
    await settled();
    web.socket.say({ type: 'left', room: 'cctv' });
    await leaving;
    expect(await outcome(viewer.requestStream('door'))).toBe('rooms/not-in-room');
  });

  it('is not mixed up with one for another camera', async () => {
    web.socket.say({ type: 'cameraAvailable', cameraId: 'hall', clientId: 'c2' });
    const [door, hall] = [viewer.requestStream('door'), viewer.requestStream('hall')];
    const second = await shows('c2');
    const first = await shows('c1');

    expect([await door, await hall]).toEqual([first.stream, second.stream]);
    expect([...viewer.activeStreams.keys()]).toEqual(['door', 'hall']);
  });

  it('is shared by those who ask for the same camera, and given at once later', async () => {
    const both = [viewer.requestStream('door'), viewer.requestStream('door')];
    const { stream } = await shows('c1');

    expect(await Promise.all(both)).toEqual([stream, stream]);
    expect(await viewer.requestStream('door')).toBe(stream);
    expect(web.socket.of('requestStream')).toHaveLength(1);
  });

  it('leaves no listeners, timers or connections after a thousand', async () => {
    const counts = (): number[] =>
      (['error', 'cameraNotFound', 'streamReceived', 'closed'] as const).map((name) =>
        viewer.listenerCount(name),
      );
    const before = [counts(), vi.getTimerCount()];
    for (let i = 0; i < 1000; i++) {
      const asked = outcome(viewer.requestStream('door'));
      await settled();
      web.socket.say({ type: 'cameraNotFound', cameraId: 'door', requestId: lastRequest() });
      await asked;
      await settled();
    }

    expect([counts(), vi.getTimerCount()]).toEqual(before);
  });
});

describe('an offer', () => {
  it('of somebody who was asked for nothing is passed over', async () => {
    web.socket.say({ type: 'offer', sender: 'stranger', sdp: { type: 'offer', sdp: SDP('x') } });
    web.socket.say({ type: 'iceCandidate', sender: 'c1', candidate: null });
    await settled();

    expect([web.peers.length, viewer.unasked, heard]).toEqual([0, 2, []]);
  });

  it('with candidates before it gets them', async () => {
    void outcome(viewer.requestStream('door'));
    const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 };
    web.socket.say({ type: 'iceCandidate', sender: 'c1', candidate });
    const peer = await offer('c1');

    expect(peer.candidates).toEqual([candidate]);
  });

  it('of the same connection finds a new path for it', async () => {
    const { peer } = await watching();
    await offer('c1');

    expect([web.peers.length, peer.remote.length, heard.length]).toEqual([1, 2, 1]);
  });

  it('with another certificate is another connection; the first one stays until that one shows', async () => {
    const { peer, stream } = await watching();
    await offer('c1', 'restarted');
    expect([web.peers.length, peer.closed]).toEqual([2, false]);

    const next = new FakeStream();
    web.peer.bring(next);
    web.peer.become('connected');
    await settled();

    expect([peer.closed, stream.tracks[0]?.stopped]).toEqual([true, true]);
    expect(viewer.activeStreams.get('door')).toBe(next);
  });
});

describe('pictures that are lost', () => {
  it('come back by themselves in time', async () => {
    const { peer } = await watching();
    peer.become('disconnected');
    await vi.advanceTimersByTimeAsync(5000);
    peer.become('connected');
    await vi.advanceTimersByTimeAsync(30_000);

    expect([heard.length, peer.closed]).toEqual([1, false]);
  });

  it('are asked for again, until they come', async () => {
    const { peer } = await watching();
    peer.become('failed');
    await vi.advanceTimersByTimeAsync(6000);
    expect([heard.at(-1), peer.closed]).toEqual(['streamLost door rooms/no-path', true]);

    await vi.advanceTimersByTimeAsync(1000);
    web.socket.say({ type: 'streamRejected', cameraId: 'door', requestId: lastRequest(), reason: 'busy' });
    await vi.advanceTimersByTimeAsync(2000);
    expect(web.socket.of('requestStream')).toHaveLength(3);
    const { stream } = await shows('c1', 'anew');

    expect(heard.at(-1)).toBe(`streamReceived ${stream.id} door`);
  });

  it('come from the camera by its new name without a black moment', async () => {
    const { peer } = await watching();
    web.socket.say({ type: 'cameraUnavailable', cameraId: 'door', clientId: 'c1' });
    web.socket.say({ type: 'cameraAvailable', cameraId: 'door', clientId: 'c1-again' });
    await settled();
    expect(peer.closed).toBe(false);
    const { stream } = await shows('c1-again');

    expect(peer.closed).toBe(true);
    expect(heard.slice(1)).toEqual([`streamReceived ${stream.id} door`]);
  });

  it('end with the camera, and come again with it', async () => {
    const { peer, stream } = await watching();
    web.socket.say({ type: 'cameraUnavailable', cameraId: 'door', clientId: 'c1' });
    await vi.advanceTimersByTimeAsync(6000);
    expect([peer.closed, stream.tracks[0]?.stopped, viewer.activeStreams.size]).toEqual([true, true, 0]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(web.socket.of('requestStream')).toHaveLength(1);

    web.socket.say({ type: 'cameraAvailable', cameraId: 'door', clientId: 'c9' });
    const next = await shows('c9');

    expect(heard.slice(1)).toEqual([
      'streamLost door rooms/camera-left',
      `streamReceived ${next.stream.id} door`,
    ]);
  });

  it('end when the camera stops, and come again when it tells that it streams', async () => {
    await watching();
    web.socket.say({ type: 'streamRejected', cameraId: 'door', reason: 'stopped' });
    expect(heard.at(-1)).toBe('streamLost door rooms/stream-rejected');
    web.socket.say({ type: 'cameraStatus', cameraId: 'door', clientId: 'c1', streaming: true });

    expect(web.socket.of('requestStream')).toHaveLength(2);
  });

  it('stay while the server is away, and are asked for again from the camera that is there then', async () => {
    const { peer } = await watching();
    await reconnect([{ cameraId: 'door', clientId: 'c1-again' }]);
    expect([peer.closed, heard.length]).toEqual([false, 1]);
    expect(web.socket.of('requestStream')).toHaveLength(1);
    await shows('c1-again');

    expect([peer.closed, heard.length]).toEqual([true, 2]);
  });

  it('are asked for when the camera comes back later than this viewer', async () => {
    await watching();
    await reconnect([]);
    expect(web.socket.of('requestStream')).toHaveLength(0);

    web.socket.say({ type: 'cameraAvailable', cameraId: 'door', clientId: 'c1-again' });

    expect(web.socket.of('requestStream')).toHaveLength(1);
  });
});

describe('ends', () => {
  it('stopViewing tells the camera, stops the tracks, and says so', async () => {
    const { peer, stream } = await watching();
    viewer.stopViewing('door');
    viewer.stopViewing('door');

    expect([peer.closed, stream.tracks[0]?.stopped]).toEqual([true, true]);
    expect(heard.slice(1)).toEqual(['viewingStopped door']);
    expect(web.socket.of('stopStream')).toEqual([{ type: 'stopStream', cameraId: 'door' }]);
  });

  it('another room has other cameras', async () => {
    await watching();
    const joining = viewer.joinRoom('yard');
    await settled();
    web.socket.say({ type: 'joined', room: 'yard', cameras: [] });
    await joining;

    expect([viewer.availableCameras.size, heard.at(-1)]).toEqual([0, 'viewingStopped door']);
  });

  it('close ends all, and leaves no timer', async () => {
    const { peer } = await watching();
    await viewer.close();

    expect([peer.closed, vi.getTimerCount(), viewer.isConnected]).toEqual([true, 0, false]);
  });
});

it('keeps camera ids that mean something elsewhere as what they are', () => {
  for (const cameraId of ['<img src=x onerror=alert(1)>', '__proto__', 'constructor'])
    web.socket.say({ type: 'cameraAvailable', cameraId, clientId: 'c' });

  expect([...viewer.availableCameras.keys()]).toEqual([
    'door',
    '<img src=x onerror=alert(1)>',
    '__proto__',
    'constructor',
  ]);
});
