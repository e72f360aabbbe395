import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { type Camera, Cameras, ViewerRegistry } from '@pinhole/engine';
import { joinAnnexB } from '@pinhole/media/h264';
import { type HttpFormat, HttpStreams } from '@pinhole/outputs/mp4';
import { BufferSource, EncodedPacketSink, Input, MP4 } from 'mediabunny';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fixtureUnits } from '../support/fixture-units.ts';
import { h264Fixture } from '../support/h264-fixture.ts';
import { type LoopbackServer, serveOnLoopback } from '../support/loopback-server.ts';
import { type ScriptedSource, scriptedCamera } from '../support/scripted-camera.ts';
import { needs, thirdParty } from '../support/third-parties.ts';

const run = promisify(execFile);

let offset = 0;
const now = (): Micros => micros(Date.now() * 1000 + offset);

let camera: Camera;
let source: ScriptedSource;
let registry: ViewerRegistry;
let streams: HttpStreams;
let server: LoopbackServer;
let film: ReturnType<typeof setInterval> | undefined;

beforeEach(async () => {
  offset = 0;
  ({ camera, source } = scriptedCamera({ id: 'door', now }));
  registry = new ViewerRegistry({
    limits: { total: 2, perCamera: 2, perAddress: 2 },
    now,
    newId: () => crypto.randomUUID(),
  });
  streams = new HttpStreams({ cameras: new Cameras([camera]), registry, now, log: silentLogger });
  server = await serveOnLoopback((request: Request) => {
    const [, id = '', format] =
      /^\/cameras\/(.*)\/stream\.(mp4|h264)$/.exec(new URL(request.url).pathname) ?? [];
    const identity = { tokenId: 'ann', address: '127.0.0.1' };
    return streams.respond(request, { camera: id, identity, format: format as HttpFormat });
  });
});

afterEach(async () => {
  clearInterval(film);
  registry.endWhere(() => true, 'shutdown');
  await server.close();
});

/** Key and other pictures by turns, as these two decode without complaint. */
const startFilm = (): void => {
  let count = 0;
  film = setInterval(() => source.frame({ key: count++ % 2 === 0 }), 20);
};

const read = async (response: Response, enough: (bytes: Uint8Array) => boolean): Promise<Uint8Array> => {
  let bytes = new Uint8Array();
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  while (!enough(bytes)) {
    const { value, done } = await reader.read();
    if (done) break;
    bytes = new Uint8Array(Buffer.concat([bytes, value]));
  }
  await reader.cancel();
  return bytes;
};

const fragmentsIn = (bytes: Uint8Array): number =>
  Buffer.from(bytes).toString('latin1').split('mdat').length - 1;

describe('stream.mp4', () => {
  it('starts an idle camera and is a film that mediabunny reads, one fragment a picture', async () => {
    startFilm();
    const response = await fetch(server.url('/cameras/door/stream.mp4'));

    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Type')).toBe('video/mp4; codecs="avc1.42c00a"');
    const bytes = await read(response, (soFar) => fragmentsIn(soFar) > 10);

    const input = new Input({ source: new BufferSource(wholeBoxes(bytes)), formats: [MP4] });
    const track = await input.getPrimaryVideoTrack();
    expect(track).toMatchObject({ codec: 'avc', codedWidth: 64, codedHeight: 48 });
    const packets = [];
    if (track) for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
    expect(packets.length).toBeGreaterThanOrEqual(10);
    expect(packets.map(({ type }) => type).slice(0, 4)).toEqual(['key', 'delta', 'key', 'delta']);
    expect(packets[3]?.timestamp).toBeCloseTo(0.1, 3);
  });

  it('begins with the cached GOP for whoever comes late', async () => {
    const release = camera.acquire();
    source.frame({ key: true });
    source.frame({ key: false });

    const response = await fetch(server.url('/cameras/door/stream.mp4'));
    const bytes = await read(response, (soFar) => fragmentsIn(soFar) === 2);

    expect(fragmentsIn(bytes)).toBe(2);
    release();
  });

  it('ends when the player goes, and leaves nothing behind', async () => {
    startFilm();
    const response = await fetch(server.url('/cameras/door/stream.mp4'));
    expect(registry.list()).toMatchObject([{ transport: 'http', camera: 'door' }]);

    await response.body?.cancel();

    await expect.poll(() => registry.list()).toEqual([]);
    expect(streams.viewers).toBe(0);
    expect(camera.stream.readers).toBe(0);
  });

  it('ends when the token is revoked', async () => {
    startFilm();
    const response = await fetch(server.url('/cameras/door/stream.mp4'));
    registry.endWhere(() => true, 'revoked');

    expect((await read(response, () => false)).byteLength).toBeGreaterThanOrEqual(0);
    expect(streams.viewers).toBe(0);
  });

  it('skips a player that stops reading to a key unit, then lets it go', async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /cameras/door/stream.mp4 HTTP/1.1\r\nHost: x\r\n\r\n');
    await expect.poll(() => source.running).toBe(true);
    source.fillerBytes = 500_000;
    source.frame({ key: true });
    await once(socket, 'data');
    socket.pause();
    for (let i = 0; i < 60; i++) {
      source.frame({ key: i % 2 === 0 });
      await new Promise(setImmediate);
    }
    const heldBefore = streams.counters.framesDroppedBusy;

    offset += 20_000_000;

    expect(heldBefore).toBeGreaterThan(0);
    await expect.poll(() => registry.ends.get('stalled'), { timeout: 5_000 }).toBe(1);
    expect(streams.viewers).toBe(0);
    socket.destroy();
  });
});

needs('ffmpeg').describe('a player built on FFmpeg', () => {
  it.each(['mp4', 'h264'])('decodes stream.%s straight from the server', async (format) => {
    startFilm();

    const { stderr } = await run(thirdParty('ffmpeg') ?? 'ffmpeg', [
      '-v',
      'warning',
      '-nostdin',
      '-i',
      server.url(`/cameras/door/stream.${format}`),
      '-frames:v',
      '20',
      '-f',
      'framemd5',
      '-',
    ]);

    expect(stderr).toBe('');
    await expect.poll(() => registry.list()).toEqual([]);
  });

  it('follows a change of size by the parameter sets in the samples', async () => {
    const pictures = fixtureUnits(h264Fixture('size-change'), { interval: micros(33_333) });
    let count = 0;
    film = setInterval(() => {
      const picture = pictures[count++ % pictures.length];
      if (picture) source.picture({ data: joinAnnexB(picture.nalUnits), key: picture.key });
    }, 20);

    const { stderr } = await run(thirdParty('ffmpeg') ?? 'ffmpeg', [
      ...'-v info -nostdin -i'.split(' '),
      server.url('/cameras/door/stream.mp4'),
      ...'-frames:v 40 -vf showinfo -f null -'.split(' '),
    ]);

    expect(stderr).toContain('s:64x48');
    expect(stderr).toContain('s:96x64');
    expect(stderr).not.toMatch(/error|corrupt/i);
  });
});

describe('stream.h264', () => {
  it('is the Annex B stream, parameter sets first', async () => {
    startFilm();
    const response = await fetch(server.url('/cameras/door/stream.h264'));

    expect(response.headers.get('Content-Type')).toBe('video/h264');
    const bytes = await read(response, (soFar) => soFar.byteLength > 100);
    expect(bytes.subarray(0, 5)).toEqual(Uint8Array.of(0, 0, 0, 1, 0x67));
  });
});

describe('a request is refused', () => {
  it('for an unknown camera', async () => {
    const response = await fetch(server.url('/cameras/cellar/stream.mp4'));

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'camera/unknown', status: 404 });
  });

  it('when the camera does not get live', async () => {
    const response = fetch(server.url('/cameras/door/stream.mp4'));
    await expect.poll(() => source.running).toBe(true);
    source.state({ kind: 'failed', code: 'source/refused', why: 'wrong password' });

    expect((await response).status).toBe(409);
    expect((await response).headers.get('Retry-After')).toBe('2');
    expect(await (await response).json()).toMatchObject({
      code: 'camera/not-live',
      detail: expect.stringContaining('wrong password') as string,
    });
    expect(registry.list()).toEqual([]);
  });

  it('at the limit, and for a method that makes no sense', async () => {
    startFilm();
    const open = [
      await fetch(server.url('/cameras/door/stream.mp4')),
      await fetch(server.url('/cameras/door/stream.h264')),
    ];

    expect((await fetch(server.url('/cameras/door/stream.mp4'))).status).toBe(503);
    expect((await fetch(server.url('/cameras/door/stream.mp4'), { method: 'POST' })).status).toBe(405);
    for (const response of open) await response.body?.cancel();
  });

  it('HEAD tells the type and starts nothing', async () => {
    const response = await fetch(server.url('/cameras/door/stream.mp4'), { method: 'HEAD' });

    expect(response.headers.get('Content-Type')).toBe('video/mp4');
    expect(source.running).toBe(false);
  });
});

/** The last box may be cut off; a demuxer of files wants whole ones. */
const wholeBoxes = (bytes: Uint8Array): Uint8Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = 0;
  while (end + 8 <= bytes.byteLength && end + view.getUint32(end) <= bytes.byteLength)
    end += view.getUint32(end);
  return bytes.subarray(0, end);
};
