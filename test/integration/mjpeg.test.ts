import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MultipartReader } from '../support/multipart-reader.ts';
import { greyJpeg, ScriptedJpegSource } from '../support/scripted-jpeg-camera.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

let source: ScriptedJpegSource;
let server: TestServer;
let film: ReturnType<typeof setInterval> | undefined;
const readers: MultipartReader[] = [];

beforeEach(async () => {
  source = new ScriptedJpegSource();
  server = await openTestServer({ cameras: { yard: 'synthetic' } }, { openSource: () => source });
});

afterEach(async () => {
  clearInterval(film);
  for (const reader of readers.splice(0)) reader.close();
  await server.close();
});

/** Pictures of that size, so many a second. */
const startFilm = (framesPerSecond: number, sizeBytes = 0): void => {
  const jpeg = greyJpeg(sizeBytes);
  film = setInterval(() => source.picture(jpeg), 1000 / framesPerSecond);
};

const open = async (path = '/cameras/yard/stream.mjpeg'): Promise<MultipartReader> => {
  const separator = path.includes('?') ? '&' : '?';
  const reader = await MultipartReader.open(`${server.url}${path}${separator}token=${server.adminToken}`);
  readers.push(reader);
  return reader;
};

const sessions = async () =>
  (await server.ask('/api/v1/sessions', { token: server.adminToken })).json()['sessions'];

const metric = async (name: string): Promise<number> => {
  const { text } = await server.ask('/metrics', { token: server.adminToken });
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')
      .at(-1) ?? Number.NaN,
  );
};

describe('stream.mjpeg of a camera that makes JPEG', () => {
  it('is its pictures as they are, each with when it was captured, and no H.264 is wanted', async () => {
    startFilm(25);

    const reader = await open();
    await expect.poll(() => reader.parts.length, { timeout: 5_000 }).toBeGreaterThan(10);

    expect(reader.response.headers).toMatchObject({
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const [first] = reader.parts;
    expect(first?.body).toEqual(greyJpeg());
    expect(first?.headers.get('Content-Type')).toBe('image/jpeg');
    expect(first?.headers.get('X-Picture-Size')).toBe('8x8');
    expect(Number(first?.headers.get('X-Timestamp')) * 1000).toBeCloseTo(
      Date.parse(first?.headers.get('X-Captured-At') ?? ''),
      -1,
    );
    for (const { headers, at } of reader.parts.slice(1)) {
      expect(at - Number(headers.get('X-Timestamp')) * 1000).toBeLessThan(1000);
    }
    expect(source.wishes).toEqual([['pictures']]);
    expect(await sessions()).toMatchObject([{ camera: 'yard', transport: 'http' }]);
    expect(await metric('pinhole_output_events_total{output="mjpeg",event="frames-sent"}')).toBeGreaterThan(
      10,
    );
    expect(await metric('pinhole_camera_pictures_total{camera="yard"}')).toBeGreaterThan(10);
  });

  it('is at the root as well, and slower when asked', async () => {
    startFilm(40);

    const [all, few] = [await open('/stream.mjpeg'), await open('/stream.mjpeg?fps=5')];
    await expect.poll(() => all.parts.length, { timeout: 5_000 }).toBeGreaterThan(60);

    const times = few.parts.map(({ headers }) => Number(headers.get('X-Timestamp')));
    const span = (times.at(-1) ?? 0) - (times[0] ?? 0);
    expect(few.parts.length).toBeGreaterThan(3);
    expect((few.parts.length - 1) / span).toBeLessThan(6);
  });

  it('ends with its reader, and with its token', async () => {
    startFilm(25);
    const { id, token } = await server.token({ cameras: ['yard'], rights: ['view'] });
    const [left, revoked] = [
      await open(),
      await MultipartReader.open(`${server.url}/cameras/yard/stream.mjpeg?token=${token}`),
    ];
    expect(await sessions()).toHaveLength(2);

    left.close();
    await server.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', token: server.adminToken });

    await revoked.ended;
    await expect.poll(sessions).toEqual([]);
    expect(source.wishes.at(-1)).toEqual([]);
  });

  it.each([
    ['?fps=0', 400, 'mjpeg/bad-rate'],
    ['?fps=1e3', 400, 'mjpeg/bad-rate'],
  ])('%s is refused', async (query, status, code) => {
    const reply = await server.ask(`/cameras/yard/stream.mjpeg${query}`, { token: server.adminToken });

    expect(reply.status).toBe(status);
    expect(reply.json()).toMatchObject({ code });
  });

  it('asks for a token, and HEAD starts nothing', async () => {
    const stranger = await server.ask('/stream.mjpeg');
    const head = await server.ask('/stream.mjpeg', { method: 'HEAD', token: server.adminToken });

    expect(stranger.status).toBe(401);
    expect(head.headers['content-type']).toMatch(/^multipart\/x-mixed-replace; boundary=/);
    expect(source.running).toBe(false);
  });

  it('may be shown by pages of other sites where its address says the token, and else not', async () => {
    const head = async (path: string, token?: string) =>
      (await server.ask(path, { method: 'HEAD', ...(token !== undefined && { token }) })).headers[
        'cross-origin-resource-policy'
      ];

    expect(await head(`/stream.mjpeg?token=${server.adminToken}`)).toBe('cross-origin');
    expect(await head('/stream.mjpeg', server.adminToken)).toBe('same-origin');
  });

  it('tells why there is no picture', async () => {
    const reply = server.ask('/stream.mjpeg', { token: server.adminToken });
    await expect.poll(() => source.running).toBe(true);
    source.state({ kind: 'failed', code: 'source/refused', why: 'wrong password' });

    expect((await reply).status).toBe(409);
    expect((await reply).json()).toMatchObject({
      code: 'camera/not-live',
      detail: expect.stringContaining('wrong password'),
    });
    expect(await sessions()).toEqual([]);
  });
});

describe('a reader that stops reading', { timeout: 60_000 }, () => {
  it('gets the newest picture when it reads again, costs no memory, and others notice nothing', async () => {
    const SIZE = 200_000;
    startFilm(30, SIZE);
    const [good, bad] = [await open(), await open()];
    await expect.poll(() => bad.parts.length).toBeGreaterThan(5);
    bad.pause();
    await sleep(1_500); // what the kernel takes of it is full
    const before = process.memoryUsage().external;
    const from = good.parts.length;
    const since = Date.now();

    await sleep(5_000);

    const growth = process.memoryUsage().external - before - (good.parts.length - from) * SIZE;
    const intervals = good.parts.slice(from + 1).map(({ at }, i) => at - (good.parts[from + i]?.at ?? 0));
    const readAgainAt = Date.now();
    const had = bad.parts.length;
    bad.resume();
    await expect.poll(() => bad.parts.at(-1)?.at ?? 0, { timeout: 5_000 }).toBeGreaterThan(readAgainAt + 300);

    expect(growth).toBeLessThan(16 * 2 ** 20);
    expect(good.parts.length - from).toBeGreaterThan(((Date.now() - since) / 1000) * 20 * 0.7);
    expect(Math.max(...intervals)).toBeLessThan(1_000);
    expect(
      await metric('pinhole_output_events_total{output="mjpeg",event="pictures-replaced"}'),
    ).toBeGreaterThan(60);
    // Only what lay in the buffers on the way is old.
    const late = bad.parts
      .slice(had)
      .filter(({ headers }) => Number(headers.get('X-Timestamp')) * 1000 < readAgainAt - 1_000);
    expect(late.length * SIZE).toBeLessThan(12 * 2 ** 20);
    expect(bad.parts.at(-1)?.at).toBeLessThan(
      Number(bad.parts.at(-1)?.headers.get('X-Timestamp')) * 1000 + 1_000,
    );
  });

  it('is sent away after 15 seconds, and counted', async () => {
    startFilm(30, 400_000);
    const bad = await open();
    await expect.poll(() => bad.parts.length).toBeGreaterThan(2);
    bad.pause();

    await expect.poll(sessions, { timeout: 30_000, interval: 500 }).toEqual([]);

    expect(await metric('pinhole_output_events_total{output="mjpeg",event="viewers-stalled"}')).toBe(1);
  });
});

describe('snapshot.jpg of a camera that makes JPEG', () => {
  const snapshot = () => server.ask('/cameras/yard/snapshot.jpg', { token: server.adminToken });

  it('waits for a picture of a camera that rests, and is that picture', async () => {
    const reply = snapshot();
    await expect.poll(() => source.running).toBe(true);
    const captureTime = source.picture(greyJpeg());

    expect((await reply).status).toBe(200);
    expect((await reply).headers['content-type']).toBe('image/jpeg');
    expect((await reply).headers.age).toBe('0');
    expect(Date.parse(String((await reply).headers['x-captured-at']))).toBe(Math.floor(captureTime / 1000));
    expect(source.wishes).toEqual([['pictures'], []]);
  });

  it('tells how old it is', async () => {
    const reader = open();
    await expect.poll(() => source.running).toBe(true);
    source.picture(greyJpeg());
    await reader;
    await sleep(1_600);

    expect((await snapshot()).headers.age).toBe('2');
  });
});

describe('the API', () => {
  it('says that the camera makes JPEG, how fast, and where it is', async () => {
    startFilm(25);
    const reader = await open();
    await expect.poll(() => reader.parts.length, { timeout: 5_000 }).toBeGreaterThan(30);

    const camera = (await server.ask('/api/v1/cameras/yard', { token: server.adminToken })).json();

    expect(camera).toMatchObject({
      jpeg: true,
      lastCaptureTime: expect.any(String),
      urls: { mjpeg: '/cameras/yard/stream.mjpeg', ws: '/ws/yard' },
    });
    expect(camera['framesPerSecond']).toBeGreaterThan(5);
  });
});
