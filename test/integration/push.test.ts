import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { micros } from '@pinhole/core';
import { jpegSize } from '@pinhole/media/jpeg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CardPictures, FORMATS, partBytes } from '../support/esp32-emulator/index.ts';
import { timeCodeOf } from '../support/mjpeg-run.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs, thirdParty } from '../support/third-parties.ts';

const card = new CardPictures({ width: 320, height: 240 });
const picture = (number: number): Uint8Array =>
  card.draw(number, micros(Math.round((performance.timeOrigin + performance.now()) * 1000)));
const CAMERAS = Object.fromEntries(
  ['single', 'stream', 'socket', 'occupied', 'silent', 'slow', 'revoked', 'ffmpeg', 'page', 'odd'].map(
    (id) => [id, 'push:'],
  ),
);

describe('pictures that are sent in', () => {
  let server: TestServer;
  let token: string;

  beforeAll(async () => {
    server = await openTestServer({
      cameras: { ...CAMERAS, fetched: 'synthetic:320x240@15' },
      limits: { requestTimeoutMs: 800, headersTimeoutMs: 700, writesPerSecond: 1, writeBurst: 60 },
      origins: ['https://mine.example'],
    });
    token = (await server.token({ cameras: '*', rights: ['publish'] })).token;
  });
  afterAll(() => server.close());

  type Answer = { readonly status: number; readonly body: Record<string, unknown> };

  /** A POST whose body the test writes. */
  function post(
    camera: string,
    type: string,
    headers: Record<string, string | number> = {},
  ): { readonly request: ClientRequest; readonly answer: Promise<Answer> } {
    const request = httpRequest({
      host: '127.0.0.1',
      port: server.port,
      path: `/push/${camera}`,
      method: 'POST',
      agent: false,
      headers: { authorization: `Bearer ${token}`, 'content-type': type, ...headers },
    });
    const answer = new Promise<Answer>((resolve, reject) => {
      request.on('response', (response: IncomingMessage) => {
        let text = '';
        response.on('data', (part) => (text += String(part)));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: JSON.parse(text || '{}') as Record<string, unknown>,
          }),
        );
      });
      request.on('error', reject);
    });
    answer.catch(() => {}); // whoever waits for it hears of it
    return { request, answer };
  }

  async function postOne(
    camera: string,
    body: Uint8Array,
    headers?: Record<string, string>,
  ): Promise<Answer> {
    const { request, answer } = post(camera, 'image/jpeg', { 'content-length': body.byteLength, ...headers });
    request.end(body);
    return await answer;
  }

  const part = (number: number): Uint8Array =>
    partBytes(FORMATS.stock, picture(number), { sinceBootMs: 10 * number });

  async function openSocket(
    camera: string,
    options: { headers?: Record<string, string> } = {},
  ): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/push/${camera}?token=${token}`, options);
    await once(socket, 'open');
    return socket;
  }

  /** The number in the camera's newest picture. */
  async function shown(camera: string): Promise<number | undefined> {
    const response = await fetch(`${server.url}/cameras/${camera}/snapshot.jpg`, {
      headers: { authorization: `Bearer ${server.adminToken}` },
    });
    if (response.status !== 200) return undefined;
    const data = new Uint8Array(await response.arrayBuffer());
    const size = jpegSize(data);
    return size && timeCodeOf({ data, ...size, captureTime: micros(0), sequence: 0 })?.frameNumber;
  }

  const stateOf = async (camera: string): Promise<Record<string, unknown>> =>
    (await server.ask(`/api/v1/cameras/${camera}`, { token: server.adminToken })).json()['state'] as Record<
      string,
      unknown
    >;

  it('come one in a request', async () => {
    expect(await postOne('single', picture(1))).toEqual({ status: 200, body: { pictures: 1, leftOut: 0 } });
    expect(await postOne('single', picture(2))).toMatchObject({ status: 200 });

    expect(await shown('single')).toBe(2);
    expect(await stateOf('single')).toEqual({ kind: 'live' });
  });

  it('come one in a request many times a second, whatever the limit for changes', async () => {
    for (let i = 0; i < 80; i++, await sleep(20))
      expect(await postOne('single', picture(i))).toMatchObject({ status: 200 });
  });

  it('come as a stream for longer than any other request may take', async () => {
    const { request, answer } = post(
      'stream',
      'multipart/x-mixed-replace;boundary=123456789000000000000987654321',
    );
    for (let number = 0; number < 12; number++) {
      request.write(part(number));
      await sleep(100);
    }
    expect(await shown('stream')).toBe(11);
    expect(await stateOf('stream')).toEqual({ kind: 'live' });

    request.end();

    expect(await answer).toEqual({ status: 200, body: { pictures: 12, leftOut: 0 } });
    await expect
      .poll(() => stateOf('stream'))
      .toMatchObject({
        kind: 'retrying',
        code: 'source/no-publisher',
        why: 'waiting for somebody who sends JPEG pictures to /push/stream',
      });
  });

  it('come as binary messages of a WebSocket, with words between that are passed over', async () => {
    const socket = await openSocket('socket');
    socket.send(JSON.stringify({ type: 'join', room: 'yard' }));
    for (let number = 0; number < 5; number++) socket.send(picture(number));

    await expect.poll(() => shown('socket')).toBe(4);

    socket.close();
  });

  it('come from a page as well, which carries its token as a subprotocol', async () => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${server.port}/push/page`,
      ['pinhole.push.v1', `bearer.${token}`],
      {
        headers: { origin: 'https://mine.example' },
      },
    );
    await once(socket, 'open');
    socket.send(picture(9));

    await expect.poll(() => shown('page')).toBe(9);

    expect(socket.protocol).toBe('pinhole.push.v1');
    socket.close();
  });

  it('of a second sender are refused, and taken when the first has been silent for 5 s', async () => {
    const first = await openSocket('occupied');
    const closed = once(first, 'close');
    first.send(picture(1));
    await expect.poll(() => shown('occupied')).toBe(1);

    const second = new WebSocket(`ws://127.0.0.1:${server.port}/push/occupied?token=${token}`);
    const [, refused] = (await once(second, 'unexpected-response')) as [unknown, IncomingMessage];
    const posted = await postOne('occupied', picture(2));
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([409, '5']);
    second.on('error', () => {});
    second.terminate();
    expect(posted).toMatchObject({ status: 409, body: { code: 'publish/occupied' } });

    await sleep(5_100);
    expect(await postOne('occupied', picture(3))).toMatchObject({ status: 200 });

    expect(await shown('occupied')).toBe(3);
    const [code, reason] = (await closed) as [number, Buffer];
    expect([code, reason.toString()]).toEqual([4409, 'somebody else took the place after a silence']);
  });

  it('end with the token that let them in', async () => {
    const temporary = await server.token({ cameras: ['revoked'], rights: ['publish'] });
    const { request, answer } = post('revoked', 'multipart/x-mixed-replace;boundary=x', {
      authorization: `Bearer ${temporary.token}`,
    });
    request.write(part(1));
    await expect.poll(() => shown('revoked')).toBe(1);

    await server.ask(`/api/v1/tokens/${temporary.id}`, { method: 'DELETE', token: server.adminToken });

    expect(await answer).toMatchObject({
      status: 409,
      body: { code: 'push/ended', detail: expect.stringContaining('the token was revoked') },
    });
    request.destroy();
  });

  it.each([
    ['nobody', 'odd', '', 401, 'auth/required'],
    ['one who may only view', 'odd', 'view', 403, 'auth/forbidden'],
    ['one with another camera', 'odd', 'other', 404, 'camera/unknown'],
    ['one for a camera that fetches its pictures', 'fetched', 'publish', 409, 'publish/unsupported'],
  ])('of %s are refused', async (_, camera, who, status, code) => {
    const tokens: Record<string, string> = {
      '': '',
      publish: token,
      view: (await server.token({ cameras: '*', rights: ['view'] })).token,
      other: (await server.token({ cameras: ['single'], rights: ['publish'] })).token,
    };
    const bearer = tokens[who] ?? '';
    const query = bearer === '' ? '' : `?token=${bearer}`;

    const answer = await fetch(`${server.url}/push/${camera}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: Buffer.from(picture(1)),
    });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/push/${camera}${query}`);
    socket.on('error', () => {}); // refused
    const [, refused] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    socket.terminate();

    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([status, code]);
    expect(refused.statusCode).toBe(status);
  });

  it.each([
    ['of another kind', 'image/png', () => picture(1), 415, 'push/unsupported-type'],
    ['that is none', 'image/jpeg', () => Buffer.from('hello'), 422, 'push/no-picture'],
    ['that is cut off', 'image/jpeg', () => picture(1).subarray(0, -1), 422, 'push/no-picture'],
    ['that is too large', 'image/jpeg', () => new Uint8Array(2 ** 21 + 1), 413, 'http/body-too-large'],
  ])('a picture %s is refused in words', async (_, type, body, status, code) => {
    const { request, answer } = post('odd', type);
    request.on('error', () => {}); // the server hangs up on what it does not want
    request.end(body());

    expect(await answer).toMatchObject({ status, body: { code } });
  });

  it('a message that is too large ends the WebSocket, and so do many that are no pictures', async () => {
    const large = await openSocket('odd');
    large.send(new Uint8Array(2 ** 21 + 1));
    expect(((await once(large, 'close')) as [number])[0]).toBe(1009);

    const junk = await openSocket('odd');
    for (let i = 0; i < 30; i++) junk.send(Buffer.from('no picture'));
    expect(((await once(junk, 'close')) as [number])[0]).toBe(1003);
  });

  it('a page of elsewhere cannot send any', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/push/odd?token=${token}`, {
      headers: { origin: 'https://evil.example' },
    });
    socket.on('error', () => {}); // refused
    const [, refused] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
    socket.terminate();

    expect(refused.statusCode).toBe(403);
    expect(await postOne('odd', picture(1), { origin: 'https://evil.example' })).toMatchObject({
      status: 403,
    });
  });

  it('a body that does not come in time is refused as ever, when it is one picture', async () => {
    const { request, answer } = post('slow', 'image/jpeg', { 'content-length': 1_000 });
    request.on('error', () => {}); // the server hangs up
    request.write(picture(1).subarray(0, 100));

    await expect(answer).resolves.toMatchObject({ status: 408 });
  });

  needs('ffmpeg').it('come from FFmpeg as it is', async () => {
    const flags = '-re -f lavfi -i testsrc2=size=320x240:rate=15 -c:v mjpeg -f mpjpeg -method POST';
    const address = `http://127.0.0.1:${server.port}/push/ffmpeg?token=${token}`;
    const child = spawn(thirdParty('ffmpeg') ?? '', [...flags.split(' '), address], { stdio: 'ignore' });

    await expect.poll(() => stateOf('ffmpeg'), { timeout: 10_000 }).toEqual({ kind: 'live' });
    await sleep(1_500);
    expect(await stateOf('ffmpeg')).toEqual({ kind: 'live' });

    child.kill('SIGKILL');
    await expect.poll(() => stateOf('ffmpeg'), { timeout: 5_000 }).toMatchObject({ kind: 'retrying' });
  });
});
