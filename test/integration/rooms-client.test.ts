import {
  type RoomClientOptions,
  type RoomWebSocket,
  type RoomWebSocketClass,
  ViewerClient,
} from '@pinhole/client/rooms';
import type { NodeMediaStream, NodeReceivedTrack } from '@pinhole/rooms-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LOOPBACK, openNodeRoomCamera } from '../support/node-room-camera.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

type NodeViewer = ViewerClient<NodeMediaStream<NodeReceivedTrack>>;

/** What went over all WebSockets of a test. */
class Transcript {
  readonly sent: Record<string, unknown>[] = [];
  readonly heard: Record<string, unknown>[] = [];
  readonly sockets: RoomWebSocket[] = [];
  readonly webSocket: RoomWebSocketClass;

  constructor() {
    const { sent, heard, sockets } = this;
    this.webSocket = class extends LOOPBACK.webSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
        this.addEventListener('message', ({ data }) => {
          heard.push(JSON.parse(String(data)) as Record<string, unknown>);
        });
      }

      override send(message: string | Uint8Array<ArrayBuffer>): void {
        const picture = { type: 'a picture' };
        sent.push(typeof message === 'string' ? (JSON.parse(message) as Record<string, unknown>) : picture);
        super.send(message);
      }
    };
  }

  types(): readonly string[] {
    return [...new Set(this.sent.map(({ type }) => String(type)))].toSorted();
  }

  errors(): readonly unknown[] {
    return this.heard.filter(({ type }) => type === 'error').map(({ code, re }) => [code, re]);
  }
}

let servers: Readonly<Record<'compatible' | 'strict', TestServer>>;
beforeAll(async () => {
  const [compatible, strict] = await Promise.all(
    (['compatible', 'strict'] as const).map((mode) => openTestServer({ rooms: { mode } })),
  );
  if (compatible === undefined || strict === undefined) throw new Error('no servers');
  servers = { compatible, strict };
});
afterAll(async () => {
  for (const server of Object.values(servers)) await server.close();
});

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function openViewer(options: RoomClientOptions): Promise<NodeViewer> {
  const viewer: NodeViewer = new ViewerClient({
    ...LOOPBACK,
    reconnect: { minDelayMs: 50, maxDelayMs: 200 },
    ...options,
  });
  closers.push(() => viewer.close());
  await viewer.connect();
  await viewer.joinRoom('cctv');
  return viewer;
}

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

describe.each(['compatible', 'strict'] as const)('the clients in %s rooms', (mode) => {
  const where = (): RoomClientOptions => ({
    serverUrl: `${servers[mode].url.replace('http', 'ws')}/`,
    ...(mode === 'strict' && { token: servers[mode].adminToken }),
  });

  async function openCamera(cameraId: string, transcript = new Transcript()) {
    const { serverUrl = '', ...rest } = where();
    const camera = await openNodeRoomCamera({
      url: serverUrl,
      cameraId,
      webSocket: transcript.webSocket,
      ...rest,
    });
    closers.push(() => camera.close());
    return camera;
  }

  it('say every message that clients have, and none that the server refuses', async () => {
    const transcript = new Transcript();
    const { client: camera } = await openCamera('door', transcript);
    const viewer = await openViewer({ ...where(), webSocket: transcript.webSocket });
    // The server's own, also where it has none.
    expect(viewer.iceServers).toEqual([]);
    expect((await viewer.getAvailableCameras()).map(({ cameraId }) => cameraId)).toEqual(['door']);

    await units(await viewer.requestStream('door'), 10);
    viewer.stopViewing('door');
    await expect.poll(() => camera.peerConnections.size).toBe(0);
    await camera.stopStreaming();
    await expect(viewer.requestStream('door')).rejects.toMatchObject({ code: 'rooms/stream-rejected' });
    expect(camera.sendJpeg(new Uint8Array([0xff, 0xd8, 0xff, 0xd9]))).toBe(true);
    transcript.sockets[0]?.close(); // the camera's
    await expect.poll(() => camera.currentRoom).toBeNull();
    await expect.poll(() => camera.currentRoom).toBe('cctv');
    await viewer.leaveRoom();
    await viewer.joinRoom('cctv');
    await camera.startStreaming();
    await units(await viewer.requestStream('door'), 2);

    expect(transcript.types()).toEqual(
      [
        'a picture',
        'answer',
        ...(mode === 'strict' ? ['auth'] : []),
        'cameraStatus',
        'iceCandidate',
        'join',
        'leave',
        'listCameras',
        'offer',
        'rejectStream',
        'requestStream',
        'resume',
        'stopStream',
      ].toSorted(),
    );
    expect(transcript.errors()).toEqual([]);
  });

  it('two cameras at once, each to its own request', async () => {
    const [door, hall] = [await openCamera('door'), await openCamera('hall')];
    const viewer = await openViewer(where());
    const before = await Promise.all([viewer.requestStream('door'), viewer.requestStream('hall')]);
    await Promise.all(before.map((stream) => units(stream, 5)));
    await door.close();

    expect(hall.client.viewerCount).toBe(1);
    await units(before[1], 5);
    expect(before[0].id).not.toBe(before[1].id);
  });
});

it.each([
  ['no token', {}, 'rooms/token'],
  ['a wrong token', { token: 'pin_wrong' }, 'rooms/token'],
])('strict rooms refuse %s in words, and the client does not try again', async (_, options, code) => {
  const transcript = new Transcript();
  const viewer = new ViewerClient({
    ...LOOPBACK,
    ...options,
    webSocket: transcript.webSocket,
    serverUrl: `${servers.strict.url.replace('http', 'ws')}/`,
  });

  await expect(viewer.connect()).rejects.toMatchObject({ code });
  expect([transcript.sockets.length, viewer.isConnecting]).toEqual([1, false]);
});
