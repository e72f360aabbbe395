import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTimeCode } from '@pinhole/media/timecode';
import { type LiveFrame, parseLiveFrame } from '@pinhole/protocol/live';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { childrenOf } from '../support/census.ts';
import { ffmpegOutput } from '../support/clip-file.ts';
import { MultipartReader } from '../support/multipart-reader.ts';
import { greyJpeg, ScriptedJpegSource } from '../support/scripted-jpeg-camera.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';

let server: TestServer;
let film: ReturnType<typeof setInterval> | undefined;
const sockets: WebSocket[] = [];

afterEach(async () => {
  clearInterval(film);
  for (const socket of sockets.splice(0)) socket.terminate();
  await server.close();
});

interface Viewer {
  readonly socket: WebSocket;
  readonly texts: Record<string, unknown>[];
  readonly frames: (LiveFrame & { readonly at: number })[];
}

/** A viewer of `/live/{path}` as our own client is one. */
async function open(path: string): Promise<Viewer> {
  const protocols = ['pinhole.live.v1', `bearer.${server.adminToken}`];
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/live/${path}`, protocols);
  sockets.push(socket);
  const viewer: Viewer = { socket, texts: [], frames: [] };
  socket.on('error', () => {}); // `close` follows
  socket.on('message', (message: Buffer, isBinary: boolean) => {
    if (isBinary) viewer.frames.push({ ...parseLiveFrame(new Uint8Array(message)), at: Date.now() });
    else viewer.texts.push(JSON.parse(message.toString()) as Record<string, unknown>);
  });
  await once(socket, 'open');
  return viewer;
}

const text = ({ texts }: Viewer, type: string) => texts.findLast((each) => each['type'] === type);

describe('the live WebSocket of a camera that makes JPEG', () => {
  let source: ScriptedJpegSource;

  beforeEach(async () => {
    source = new ScriptedJpegSource();
    server = await openTestServer({ cameras: { yard: 'synthetic' } }, { openSource: () => source });
  });

  const startFilm = (framesPerSecond: number, sizeBytes = 0): void => {
    const jpeg = greyJpeg(sizeBytes);
    film = setInterval(() => source.picture(jpeg), 1000 / framesPerSecond);
  };

  it('sends the pictures to whoever asks for them, and says of which size they are', async () => {
    const viewer = await open('yard?format=jpeg');
    startFilm(25);

    await expect.poll(() => viewer.frames.length, { timeout: 5_000 }).toBeGreaterThan(10);

    expect(text(viewer, 'hello')).toMatchObject({ camera: 'yard', codec: 'jpeg', jpeg: true });
    expect(text(viewer, 'config')).toMatchObject({ codec: 'jpeg', width: 8, height: 8 });
    expect(viewer.frames[0]).toMatchObject({ type: 'jpeg', key: true, payload: greyJpeg() });
    const sequences = viewer.frames.map(({ sequence }) => sequence);
    expect(sequences).toEqual(sequences.map((_, i) => (sequences[0] ?? 0) + i));
    for (const { captureTime, at } of viewer.frames) expect(at - captureTime / 1000).toBeLessThan(1_000);
    expect(source.wishes).toEqual([['pictures']]);
    await expect
      .poll(() => text(viewer, 'status'), { timeout: 3_000 })
      .toMatchObject({
        source: { kind: 'live' },
        lastSequence: expect.any(Number),
      });
  });

  it('tells a viewer of H.264 that there are pictures to be had', async () => {
    const viewer = await open('yard');

    await expect.poll(() => text(viewer, 'hello')).toMatchObject({ jpeg: true });
    expect(source.wishes).toEqual([['units']]);
  });

  it('gives a late joiner the picture that is there, and says when the size changes', async () => {
    const early = await open('yard?format=jpeg');
    source.picture(greyJpeg());
    await expect.poll(() => early.frames.length).toBe(1);

    const late = await open('yard?format=jpeg');
    await expect.poll(() => late.frames.length).toBe(1);
    source.picture(greyJpeg(), { width: 640, height: 480 });
    await expect.poll(() => late.frames.length).toBe(2);

    expect(late.texts.filter(({ type }) => type === 'config')).toMatchObject([
      { width: 8, height: 8 },
      { width: 640, height: 480 },
    ]);
  });

  it('sends nothing to a hidden page, and the newest picture when it is back', async () => {
    const viewer = await open('yard?format=jpeg');
    source.picture(greyJpeg());
    await expect.poll(() => viewer.frames.length).toBe(1);
    viewer.socket.send('{"type":"pause"}');
    viewer.socket.send('{"type":"ping","clientTimeMs":1}');
    await expect.poll(() => text(viewer, 'pong')).toBeDefined();
    for (let i = 0; i < 5; i++) source.picture(greyJpeg());

    viewer.socket.send('{"type":"resume"}');

    await expect.poll(() => viewer.frames.map(({ sequence }) => sequence)).toEqual([0, 5]);
  });

  it('never delays others for one that stops reading, and holds one picture for it', async () => {
    const SIZE = 200_000;
    startFilm(30, SIZE);
    const [good, bad] = [await open('yard?format=jpeg'), await open('yard?format=jpeg')];
    await expect.poll(() => bad.frames.length, { timeout: 5_000 }).toBeGreaterThan(10);
    bad.socket.pause();
    const from = good.frames.length;
    const since = Date.now();

    await sleep(3_000);

    const got = good.frames.slice(from);
    const intervals = got.slice(1).map(({ at }, i) => at - (got[i]?.at ?? 0));
    const had = bad.frames.length;
    bad.socket.resume();
    await expect.poll(() => bad.frames.length, { timeout: 5_000 }).toBeGreaterThan(had + 20);

    expect(got.length).toBeGreaterThan(((Date.now() - since) / 1000) * 20 * 0.7);
    expect(Math.max(...intervals)).toBeLessThan(1_000);
    // What was on its way when the confirmations stopped: a quarter of a second of pictures, and the one in hand.
    const sequences = bad.frames.slice(had).map(({ sequence }) => sequence);
    const leap = sequences.findIndex((sequence, i) => i > 0 && sequence > (sequences[i - 1] ?? 0) + 30);
    expect(leap).toBeGreaterThan(0);
    expect(leap).toBeLessThan(15);
  });

  it.each([
    ['yard?format=png', 400],
    ['yard?format=jpeg&fps=99', 400],
    ['yard?format=jpeg&fps=0.5', 101],
  ])('%s is answered with %d', async (path, status) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/live/${path}`, [
      'pinhole.live.v1',
      `bearer.${server.adminToken}`,
    ]);
    sockets.push(socket);
    socket.on('error', () => {}); // `unexpected-response` says it all
    const answered = await new Promise<number | undefined>((resolve) => {
      socket.once('open', () => resolve(101));
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode));
    });

    expect(answered).toBe(status);
  });
});

needs('ffmpeg', 'node-av').describe('JPEG pictures of an H.264 camera', { timeout: 60_000 }, () => {
  const [WIDTH, HEIGHT] = [320, 240];

  beforeEach(async () => {
    server = await openTestServer({ cameras: { door: `synthetic:${WIDTH}x${HEIGHT}@30?gop=300` } });
  });

  const codeOf = (jpeg: Uint8Array) => {
    const luma = ffmpegOutput(['-i', 'pipe:0', '-pix_fmt', 'gray', '-f', 'rawvideo', 'pipe:1'], jpeg);
    return readTimeCode({ luma: new Uint8Array(luma), width: WIDTH, height: HEIGHT });
  };

  it('are the right ones: each says when it was captured, ten a second, from a late start on', async () => {
    const before = await open('door');
    await expect.poll(() => before.frames.length, { timeout: 10_000 }).toBeGreaterThan(60);
    const joinedAt = Date.now();

    const viewer = await open('door?format=jpeg');
    await expect.poll(() => viewer.frames.length, { timeout: 20_000 }).toBeGreaterThan(20);

    expect(text(viewer, 'hello')).toMatchObject({ codec: 'jpeg' });
    expect(text(viewer, 'hello')).not.toHaveProperty('jpeg');
    for (const { payload, captureTime } of viewer.frames.slice(0, 20)) {
      expect(Math.abs((codeOf(payload)?.captureTime ?? 0) - captureTime)).toBeLessThan(1_000);
    }
    // What was in store is decoded, and not shown.
    expect(viewer.frames[0]?.captureTime).toBeGreaterThan((joinedAt - 200) * 1000);
    const times = viewer.frames.map(({ captureTime }) => captureTime);
    const perSecond = (times.length - 1) / (((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1e6);
    expect(perSecond).toBeGreaterThan(7);
    expect(perSecond).toBeLessThan(11);
  });

  it('come from one decoder for all who watch, which ends with the last of them', async () => {
    const { length: others } = await childrenOf(process.pid);
    const children = async () => (await childrenOf(process.pid)).length - others;
    const path = `${server.url}/cameras/door/stream.mjpeg?token=${server.adminToken}`;
    const [http, viewer] = [await MultipartReader.open(path), await open('door?format=jpeg')];
    await expect.poll(() => http.parts.length, { timeout: 20_000 }).toBeGreaterThan(5);
    await expect.poll(() => viewer.frames.length).toBeGreaterThan(5);
    expect(await children()).toBe(1);

    http.close();
    await sleep(300);
    expect(await children()).toBe(1);
    viewer.socket.close();

    await expect.poll(children, { timeout: 5_000 }).toBe(0);
  });

  it('end when the decoder dies, for whoever is there, and come again for whoever asks', async () => {
    const before = await childrenOf(process.pid);
    const path = `${server.url}/cameras/door/stream.mjpeg?token=${server.adminToken}`;
    const [http, viewer] = [await MultipartReader.open(path), await open('door?format=jpeg')];
    await expect.poll(() => viewer.frames.length, { timeout: 20_000 }).toBeGreaterThan(3);
    const [child] = (await childrenOf(process.pid)).filter((pid) => !before.includes(pid));

    if (child === undefined) throw new Error('there is no decoder');
    process.kill(child, 'SIGKILL');

    await http.ended;
    await once(viewer.socket, 'close', { signal: AbortSignal.timeout(5_000) });
    expect(text(viewer, 'error')).toMatchObject({ code: 'mjpeg/failed' });
    const again = await open('door?format=jpeg');
    await expect.poll(() => again.frames.length, { timeout: 20_000 }).toBeGreaterThan(3);
  });
});
