import { afterAll, beforeAll, expect } from 'vitest';
import { type JanusJson, JanusSocket } from '../support/janus-socket.ts';
import { type RealJanus, startRealJanus } from '../support/real-janus.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('janus');

const SECRET = 'a-shared-secret';
const SDP =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\n';
const ANSWER = { type: 'answer', sdp: SDP };
/** A plugin of each that takes no part in what is compared. */
const PLUGIN = { theirs: 'janus.plugin.streaming', ours: 'janus.plugin.ustreamer' };

/** Requests in their order: one's session is the next one's. `S` and `H` stand for the ids, `P` for the plugin. */
const BEFORE_SESSION: readonly (string | JanusJson)[] = [
  'nonsense',
  '',
  '"text"',
  '[1]',
  '{}',
  '{"janus":"info"}',
  '{"transaction":"t"}',
  { janus: 1, transaction: 't' },
  { janus: 'info', transaction: 1 },
  { janus: null, transaction: 't' },
  { janus: '', transaction: 't' },
  { janus: 'PING', transaction: 't' },
  { janus: 'ping', transaction: '' },
  { janus: 'foo', transaction: 't' },
  { janus: 'keepalive', transaction: 't' },
  { janus: 'keepalive', transaction: 't', session_id: 0 },
  { janus: 'keepalive', transaction: 't', session_id: '5' },
  { janus: 'keepalive', transaction: 't', session_id: 12345 },
  { janus: 'ping', transaction: 't', session_id: 12345 },
  { janus: 'ping', transaction: 't', session_id: 12345, handle_id: 'x' },
  { janus: 'ping', transaction: 't', handle_id: 7 },
  { janus: 'ping', transaction: 't', session_id: 12345, handle_id: 0 },
  { janus: 'ping', transaction: 't', session_id: 12345, handle_id: 7 },
  { janus: 'claim', transaction: 't', session_id: 12345 },
  { janus: 'create', transaction: 't', id: 'x' },
  { janus: 'create', transaction: 't', id: -4 },
  { janus: 'create', transaction: 't', id: 1.5 },
  { janus: 'create', transaction: 't', id: null },
];
const IN_SESSION: readonly JanusJson[] = [
  { janus: 'create', id: 'S' },
  { janus: 'claim' },
  { janus: 'KEEPALIVE' },
  { janus: 'foo' },
  { janus: 'create' },
  { janus: 'info' },
  { janus: 'attach' },
  { janus: 'attach', plugin: 1 },
  { janus: 'attach', plugin: null },
  { janus: 'attach', plugin: 'janus.plugin.nope' },
  { janus: 'attach', plugin: 'P', opaque_id: 5 },
  { janus: 'attach', plugin: 'P', loop_index: '5' },
  { janus: 'attach', plugin: 'P', handle_id: 77 },
  { janus: 'message' },
  { janus: 'trickle' },
  { janus: 'hangup' },
  { janus: 'detach' },
  { janus: 'message', handle_id: 77 },
  { janus: 'foo', handle_id: 77 },
  { janus: 'keepalive', handle_id: 'x' },
];
const AT_HANDLE: readonly JanusJson[] = [
  { janus: 'foo' },
  { janus: 'ping' },
  { janus: 'info' },
  { janus: 'create' },
  { janus: 'keepalive' },
  { janus: 'claim' },
  { janus: 'attach', plugin: 'P' },
  { janus: 'message' },
  { janus: 'message', body: 'x' },
  { janus: 'message', body: [] },
  { janus: 'message', body: null },
  ...[
    5,
    {},
    { type: 'answer' },
    { type: 'foo' },
    { type: 1, sdp: SDP },
    { type: 'foo', sdp: SDP },
    { type: 'answer', sdp: 5 },
    { type: 'answer', sdp: SDP, trickle: 5 },
    { type: 'answer', sdp: 'v=0' },
    ANSWER,
  ].map((jsep) => ({ janus: 'message', body: {}, jsep })),
  { janus: 'trickle' },
  { janus: 'trickle', candidate: null },
  { janus: 'trickle', candidate: { completed: true } },
  { janus: 'trickle', candidate: {} },
  { janus: 'trickle', candidate: { candidate: 'x' } },
  { janus: 'trickle', candidates: [] },
  { janus: 'trickle', candidates: 5 },
  { janus: 'trickle', candidate: null, candidates: [] },
  { janus: 'hangup' },
  { janus: 'detach' },
  { janus: 'hangup' },
];

interface Place {
  readonly url: string;
  readonly plugin: string;
  readonly secret?: string;
}

/** What an answer says, in words that are the same for both: ids are ours to choose, and so is how JSON is at fault. */
function inWords(reply: JanusJson, ids: Readonly<Record<string, number>>): string {
  const text = JSON.stringify(reply, (key, value: unknown) =>
    key === 'reason' && String(value).startsWith('Invalid Janus API request')
      ? 'Invalid Janus API request'
      : value,
  );
  return Object.entries(ids).reduce((words, [name, id]) => words.replaceAll(String(id), name), text);
}

async function transcript({ url, plugin, secret }: Place): Promise<string[]> {
  const client = await JanusSocket.open(url);
  const lines: string[] = [];
  const with_ = secret === undefined ? {} : { apisecret: secret };
  const put = (asked: unknown, reply: JanusJson, ids: Record<string, number> = {}): void => {
    if (reply['janus'] === 'server_info') lines.push(`${JSON.stringify(asked)} → server_info`);
    else lines.push(`${JSON.stringify(asked)} → ${inWords(reply, ids)}`);
  };
  for (const request of BEFORE_SESSION) {
    client.say(request);
    put(request, await client.next());
  }
  const { session_id, handle_id } = await client.attach(plugin, with_);
  const ids = { S: session_id, H: handle_id };
  const say = async (request: JanusJson, at: object): Promise<void> => {
    const filled = JSON.stringify({ transaction: 't', ...with_, ...at, ...request })
      .replace('"id":"S"', `"id":${session_id}`)
      .replace('"plugin":"P"', `"plugin":"${plugin}"`);
    client.say(filled);
    put(request, await client.next(), ids);
  };
  for (const request of IN_SESSION) await say(request, { session_id });
  for (const request of AT_HANDLE) {
    await say(request, { session_id, handle_id });
    if (request['janus'] === 'detach') put('and then', await client.next(), ids);
  }
  client.say(
    ['a', 'b']
      .map((transaction) => JSON.stringify({ janus: 'keepalive', transaction, session_id, ...with_ }))
      .join(' '),
  );
  put('two at once', await client.next(), ids);
  put('two at once', await client.next(), ids);
  await say({ janus: 'destroy' }, { session_id });
  await say({ janus: 'keepalive' }, { session_id });
  client.close();
  return lines;
}

/** To a `create` with an id that can be none Janus does not say which request it answers; we do. */
const fuller = (line: string): string =>
  line.startsWith('{"janus":"create","transaction":"t"') ? line.replaceAll('"transaction":"t",', '') : line;

describe('the real Janus and ours', () => {
  let theirs: RealJanus;
  let ours: TestServer;

  beforeAll(async () => {
    const general = ['session_timeout = 60', 'reclaim_session_timeout = 20'];
    [theirs, ours] = await Promise.all([
      startRealJanus({ general, plugins: ['libjanus_streaming.so'] }),
      openTestServer({ anonymous: ['view'], janus: { ports: { ws: 0, http: 0 } } }),
    ]);
  });

  afterAll(async () => {
    await theirs?.dispose();
    await ours?.close();
  });

  const places = () => ({
    theirs: { url: theirs.webSocketUrl, plugin: PLUGIN.theirs },
    ours: { url: `ws://127.0.0.1:${ours.janusPorts.ws}`, plugin: PLUGIN.ours },
  });

  it('answer the same requests with the same errors, acks and ids in the same places', async () => {
    const [real, own] = await Promise.all([transcript(places().theirs), transcript(places().ours)]);

    expect(own.map(fuller)).toEqual(real.map(fuller));
    expect(real.filter((line) => line.includes('"error"')).length).toBeGreaterThan(50);
  });

  it('let a session be claimed by another connection, and tell the first one nothing', async () => {
    const outcomes = await Promise.all(
      Object.values(places()).map(async ({ url, plugin }) => {
        const [first, second] = await Promise.all([JanusSocket.open(url), JanusSocket.open(url)]);
        const at = await first.attach(plugin);
        const claimed = await second.ask({ janus: 'claim', transaction: 'c', session_id: at.session_id });
        await first.ask({ janus: 'detach', transaction: 'd', ...at });
        const told = [(await second.next())['janus'], ...first.take()];
        second.close();
        const third = await JanusSocket.open(url);
        const again = await third.ask({ janus: 'claim', transaction: 'c', session_id: at.session_id });
        for (const client of [first, third]) client.close();
        return [claimed['janus'], told, again['janus']];
      }),
    );

    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toEqual(['success', ['detached'], 'success']);
  });

  it('answer HTTP with the same status and the same errors', async () => {
    const asks: readonly (readonly [string, string, (string | object)?])[] = [
      ['POST', '', { janus: 'ping', transaction: 't' }],
      ['POST', '/other', { janus: 'ping', transaction: 't' }],
      ['POST', '', { janus: 'create', transaction: 't', id: 99 }],
      ['POST', '/99', { janus: 'keepalive', transaction: 't' }],
      ['POST', '', { janus: 'keepalive', transaction: 't', session_id: 99 }],
      ['POST', '/99', { janus: 'keepalive', transaction: 't', session_id: 98 }],
      ['POST', '/99/5', { janus: 'message', transaction: 't', handle_id: 6, body: {} }],
      ['POST', '/99/5', { janus: 'message', transaction: 't', body: {} }],
      ['POST', '/99', { janus: 'foo', transaction: 't' }],
      ['POST', '/xx', { janus: 'keepalive', transaction: 't' }],
      ['POST', '', '[1]'],
      ['POST', '', '{}'],
      ['GET', ''],
      ['GET', '/12345'],
      ['GET', '/xx'],
      ['GET', '/1/2/3'],
      ['GET', '/99/5'],
      ['GET', '/info'],
      ['DELETE', ''],
    ];
    const talk = async (base: string): Promise<string[]> => {
      const lines: string[] = [];
      for (const [method, path, body] of asks) {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        const init = { method, redirect: 'manual', ...(text !== undefined && { body: text }) } as const;
        const reply = await fetch(`${base}${path}`, init);
        const said = path === '/info' ? '' : await reply.text();
        lines.push(`${method} ${path} ${text} → ${reply.status} ${reply.headers.get('location')} ${said}`);
      }
      return lines;
    };
    const own = `http://127.0.0.1:${ours.janusPorts.http}/janus`;

    expect(await talk(own)).toEqual(await talk(theirs.httpUrl));
  });
});

describe('the real Janus and ours with a secret, and a short patience', () => {
  let theirs: RealJanus;
  let ours: TestServer;

  beforeAll(async () => {
    const general = [`api_secret = "${SECRET}"`];
    [theirs, ours] = await Promise.all([
      startRealJanus({ general, plugins: ['libjanus_streaming.so'] }),
      openTestServer({ anonymous: ['view'], janus: { ports: { ws: 0 }, secret: SECRET } }),
    ]);
  });

  afterAll(async () => {
    await theirs?.dispose();
    await ours?.close();
  });

  it('answer the same requests the same, with the secret and without', async () => {
    const [real, own] = await Promise.all(
      [
        { url: theirs.webSocketUrl, plugin: PLUGIN.theirs, secret: SECRET },
        { url: `ws://127.0.0.1:${ours.janusPorts.ws}`, plugin: PLUGIN.ours, secret: SECRET },
      ].map(transcript),
    );

    expect(own?.map(fuller)).toEqual(real?.map(fuller));
    expect(real?.filter((line) => line.includes('403')).length).toBeGreaterThan(2);
  });

  it('refuse a secret that is none, of whatever form', async () => {
    const talk = async (url: string): Promise<unknown[]> => {
      const client = await JanusSocket.open(url);
      const replies: unknown[] = [];
      for (const apisecret of ['wrong', '', 5, null, SECRET.slice(1), `${SECRET}x`]) {
        replies.push(await client.ask({ janus: 'create', transaction: 'c', apisecret }));
      }
      client.close();
      return replies;
    };
    const own = await talk(`ws://127.0.0.1:${ours.janusPorts.ws}`);

    expect(own).toEqual(await talk(theirs.webSocketUrl));
    expect(own).toHaveLength(6);
  });
});
