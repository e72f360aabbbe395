import { millis, PinholeError, silentLogger } from '@pinhole/core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { identityOf, JanusRig, settle, visitorOf } from '../../../../test/support/janus-rig.ts';
import { DEFAULT_JANUS_LIMITS } from './gateway-options.ts';
import { JanusEndpoint } from './janus-endpoint.ts';
import { JanusHttp } from './janus-http.ts';

let rig: JanusRig;

beforeEach(() => {
  rig = new JanusRig();
});

const create = { janus: 'create', transaction: 'c' };
const at = (session_id: number, janus = 'keepalive') => ({ janus, transaction: 'k', session_id });

describe('a session', () => {
  it('is over after a minute of silence, and its client hears so', async () => {
    const { client, session_id, handle_id } = await rig.attached();

    await rig.after(59_999);
    expect(client.take()).toEqual([]);
    client.say(at(session_id));
    await rig.after(59_999);
    expect(client.take()).toEqual([{ janus: 'ack', session_id, transaction: 'k' }]);
    await rig.after(1);

    expect(client.take()).toEqual([
      { janus: 'timeout', session_id },
      { janus: 'detached', session_id, sender: handle_id },
    ]);
    client.say(at(session_id));
    expect(client.take()).toMatchObject([{ error: { code: 458, reason: `No such session ${session_id}` } }]);
    expect(rig.gateway.counters.sessionsTimedOut).toBe(1);
  });

  it('outlives its connection, and tells whoever claims it what happened meanwhile', async () => {
    const { client, ...ids } = await rig.attached();
    client.say({ janus: 'message', transaction: 't', body: { request: 'watch' }, ...ids });
    await client.settled();
    client.drop();
    expect(rig.gateway.gauges.lost).toBe(1);
    await rig.picture();

    const next = rig.connect();
    next.say({ ...at(ids.session_id, 'claim') });

    expect(await next.settled()).toMatchObject([
      { janus: 'success', session_id: ids.session_id, transaction: 'k' },
      { janus: 'event', jsep: { type: 'offer' } },
    ]);
    expect(client.take()).toEqual([]);
    expect(rig.gateway.gauges.lost).toBe(0);
  });

  it('goes to the one that claims it, though the other is still there', async () => {
    const { client, ...ids } = await rig.attached();
    const other = rig.connect();
    other.say(at(ids.session_id, 'claim'));

    client.say({ janus: 'detach', transaction: 'd', ...ids });

    expect(client.take()).toEqual([{ janus: 'success', session_id: ids.session_id, transaction: 'd' }]);
    expect(other.take()).toMatchObject([{ janus: 'success' }, { janus: 'detached' }]);
  });

  it('is nobody else’s: another token finds none', async () => {
    const { session_id } = await rig.attached();
    const bob = rig.connect(identityOf({ tokenId: 'bob', address: '192.0.2.2' }));

    bob.say(at(session_id), at(session_id, 'claim'), at(session_id, 'destroy'));

    expect(bob.take().map(({ error }) => error)).toMatchObject([{ code: 458 }, { code: 458 }, { code: 458 }]);
  });

  it('may have the id that its client wants, once', () => {
    const client = rig.connect();
    client.say({ ...create, id: 4242 }, { ...create, id: 4242 }, { ...create, id: -1 });

    expect(client.take()).toMatchObject([
      { janus: 'success', data: { id: 4242 } },
      { error: { code: 468, reason: 'Session ID already in use' } },
      { error: { code: 467 } },
    ]);
  });

  it('is destroyed without a word about its handles', async () => {
    const { client, session_id } = await rig.attached();
    client.say(at(session_id, 'destroy'));

    expect(client.take()).toEqual([{ janus: 'success', session_id, transaction: 'k' }]);
    expect(rig.gateway.gauges).toEqual({ sessions: 0, lost: 0, handles: 0 });
  });

  it('ends when its token is taken back', async () => {
    const { client } = await rig.attached();

    expect(rig.gateway.endWhere(({ who }) => who.tokenId === 'ann')).toBe(1);
    expect(client.take()).toMatchObject([{ janus: 'timeout' }, { janus: 'detached' }]);
  });
});

describe('the bounds', () => {
  it('as many sessions as an address may have; those that lost their connection make room', () => {
    rig = new JanusRig({ limits: { ...DEFAULT_JANUS_LIMITS, sessionsPerAddress: 2 } });
    const [one, two] = [rig.connect(), rig.connect()];
    one.say(create, create, create);
    expect(one.take()).toMatchObject([
      { janus: 'success' },
      { janus: 'success' },
      { error: { code: 472, reason: 'Currently not accepting new sessions' } },
    ]);

    one.drop();
    two.say(create);

    expect(two.take()).toMatchObject([{ janus: 'success' }]);
    expect(rig.gateway.counters).toMatchObject({ sessionsRefused: 1, sessionsEvicted: 1, sessionsOpened: 3 });
  });

  it('as many handles as a session may have', async () => {
    rig = new JanusRig({ limits: { ...DEFAULT_JANUS_LIMITS, handlesPerSession: 1 } });
    const { client, session_id } = await rig.attached();
    client.say({ janus: 'attach', transaction: 'a', plugin: 'janus.plugin.ustreamer', session_id });

    expect(client.take()).toMatchObject([{ error: { code: 461 } }]);
    expect(rig.gateway.counters.handlesRefused).toBe(1);
  });

  it('as many messages as may wait on one handle', async () => {
    const { client, ...ids } = await rig.attached();
    const watch = { janus: 'message', transaction: 't', body: { request: 'watch' }, ...ids };
    client.say(...Array<object>(20).fill(watch));

    expect(client.take()).toMatchObject(Array(4).fill({ janus: 'error', error: { code: 490 } }));
    expect(rig.gateway.counters.requestsRateLimited).toBe(4);
  });

  it('as many events as a client may leave unfetched', async () => {
    const { client, ...ids } = await rig.attached();
    client.drop();
    for (let turn = 0; turn < 140; turn++) {
      client.say({ janus: 'message', transaction: 't', body: { request: 'stop' }, ...ids });
      await settle();
    }

    expect(rig.gateway.counters.eventsDropped).toBe(12);
  });
});

describe('rights', () => {
  it('who may do nothing is refused by the table, but may ask who we are', () => {
    rig = new JanusRig({ authorize: () => undefined, secret: 'needed' });
    const client = rig.connect();
    client.say(create, at(5), { janus: 'ping', transaction: 'p' }, { janus: 'info', transaction: 'i' });

    const reason = 'Unauthorized request (wrong or missing secret/token)';
    expect(client.take()).toMatchObject([
      { janus: 'error', transaction: 'c', error: { code: 403, reason } },
      { janus: 'error', session_id: 5, error: { code: 403, reason } },
      { janus: 'pong', transaction: 'p' },
      {
        janus: 'server_info',
        api_secret: true,
        plugins: { 'janus.plugin.ustreamer': { name: 'ustreamer' } },
      },
    ]);
  });

  it('who may see no camera at all cannot attach', () => {
    const client = rig.connect(identityOf({ tokenId: 'bob', address: '192.0.2.2' }, []));
    client.say({ ...create, id: 7 }, { ...at(7, 'attach'), plugin: 'janus.plugin.ustreamer' });

    expect(client.take()[1]).toMatchObject({
      error: { code: 405, reason: "Provided token can't access plugin 'janus.plugin.ustreamer'" },
    });
  });
});

describe('over HTTP', () => {
  const http = () => new JanusHttp({ gateway: rig.gateway, now: () => rig.now });
  const ask = (method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> =>
    http().respond(
      new Request(`http://pinhole.test/janus${path}`, {
        method,
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        ...(signal && { signal }),
      }),
      path.split('?', 1)[0] ?? '',
      { visitor: visitorOf(undefined), base: '/janus' },
    );
  const post = async (path: string, body: unknown) =>
    (await ask('POST', path, body)).json() as Promise<object>;

  it('ids stand in the path or in the body, and must not differ', async () => {
    expect(await post('', { ...create, id: 9 })).toMatchObject({ data: { id: 9 } });
    expect(await post('/9', { janus: 'keepalive', transaction: 'k' })).toMatchObject({ janus: 'ack' });
    expect(await post('', at(9))).toMatchObject({ janus: 'ack', session_id: 9 });
    expect(await post('/9', at(8))).toEqual({
      janus: 'error',
      error: { code: 457, reason: 'Conflicting session ID (payload and path)' },
    });
    expect(await post('/9/5', { ...at(9), handle_id: 6 })).toMatchObject({
      error: { reason: 'Conflicting handle ID (payload and path)' },
    });
    expect(await post('', 'nonsense')).toMatchObject({ error: { code: 454 } });
    expect(await post('', '[1]')).toMatchObject({
      error: { code: 455, reason: 'JSON error: not an object' },
    });
  });

  it('a long poll is answered by the next event, one alone or a list', async () => {
    await post('', { ...create, id: 9 });
    const { data } = (await post('/9', { ...at(9, 'attach'), plugin: 'janus.plugin.ustreamer' })) as {
      data: { id: number };
    };
    const poll = ask('GET', '/9?maxev=10');
    await settle();
    await post(`/9/${data.id}`, { janus: 'message', transaction: 'm', body: { request: 'stop' } });
    expect(await (await poll).json()).toMatchObject([{ janus: 'event', sender: data.id }]);

    for (let turn = 0; turn < 3; turn++) {
      await post(`/9/${data.id}`, { janus: 'message', transaction: 'm', body: { request: 'stop' } });
    }
    await settle();
    expect(await (await ask('GET', '/9')).json()).toMatchObject({ janus: 'event' });
    expect(await (await ask('GET', '/9?maxev=10')).json()).toHaveLength(2);
  });

  it('a long poll in which nothing happens ends after half a minute, and counts as a sign of life', async () => {
    await post('', { ...create, id: 9 });
    const poll = ask('GET', '/9?maxev=5');
    await settle();

    await rig.after(29_999);
    await rig.after(1);

    expect(await (await poll).json()).toEqual([{ janus: 'keepalive' }]);
    await rig.after(59_999);
    expect(rig.gateway.gauges.sessions).toBe(1);
  });

  it('a poll whose client is gone takes no event with it', async () => {
    await post('', { ...create, id: 9 });
    const gone = new AbortController();
    const poll = ask('GET', '/9', undefined, gone.signal);
    await settle();
    gone.abort();
    await poll;
    await rig.after(60_000);

    expect((await ask('GET', '/9')).status).toBe(404);
  });

  it.each([
    ['GET', '', 404],
    ['GET', '/12345', 404],
    ['GET', '/xx', 404],
    ['GET', '/1/2/3', 404],
    ['POST', '/1/2/3', 404],
    ['GET', '/9/5', 302],
    ['GET', '/info', 200],
    ['OPTIONS', '', 200],
    ['DELETE', '', 200],
  ])('%s %s is answered with %i', async (method, path, status) => {
    expect((await ask(method, path)).status).toBe(status);
  });

  it('a poll of somebody who may see nothing is refused', async () => {
    rig = new JanusRig({ authorize: () => undefined });

    expect((await ask('GET', '/9')).status).toBe(403);
  });
});

describe('over WebSockets', () => {
  function socket() {
    const seen: string[] = [];
    return {
      seen,
      bufferedBytes: 0,
      send: (text: string) => void seen.push(text),
      ping: () => void seen.push('ping'),
      close: (code: number) => void seen.push(`close ${code}`),
      terminate: () => void seen.push('terminate'),
    };
  }
  const endpoint = (limits = { sockets: 2, socketsPerAddress: 2 }) =>
    new JanusEndpoint({ gateway: rig.gateway, limits, now: () => rig.now, log: silentLogger });
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('as many sockets as there may be', () => {
    const ours = endpoint();
    ours.accept(socket(), visitorOf(undefined));
    ours.admit('192.0.2.1');
    ours.accept(socket(), visitorOf(undefined));

    expect(() => ours.admit('192.0.2.9')).toThrow(PinholeError);
    expect(rig.gateway.counters.socketsRefused).toBe(1);
  });

  it('one of which nothing is heard goes; its session stays to be claimed', () => {
    const ours = endpoint();
    const silent = socket();
    const sink = ours.accept(silent, visitorOf(undefined));
    sink.message(bytes(JSON.stringify(create)));

    for (const ms of [20_000, 20_000, 1000]) {
      rig.now = millis(rig.now + ms);
      ours.tick();
    }
    sink.closed();

    expect(silent.seen.slice(1)).toEqual(['ping', 'close 1001', 'terminate']);
    expect(rig.gateway.gauges).toMatchObject({ sessions: 1, lost: 1 });
  });

  it('one that never stops goes', () => {
    const busy = socket();
    const sink = endpoint().accept(busy, visitorOf(undefined));
    for (let turn = 0; turn < 700; turn++) sink.message(bytes('{"janus":"ping","transaction":"p"}'));

    expect(busy.seen.at(-1)).toBe('close 1008');
    expect(rig.gateway.counters).toMatchObject({ socketsClosedRateLimited: 1, requests: 400 });
  });

  it('one that takes nothing goes', () => {
    const ours = endpoint();
    const slow = Object.assign(socket(), { bufferedBytes: 2_000_000 });
    ours.accept(slow, visitorOf(undefined)).message(bytes('{"janus":"ping","transaction":"p"}'));
    ours.tick();

    expect(slow.seen).toEqual(['terminate']);
    expect(rig.gateway.counters.socketsClosedSlow).toBe(1);
  });
});

describe('a hundred sessions', () => {
  it('leave nothing behind, however they end', async () => {
    await rig.picture().catch(() => {});
    for (let turn = 0; turn < 100; turn++) {
      const { client, ...ids } = await rig.attached();
      client.say({ janus: 'message', transaction: 't', body: { request: 'watch' }, ...ids });
      if (turn === 0) await rig.picture();
      await client.settled();
      if (turn % 3 === 0) client.drop();
      else if (turn % 3 === 1) client.say(at(ids.session_id, 'destroy'));
      else client.say({ janus: 'detach', transaction: 'd', ...ids });
    }
    await rig.after(60_000);

    expect(rig.gateway.gauges).toEqual({ sessions: 0, lost: 0, handles: 0 });
    expect(rig.registry.list()).toEqual([]);
    expect(rig.peers).toHaveLength(100);
    expect(rig.peers.every(({ closed }) => closed)).toBe(true);
  });
});

describe('any request whatsoever', () => {
  it('is answered once, and harms nobody', async () => {
    const { client, session_id, handle_id } = await rig.attached();
    const value = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.object({ maxDepth: 2 }));
    const verb = fc.constantFrom(
      'create',
      'attach',
      'message',
      'trickle',
      'keepalive',
      'claim',
      'info',
      'ping',
      'x',
    );
    const fields = fc.dictionary(
      fc.constantFrom('plugin', 'body', 'jsep', 'candidate', 'candidates', 'id', 'opaque_id', 'token'),
      value,
    );
    await fc.assert(
      fc.asyncProperty(verb, fields, fc.boolean(), async (janus, rest, atHandle) => {
        const ids = atHandle ? { session_id, handle_id } : { session_id };
        client.say({ ...rest, janus, transaction: 'f', ...ids });
        const replies = (await client.settled()).filter(({ janus: verb }) => verb !== 'event');
        expect(replies).toHaveLength(1);
        expect(replies[0]).toMatchObject({ transaction: 'f' });
      }),
      { numRuns: 150 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        client.raw(text);
        expect(client.take().length).toBeGreaterThan(0);
      }),
      { numRuns: 150 },
    );
    client.say(at(session_id));
    expect(client.take()).toEqual([{ janus: 'ack', session_id, transaction: 'k' }]);
  });
});
