import { ViewerClient } from '@pinhole/client/rooms';
import type { NodeMediaStream, NodeReceivedTrack } from '@pinhole/rooms-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LOOPBACK, openNodeRoomCamera } from '../support/node-room-camera.ts';
import { RoomPeer } from '../support/room-peer.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';
import { timeCodedPictures } from '../support/time-coded-pictures.ts';

type NodeViewer = ViewerClient<NodeMediaStream<NodeReceivedTrack>>;

let open: TestServer;
let strict: TestServer;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  const cameras = { front: 'synthetic:320x240@15', yard: 'room:cctv/yard-cam', board: 'room:cctv/board' };
  const front = { room: 'cctv', cameraId: 'front-door', label: 'The front door', viewers: 2 };
  const turn = { urls: 'turn:turn.example.org', secret: 'north-remembers' };
  [open, strict] = await Promise.all([
    openTestServer({
      cameras,
      rooms: { mode: 'compatible', cameras: { front }, adopt: ['porch'] },
      iceServers: [turn],
    }),
    openTestServer({
      cameras: { front: cameras.front },
      rooms: { mode: 'strict', cameras: { front: 'cctv/front-door' } },
    }),
  ]);
});
afterAll(() => Promise.all([open.close(), strict.close()]));
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openViewer({ url }: TestServer, token?: string): Promise<NodeViewer> {
  const viewer: NodeViewer = new ViewerClient({
    ...LOOPBACK,
    serverUrl: `${url.replace('http', 'ws')}/`,
    ...(token !== undefined && { token }),
  });
  closers.push(() => viewer.close());
  await viewer.connect();
  await viewer.joinRoom('cctv');
  return viewer;
}

async function openPeer({ url }: TestServer, role: Readonly<Record<string, unknown>>): Promise<RoomPeer> {
  const peer = await RoomPeer.open(url);
  closers.push(() => peer.leave());
  await peer.join({ room: 'cctv', ...role });
  return peer;
}

/** Waits for so many access units. */
async function units(stream: NodeMediaStream<NodeReceivedTrack>, count: number): Promise<void> {
  let left = count;
  await new Promise<void>((resolve) => {
    for (const track of stream.getTracks()) {
      const stop = track.subscribe(() => {
        if (--left > 0) return;
        stop();
        resolve();
      });
    }
  });
}

const sessionsOf = async (server: TestServer): Promise<readonly Record<string, unknown>[]> => {
  const { sessions } = (await server.ask('/api/v1/sessions', { token: server.adminToken })).json();
  return sessions as Record<string, unknown>[];
};

const cameraOf = async (server: TestServer, id: string): Promise<Record<string, unknown>> =>
  (await server.ask(`/api/v1/cameras/${id}`, { token: server.adminToken })).json();

/** Somebody who watches a camera of this server, by H.264 over HTTP. */
function watch(server: TestServer, camera: string): { readonly bytes: () => number } {
  let bytes = 0;
  const stop = new AbortController();
  closers.push(() => stop.abort());
  const headers = { authorization: `Bearer ${server.adminToken}` };
  void (async () => {
    const answer = await fetch(`${server.url}/cameras/${camera}/stream.h264`, {
      headers,
      signal: stop.signal,
    });
    for await (const chunk of answer.body ?? []) bytes += (chunk as Uint8Array).byteLength;
  })().catch(() => {}); // ends with the test
  return { bytes: () => bytes };
}

describe('a camera of this server in a room', () => {
  it('is found, offers its picture, counts its viewers, and ends with them', async () => {
    const viewer = await openViewer(open);
    expect(await viewer.getAvailableCameras()).toMatchObject([
      {
        cameraId: 'front-door',
        name: 'The front door',
        viewers: 0,
        capabilities: { transports: ['webrtc'] },
      },
    ]);
    expect(viewer.iceServers).toMatchObject([
      {
        urls: ['turn:turn.example.org'],
        username: expect.stringMatching(/^\d{10}:/),
        credential: expect.any(String),
      },
    ]);

    await units(await viewer.requestStream('front-door'), 10);
    expect(await sessionsOf(open)).toMatchObject([{ camera: 'front', transport: 'webrtc', state: 'live' }]);
    const late = await openPeer(open, {});
    expect(await late.take('cameraAvailable')).toMatchObject({
      viewers: 1,
      capabilities: { width: 320, height: 240 },
    });

    viewer.stopViewing('front-door');
    await expect.poll(() => sessionsOf(open)).toEqual([]);
    expect((await open.ask('/metrics', { token: open.adminToken })).text).toContain(
      'pinhole_output_events_total{output="room-cameras",event="answers"} 1',
    );
  });

  it('has as many viewers as it may, and tells the next one', async () => {
    const [one, two, three] = await Promise.all([openPeer(open, {}), openPeer(open, {}), openPeer(open, {})]);
    for (const peer of [one, two]) {
      peer.say({ type: 'requestStream', cameraId: 'front-door' });
      expect((await peer.take('offer')).sdp?.sdp).toContain('a=setup:active');
    }

    three.say({ type: 'requestStream', cameraId: 'front-door', requestId: '9' });

    expect(await three.take('streamRejected')).toMatchObject({ requestId: '9', reason: 'camera-busy' });
  });

  it('is nobody else', async () => {
    const peer = await RoomPeer.open(open.url);
    closers.push(() => peer.leave());
    peer.say({ type: 'join', room: 'cctv', deviceType: 'camera', cameraId: 'front-door' });

    expect(await peer.take('error')).toMatchObject({ code: 'camera-id-taken', re: 'join' });
  });

  it('is for those with rights over it in strict rooms, as long as they have them', async () => {
    const guest = await strict.token({ cameras: ['front'], rights: ['view'] });
    const stranger = await strict.token({ cameras: ['front-door'], rights: ['view'] });
    const none = await openViewer(strict, stranger.token);
    expect(await none.getAvailableCameras()).toEqual([]);

    const viewer = await openViewer(strict, guest.token);
    await units(await viewer.requestStream('front-door'), 2);
    expect(await sessionsOf(strict)).toHaveLength(1);
    await strict.ask(`/api/v1/tokens/${guest.id}`, { method: 'DELETE', token: strict.adminToken });

    await expect.poll(() => sessionsOf(strict)).toEqual([]);
  });
});

describe('a camera that somebody brings into a room', () => {
  it('is a camera of this server, by WebRTC, also when it comes back', async () => {
    const watched = watch(open, 'yard');
    await expect
      .poll(async () => (await cameraOf(open, 'yard'))['state'])
      .toMatchObject({ kind: 'retrying', code: 'source/room-camera-away' });

    const first = await openNodeRoomCamera({ url: open.url, cameraId: 'yard-cam' });
    await expect.poll(() => watched.bytes(), { timeout: 15_000 }).toBeGreaterThan(10_000);
    expect(await cameraOf(open, 'yard')).toMatchObject({
      state: { kind: 'live' },
      source: { kind: 'room', label: 'camera "yard-cam" in room "cctv"' },
      parameters: { width: 640, height: 360 },
    });
    await first.close();
    await expect
      .poll(async () => (await cameraOf(open, 'yard'))['state'])
      .toMatchObject({ code: 'source/room-camera-away' });

    const before = watched.bytes();
    const second = await openNodeRoomCamera({ url: open.url, cameraId: 'yard-cam' });
    closers.push(() => second.close());
    await expect.poll(() => watched.bytes(), { timeout: 15_000 }).toBeGreaterThan(before + 10_000);
  });

  it('is adopted where that is wanted, and found by everybody', async () => {
    const peer = await RoomPeer.open(open.url);
    closers.push(() => peer.leave());
    await peer.join({ room: 'porch', deviceType: 'camera', cameraId: 'Löwe <b>', name: 'The lion' });

    const listed = async () =>
      (
        (await open.ask('/api/v1/cameras', { token: open.adminToken })).json()['cameras'] as { id: string }[]
      ).filter(({ id }) => id.startsWith('porch-'));
    await expect.poll(listed, { timeout: 5000 }).toMatchObject([
      {
        id: expect.stringMatching(/^porch-Lo-we-b-[0-9a-f]{8}$/),
        label: 'The lion',
        source: { kind: 'room' },
      },
    ]);
  });
});

needs('ffmpeg').describe('a board in a room that sends JPEG pictures', () => {
  let pictures: readonly Uint8Array[];
  beforeAll(async () => {
    pictures = await timeCodedPictures({ width: 320, height: 240, count: 10 });
  });

  /** Films while somebody watches it, as the sketch of an ESP32 does. */
  async function openBoard(): Promise<RoomPeer> {
    const board = await openPeer(open, { deviceType: 'camera', cameraId: 'board' });
    const viewers = new Set<string>();
    let count = 0;
    const filming = setInterval(() => {
      for (const message of board.inbox.splice(0)) {
        if (message.type === 'viewerRequest') viewers.add(message.viewerId);
        if (message.type === 'viewerLeft') viewers.delete(message.viewerId);
      }
      const picture = pictures[count++ % pictures.length];
      if (viewers.size > 0 && picture) board.raw(picture);
    }, 50);
    closers.push(() => clearInterval(filming));
    return board;
  }

  it('gives its pictures as they are', async () => {
    await openBoard();
    const headers = { authorization: `Bearer ${open.adminToken}` };

    const answer = await fetch(`${open.url}/cameras/board/stream.mjpeg`, { headers });
    const reader = answer.body?.getReader();
    const { value } = (await reader?.read()) ?? {};
    const snapshot = await fetch(`${open.url}/cameras/board/snapshot.jpg`, { headers });
    const bytes = new Uint8Array(await snapshot.arrayBuffer());
    await reader?.cancel();

    expect(answer.headers.get('content-type')).toMatch(/^multipart\/x-mixed-replace/);
    expect(value?.byteLength).toBeGreaterThan(0);
    expect(pictures.some((picture) => Buffer.from(picture).equals(bytes))).toBe(true);
    expect(await cameraOf(open, 'board')).toMatchObject({ jpeg: true, state: { kind: 'live' } });
  });

  it('is offered in H.264 to viewers that know WebRTC alone', async () => {
    await openBoard();
    const viewer = await openViewer(open);

    await units(await viewer.requestStream('board'), 5);

    expect(await sessionsOf(open)).toMatchObject([{ camera: 'board', transport: 'webrtc' }]);
  });

  it('is seen by viewers that take pictures, each told whose it is', async () => {
    await openBoard();
    const viewer = await openPeer(open, {});

    viewer.say({ type: 'requestStream', cameraId: 'board', transports: ['jpeg'] });

    await expect.poll(() => viewer.pictures.length).toBeGreaterThan(2);
    const [first] = viewer.pictures;
    expect(pictures.some((picture) => first?.equals(picture))).toBe(true);
    expect(viewer.inbox).toContainEqual(
      expect.objectContaining({ type: 'frameInfo', cameraId: 'board', size: first?.byteLength }),
    );
    expect(viewer.inbox).not.toContainEqual(expect.objectContaining({ type: 'offer' }));
  });
});
