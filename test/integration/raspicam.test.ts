import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { micros } from '@pinhole/core';
import { NAL_TYPE, nalType, nalUnits } from '@pinhole/media/h264';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ScriptedSource } from '../support/scripted-camera.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
const KEY = [NAL_TYPE.sps, NAL_TYPE.pps, NAL_TYPE.idr];

/** A client such as raspicam's page: it offers no subprotocol, says nothing, and keeps what it got. */
class PlainClient {
  readonly socket: WebSocket;
  readonly messages: { readonly data: Uint8Array; readonly at: number }[] = [];
  texts = 0;
  status: number | undefined;
  readonly closed: Promise<number>;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.socket = new WebSocket(url, { headers });
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.messages.push({ data: new Uint8Array(data), at: Date.now() });
      else this.texts++;
    });
    this.socket.on('unexpected-response', (_request, response) => {
      this.status = response.statusCode;
      this.socket.terminate();
    });
    this.socket.on('error', () => {}); // `close` follows
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
  }

  /** Types of the NAL units of each message. */
  get types(): number[][] {
    return this.messages.map(({ data }) => [...nalUnits(data)].map(nalType));
  }
}

let sources: Map<string, ScriptedSource>;
let server: TestServer;
let film: ReturnType<typeof setInterval> | undefined;
const clients: PlainClient[] = [];

const start = async (config: { readonly defaultCamera?: string } = {}): Promise<void> => {
  sources = new Map();
  const openSource = (id: string): ScriptedSource => {
    const source = new ScriptedSource(() => micros(Date.now() * 1000));
    sources.set(id, source);
    return source;
  };
  const cameras = { door: 'synthetic', hall: { source: 'synthetic', anonymous: ['view'] } };
  server = await openTestServer({ cameras, ...config }, { openSource });
};

const camera = (id = 'door'): ScriptedSource => {
  const source = sources.get(id);
  if (!source) throw new Error(`no source of ${id}`);
  return source;
};

const connect = (path: string, token = server.adminToken): PlainClient => {
  const query = token === '' ? '' : `?token=${token}`;
  const client = new PlainClient(`ws://127.0.0.1:${server.port}${path}${query}`);
  clients.push(client);
  return client;
};

/** A client that is being served. */
const open = async (path = '/ws/', token = server.adminToken): Promise<PlainClient> => {
  const client = connect(path, token);
  await once(client.socket, 'open');
  return client;
};

const metric = async (event: string): Promise<number> => {
  const name = `pinhole_output_events_total{output="raspicam",event="${event}"} `;
  const { text } = await server.ask('/metrics', { token: server.adminToken });
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(name))
      ?.slice(name.length) ?? Number.NaN,
  );
};

beforeEach(() => start());

afterEach(async () => {
  clearInterval(film);
  for (const { socket } of clients.splice(0)) socket.terminate();
  await server.close();
});

describe('/ws/', () => {
  it('is one access unit a message, with nothing but what a decoder needs, and not a word', async () => {
    const client = await open();
    camera().fillerBytes = 100; // SEI
    camera().frame({ key: true });
    camera().frame({ key: false });
    camera().frame({ key: true });

    await expect.poll(() => client.types).toEqual([KEY, [NAL_TYPE.slice], KEY]);
    for (const { data } of client.messages) expect(data.subarray(0, 4)).toEqual(START_CODE);
    await sleep(1_200);
    expect(client.texts).toBe(0);
    expect(client.socket.protocol).toBe('');
  });

  it('is the first camera, another one by its id, or the one that the configuration says', async () => {
    const [first, named] = [await open('/ws/'), await open('/ws/hall')];
    camera('door').frame({ key: true });
    await expect.poll(() => first.messages.length).toBe(1);
    expect(named.messages).toEqual([]);
    camera('hall').frame({ key: true });
    await expect.poll(() => named.messages.length).toBe(1);
    await server.close();

    await start({ defaultCamera: 'hall' });
    await open();

    expect(camera('hall').running).toBe(true);
    expect(camera('door').running).toBe(false);
  });

  it('passes over what a client says, within bounds', async () => {
    const client = await open();
    client.socket.send('hello?');
    client.socket.send(Uint8Array.of(1, 2, 3));
    camera().frame({ key: true });
    await expect.poll(() => client.messages.length).toBe(1);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);

    for (let i = 0; i < 100; i++) client.socket.send('again');

    expect(await client.closed).toBe(1008);
    expect(await metric('messages-too-many')).toBe(1);
  });

  it('is listed, ends with its token, and rests the camera when nobody is left', async () => {
    const { id, token } = await server.token({ cameras: ['door'], rights: ['view'] });
    const client = await open('/ws/', token);
    const listed = (await server.ask('/api/v1/sessions', { token: server.adminToken })).json();
    expect(listed['sessions']).toMatchObject([{ camera: 'door', transport: 'websocket', tokenId: id }]);

    await server.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', token: server.adminToken });

    expect(await client.closed).toBe(4403);
  });

  it.each([
    ['without a token', '/ws/', '', 401],
    ['with a wrong one', '/ws/', 'pin_wrong', 401],
    ['for a camera that is not there', '/ws/cellar', undefined, 404],
  ])('is refused %s', async (_how, path, token, status) => {
    const client = connect(path, token);

    await client.closed;

    expect(client.status).toBe(status);
  });

  it('needs no token where those without one may watch', async () => {
    const client = await open('/ws/hall', '');
    camera('hall').frame({ key: true });

    await expect.poll(() => client.types).toEqual([KEY]);
  });

  it('is refused to the pages of others', async () => {
    const url = `ws://127.0.0.1:${server.port}/ws/?token=${server.adminToken}`;
    const client = new PlainClient(url, { origin: 'https://elsewhere.example' });
    clients.push(client);

    await client.closed;

    expect(client.status).toBe(403);
  });
});

describe('a late joiner', () => {
  it('waits for the key frame that was asked for, rather than begin with what is old', async () => {
    await open();
    camera().frame({ key: true });
    for (let i = 0; i < 40; i++) camera().frame({ key: false });
    const asked = camera().keyFramesRequested;

    const late = await open();
    await expect.poll(() => camera().keyFramesRequested).toBe(asked + 1);
    camera().frame({ key: false });
    await sleep(400);
    expect(late.messages).toEqual([]);
    camera().frame({ key: true });
    camera().frame({ key: false });

    await expect.poll(() => late.types).toEqual([KEY, [NAL_TYPE.slice]]);
  });

  it('gets the cached GOP after two seconds without a key frame', async () => {
    await open();
    camera().frame({ key: true });
    for (let i = 0; i < 40; i++) camera().frame({ key: false });

    const late = await open();

    await expect.poll(() => late.messages.length, { timeout: 5_000 }).toBe(41);
    expect(late.types[0]).toEqual(KEY);
  });
});

describe('a client that stops reading', { timeout: 30_000 }, () => {
  it('is skipped to a key unit and sent away, while others get every picture on time', async () => {
    camera().fillerBytes = 0;
    const [good, bad] = [await open(), await open()];
    // Slices of a real size, as SEI would be left out.
    const large = new Uint8Array(200_000).fill(0x77);
    let count = 0;
    const frame = (): void => {
      const key = count++ % 15 === 0;
      if (key) camera().frame({ key });
      else
        camera().picture({ key, data: Buffer.concat([START_CODE, Uint8Array.of(0x41, 0x9a, 0x38), large]) });
    };
    film = setInterval(frame, 33);
    await expect.poll(() => bad.messages.length).toBeGreaterThan(5);
    bad.socket.pause();
    const from = good.messages.length;
    const since = Date.now();

    await expect.poll(() => metric('viewers-stalled'), { timeout: 20_000, interval: 250 }).toBe(1);

    const got = good.messages.slice(from);
    const intervals = got.slice(1).map(({ at }, i) => at - (got[i]?.at ?? 0));
    expect(await metric('frames-dropped-busy')).toBeGreaterThan(0);
    expect(await metric('frames-dropped-until-key')).toBeGreaterThan(0);
    expect(got.length).toBeGreaterThan(((Date.now() - since) / 1000) * 20 * 0.7);
    expect(Math.max(...intervals)).toBeLessThan(1_000);
  });
});

it('stream.h264 stands at the root', async () => {
  const abort = new AbortController();
  const reply = fetch(`${server.url}/stream.h264?token=${server.adminToken}`, { signal: abort.signal });
  await expect.poll(() => camera().running).toBe(true);
  camera().frame({ key: true });
  const response = await reply;
  const chunk = await response.body?.getReader().read();

  expect(response.headers.get('content-type')).toBe('video/h264');
  expect(chunk?.value?.subarray(0, 5)).toEqual(Uint8Array.of(0, 0, 0, 1, 0x67));
  abort.abort();
});

it('a default camera that is not there stops the start', async () => {
  await expect(openTestServer({ defaultCamera: 'cellar' })).rejects.toMatchObject({
    code: 'config/invalid',
    message: expect.stringContaining('cellar'),
  });
});
