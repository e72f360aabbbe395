import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServer } from 'pinhole';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { endViewers, RtpViewer } from '../support/rtp-viewer.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const JSON_BODY = { 'content-type': 'application/json' };
type Message = Record<string, unknown>;

let server: TestServer;
const tokens: Record<'driver' | 'watcher', { id: string; token: string }> = {
  driver: { id: '', token: '' },
  watcher: { id: '', token: '' },
};

beforeAll(async () => {
  server = await openTestServer({ limits: { writesPerSecond: 1000, writeBurst: 1000 } });
  tokens.driver = await server.token({ cameras: ['door'], rights: ['view', 'control'] });
  tokens.watcher = await server.token({ cameras: ['door'], rights: ['view'] });
});
afterAll(async () => {
  await server.close();
  endViewers();
});

const ask = async (method: string, path: string, body?: unknown, token = tokens.driver.token) => {
  const reply = await server.ask(`/api/v1/cameras/door/${path}`, {
    method,
    token,
    ...(body !== undefined && { headers: JSON_BODY, body: JSON.stringify(body) }),
  });
  return { status: reply.status, body: reply.text === '' ? {} : reply.json() };
};

const currently = async (id: string): Promise<unknown> => {
  const { body } = await ask('GET', 'controls');
  return (body['controls'] as Message[]).find((control) => control['id'] === id)?.['value'];
};

/** A viewer, whatever carries its messages. */
interface Viewer {
  readonly messages: () => Message[];
  say(message: Message): void;
  /** The first message that is like this, from now or before. */
  heard(like: Message): Promise<void>;
  close(): void;
}

const viewerOf = (messages: () => Message[], say: (text: string) => void, close: () => void): Viewer => ({
  messages,
  say: (message) => say(JSON.stringify(message)),
  heard: (like) =>
    vi.waitFor(() => expect(messages()).toContainEqual(expect.objectContaining(like)), { timeout: 5000 }),
  close,
});

async function openSocket(token: string): Promise<Viewer> {
  const live = server.live('door', { token });
  await live.message('config');
  return viewerOf(
    () => live.messages,
    (text) => live.socket.send(text),
    () => live.socket.close(),
  );
}

async function openWebRtc(token: string): Promise<Viewer> {
  const rtp = new RtpViewer();
  await rtp.connect(async (offer) => {
    const headers = { 'content-type': 'application/sdp' };
    const reply = await server.ask('/whep/door', { method: 'POST', token, headers, body: offer });
    expect(reply.status).toBe(201);
    return reply.text;
  });
  await vi.waitFor(() => expect(rtp.messages.length).toBeGreaterThan(1), { timeout: 5000 });
  return viewerOf(
    () => rtp.messages.map((text) => JSON.parse(text) as Message),
    (text) => rtp.channel.sendMessage(text),
    () => rtp.close(),
  );
}

const WAYS = [
  ['WebSocket', openSocket],
  ['WebRTC', openWebRtc],
] as const;

describe('two viewers', () => {
  it.each([
    ['WebSocket', 'WebRTC', openSocket, openWebRtc],
    ['WebRTC', 'WebSocket', openWebRtc, openSocket],
  ])('by %s and by %s see the same values, and who changed them', async (_, __, openOne, openOther) => {
    const driver = await openOne(tokens.driver.token);
    const watcher = await openOther(tokens.watcher.token);
    for (const viewer of [driver, watcher]) viewer.say({ type: 'watch-controls' });
    await driver.heard({ type: 'controls', mayControl: true });
    await watcher.heard({ type: 'controls', mayControl: false });

    driver.say({ type: 'set-control', requestId: 1, id: 'brightness', value: 33 });

    await driver.heard({ type: 'control-result', requestId: 1, value: 33 });
    for (const viewer of [driver, watcher])
      await viewer.heard({ type: 'control', id: 'brightness', value: 33, by: tokens.driver.id });
    expect(await currently('brightness')).toBe(33);
    await ask('POST', 'controls/reset', {});
    await watcher.heard({ type: 'control', id: 'brightness', value: 0 });
    driver.close();
    watcher.close();
  });

  it.each(WAYS)('by %s: what REST changes is heard there, new limits too', async (_, open) => {
    const viewer = await open(tokens.watcher.token);
    viewer.say({ type: 'watch-controls' });
    await viewer.heard({ type: 'controls' });

    await ask('PUT', 'controls/pattern', { value: 'bars' });

    await viewer.heard({ type: 'control', id: 'pattern', value: 'bars' });
    await vi.waitFor(() => {
      const last = viewer.messages().findLast(({ type }) => type === 'controls');
      const brightness = (last?.['controls'] as Message[] | undefined)?.find(({ id }) => id === 'brightness');
      expect(brightness?.['inactive']).toContain('another pattern');
    });
    await ask('PUT', 'controls/pattern', { value: 'card' });
    viewer.close();
  });

  it.each(WAYS)('by %s: a token that may only view changes nothing', async (_, open) => {
    const viewer = await open(tokens.watcher.token);

    for (const [requestId, message] of [
      { type: 'set-control', id: 'brightness', value: 1 },
      { type: 'reset-controls' },
      { type: 'keep-controls' },
      { type: 'revert-controls' },
    ].entries()) {
      viewer.say({ ...message, requestId });
      await viewer.heard({
        type: 'control-result',
        requestId,
        error: expect.objectContaining({ code: 'auth/forbidden' }) as object,
      });
    }

    expect(await currently('brightness')).toBe(0);
    viewer.close();
  });

  it.each(WAYS)('by %s: what nobody knows is answered, and the connection lives on', async (_, open) => {
    const viewer = await open(tokens.driver.token);

    viewer.say({ type: 'warp-controls' });
    viewer.say({ type: 'set-control', requestId: 5, id: '__proto__', value: 1 });

    await viewer.heard({ type: 'error', code: 'live/unknown-message' });
    await viewer.heard({
      type: 'control-result',
      requestId: 5,
      error: expect.objectContaining({ code: 'control/unknown' }) as object,
    });
    viewer.close();
  });
});

describe('a risky change', () => {
  it('changes the picture of those who watch, and is taken back after ten seconds', async () => {
    const driver = await openSocket(tokens.driver.token);
    driver.say({ type: 'watch-controls' });
    await driver.heard({ type: 'config', width: 320, height: 240 });

    driver.say({ type: 'set-control', requestId: 1, id: 'size', value: '640x360' });

    await driver.heard({ type: 'config', width: 640, height: 360 });
    await driver.heard({
      type: 'controls-unkept',
      unkept: expect.objectContaining({ controls: [{ id: 'size', previous: '320x240' }] }) as object,
    });
    await vi.waitFor(
      () =>
        expect(driver.messages()).toContainEqual(expect.objectContaining({ type: 'control', by: 'revert' })),
      { timeout: 14_000 },
    );
    await vi.waitFor(() =>
      expect(driver.messages().findLast(({ type }) => type === 'config')).toMatchObject({ width: 320 }),
    );
    expect(driver.messages().findLast(({ type }) => type === 'controls-unkept')).toEqual({
      type: 'controls-unkept',
    });
    driver.close();
  }, 25_000);

  it('by REST can be kept, or taken back at once', async () => {
    const { status } = await ask('PATCH', 'controls', { values: { fps: 20, brightness: 4 } });
    expect(status).toBe(200);
    const before = await ask('GET', 'controls', undefined, tokens.watcher.token);
    expect(before.body['unkept']).toMatchObject({
      controls: [{ id: 'fps', previous: 15 }],
      by: tokens.driver.id,
    });

    const reverted = await ask('POST', 'controls/revert');
    expect(reverted.body).not.toHaveProperty('unkept');
    expect(await currently('fps')).toBe(15);
    await ask('PUT', 'controls/fps', { value: 20 });
    const kept = await ask('POST', 'controls/keep');

    expect(kept.body).not.toHaveProperty('unkept');
    expect(await currently('fps')).toBe(20);
    expect((await ask('PUT', 'controls/fps', { value: 15, keep: true })).body).toEqual({ value: 15 });
    expect((await ask('GET', 'controls')).body).not.toHaveProperty('unkept');
    await ask('POST', 'controls/reset', {});
  });
});

describe('REST', () => {
  it.each([
    ['PUT', 'controls/brightness', { value: 99 }, 422, 'control/out-of-range'],
    ['PUT', 'controls/pattern', { value: 'x' }, 422, 'control/not-a-choice'],
    ['PUT', 'controls/nope', { value: 1 }, 404, 'control/unknown'],
    ['PUT', 'controls/brightness', { value: null }, 422, 'api/invalid'],
    ['PATCH', 'controls', { values: { brightness: 1, nope: 2 } }, 404, 'control/unknown'],
    ['PATCH', 'controls', { values: { brightness: 1, pattern: 2 } }, 422, 'control/not-a-choice'],
    ['POST', 'controls/reset', { control: 'nope' }, 404, 'control/unknown'],
    ['POST', 'presets/nope/apply', undefined, 404, 'preset/unknown'],
    ['DELETE', 'presets/nope', undefined, 404, 'preset/unknown'],
    ['PUT', 'presets/..%2Fetc', {}, 422, 'api/invalid'],
    ['PUT', `presets/${'x'.repeat(49)}`, {}, 422, 'api/invalid'],
    ['PUT', 'presets/wide', { values: { x: 'y'.repeat(1001) } }, 422, 'api/invalid'],
  ])('%s %s %j is %d %s', async (method, path, body, status, code) => {
    const reply = await ask(method, path, body);

    expect(reply.status).toBe(status);
    expect(reply.body).toMatchObject({ code });
    expect(await currently('brightness')).toBe(0);
  });

  it('says of an inactive control what would have to be changed', async () => {
    await ask('PUT', 'controls/pattern', { value: 'bars' });

    const reply = await ask('PUT', 'controls/brightness', { value: 5 });

    expect(reply.status).toBe(409);
    expect(reply.body).toMatchObject({
      code: 'control/inactive',
      detail: expect.stringContaining('choose another pattern first') as string,
    });
    await ask('POST', 'controls/reset', { control: 'pattern' });
  });
});

describe('presets', () => {
  it('keep what holds now, or what is given, and set it again', async () => {
    await ask('PATCH', 'controls', { values: { brightness: 21, sweep: false } });
    const saved = await ask('PUT', 'presets/Night%202', {});
    await ask('POST', 'controls/reset', {});
    await ask('PUT', 'presets/odd', { values: { brightness: -9, zoom: 3, pattern: 'stripes' } });

    const applied = await ask('POST', 'presets/Night%202/apply');
    expect(applied.status).toBe(200);
    expect(saved.body['values']).toMatchObject({ brightness: 21, sweep: false, size: '320x240' });
    expect([await currently('brightness'), await currently('sweep')]).toEqual([21, false]);
    const odd = await ask('POST', 'presets/odd/apply');

    expect(odd.body['applied']).toEqual({ brightness: -9 });
    expect((odd.body['skipped'] as Message[]).map(({ code }) => code)).toEqual([
      'control/not-a-choice',
      'control/unknown',
    ]);
    const { body } = await ask('GET', 'presets', undefined, tokens.watcher.token);
    expect((body['presets'] as Message[]).map(({ name }) => name)).toEqual(['Night 2', 'odd']);
    for (const name of ['Night%202', 'odd'])
      expect((await ask('DELETE', `presets/${name}`)).status).toBe(204);
    await ask('POST', 'controls/reset', {});
  });

  it('are no more than thirty-two, and each may be replaced', async () => {
    for (let i = 0; i < 32; i++) expect((await ask('PUT', `presets/p${i}`, { values: {} })).status).toBe(200);

    const more = await ask('PUT', 'presets/p32', { values: {} });
    expect(more.status).toBe(409);
    expect(more.body).toMatchObject({ code: 'preset/too-many' });
    expect((await ask('PUT', 'presets/p7', { values: { fps: 1 } })).status).toBe(200);

    for (let i = 0; i < 32; i++) await ask('DELETE', `presets/p${i}`);
  });

  it('marked for the start hold in the next program; others do not; one mark a camera', async () => {
    await ask('PUT', 'presets/first', { values: { brightness: 11 }, atStart: true });
    await ask('PUT', 'presets/second', { values: { brightness: 12, fps: 10 }, atStart: true });
    await ask('PATCH', 'controls', { values: { gop: 9 } });

    const again = await startServer({
      config: { port: 0, data: server.dataFolder, cameras: { door: 'synthetic:320x240@15' } },
    });
    const reply = await fetch(`${again.url}/api/v1/cameras/door/controls`, {
      headers: { authorization: `Bearer ${tokens.driver.token}` },
    });
    const { controls, unkept } = (await reply.json()) as { controls: Message[]; unkept?: unknown };
    await again.close();

    expect(
      Object.fromEntries(
        controls.filter(({ kind }) => kind !== 'button').map(({ id, value }) => [id, value]),
      ),
    ).toMatchObject({ brightness: 12, fps: 10, gop: 30 });
    expect(unkept).toBeUndefined();
    const { body } = await ask('GET', 'presets');
    expect(body['presets']).toMatchObject([
      { name: 'first', atStart: false },
      { name: 'second', atStart: true },
    ]);
  });

  it('that cannot be read are begun anew, with a copy and words in the log', async () => {
    const path = join(server.dataFolder, 'control-presets.json');
    const damaged = '{"version":1,"cameras":{"door":[{"name":"';
    await writeFile(path, damaged);

    const saved = await ask('PUT', 'presets/fresh', { values: { brightness: 1 } });

    expect(saved.status).toBe(200);
    expect(await readFile(`${path}.unreadable`, 'utf8')).toBe(damaged);
    expect(server.logged()).toContain('data/presets-unreadable');
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      version: 1,
      cameras: { door: [{ name: 'fresh', values: { brightness: 1 }, atStart: false }] },
    });
  });
});
