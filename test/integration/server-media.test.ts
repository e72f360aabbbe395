import { createSnapshots, type SnapshotDecoder } from '@pinhole/outputs/snapshot';
import { afterEach, describe, expect, it } from 'vitest';
import { openTestServer, type TestServer } from '../support/test-server.ts';

/** Stands for FFmpeg: a file that is no picture, but tells what it was made of. */
const fakeDecoder = (): SnapshotDecoder & {
  readonly asked: { units: number; quality: number | undefined }[];
} => {
  const asked: { units: number; quality: number | undefined }[] = [];
  return {
    asked,
    decode: ({ units, quality }) => {
      asked.push({ units: units.length, quality });
      return Promise.resolve({ jpeg: new Uint8Array([0xff, 0xd8, 0xff, 0xd9]), width: 320, height: 240 });
    },
  };
};

describe('snapshots over HTTP', () => {
  let server: TestServer;
  afterEach(() => server.close());
  const snapshot = (query = '') =>
    server.ask(`/cameras/door/snapshot.jpg${query}`, { token: server.adminToken });

  it('start a camera that nobody watches, and tell when the picture was taken', async () => {
    const decoder = fakeDecoder();
    server = await openTestServer({}, { snapshots: createSnapshots({ decoder }) });
    const before = Date.now();

    const reply = await snapshot('?quality=70');

    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('image/jpeg');
    expect(Date.parse(String(reply.headers['x-captured-at']))).toBeGreaterThanOrEqual(before - 5);
    expect(Date.parse(String(reply.headers['last-modified']))).toBeGreaterThanOrEqual(before - 1000);
    expect(Number(reply.headers.age)).toBeLessThan(5);
    expect(decoder.asked).toEqual([{ units: expect.any(Number), quality: 70 }]);
    const { state, viewers } = (
      await server.ask('/api/v1/cameras/door', { token: server.adminToken })
    ).json();
    expect({ state, viewers }).toEqual({ state: { kind: 'live' }, viewers: 0 });
  });

  it('are shared by those whom an older one will do', async () => {
    const decoder = fakeDecoder();
    server = await openTestServer({}, { snapshots: createSnapshots({ decoder }) });

    const replies = [await snapshot(), await snapshot('?max-age=60'), await snapshot('?max-age=0')];

    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(replies[1]?.headers['x-captured-at']).toBe(replies[0]?.headers['x-captured-at']);
    expect(decoder.asked).toHaveLength(2);
  });

  it('are refused with the way to get a decoder where there is none', async () => {
    server = await openTestServer({}, { snapshots: createSnapshots({}) });

    const reply = await snapshot();

    expect(reply.status).toBe(501);
    expect(reply.json()).toMatchObject({
      code: 'snapshot/no-decoder',
      detail: expect.stringContaining('npm install node-av'),
    });
  });

  it.each(['?quality=0', '?quality=101', '?quality=fine', '?width=9999', '?max-age=-1'])(
    'name what is wrong in %s',
    async (query) => {
      server = await openTestServer({}, { snapshots: createSnapshots({ decoder: fakeDecoder() }) });

      const reply = await snapshot(query);

      expect(reply.status).toBe(400);
      expect(reply.json()).toMatchObject({ code: 'snapshot/bad-option' });
    },
  );

  it('of a camera that cannot be reached tell why', async () => {
    server = await openTestServer({ cameras: { door: 'file:/nowhere/clip.mp4' } });

    const reply = await snapshot();

    expect(reply.status).toBe(409);
    expect(reply.headers['retry-after']).toBe('2');
    expect(reply.json()).toMatchObject({
      code: 'camera/not-live',
      detail: expect.stringContaining('clip.mp4'),
    });
  });
});

describe('streams over HTTP', () => {
  it.each([
    ['mp4', 'video/mp4'],
    ['h264', 'video/h264'],
  ])('stream.%s comes as %s, is listed while it lasts, and ends with its reader', async (format, type) => {
    const server = await openTestServer();
    const abort = new AbortController();
    const response = await fetch(`${server.url}/cameras/door/stream.${format}?token=${server.adminToken}`, {
      signal: abort.signal,
    });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    const sessions = async () =>
      (await server.ask('/api/v1/sessions', { token: server.adminToken })).json()['sessions'];

    expect(response.headers.get('content-type')).toContain(type);
    expect(first?.value?.byteLength).toBeGreaterThan(0);
    expect(await sessions()).toMatchObject([{ camera: 'door', transport: 'http', tokenId: 'admin' }]);
    abort.abort();
    await expect.poll(sessions).toEqual([]);
    await server.close();
  });
});
