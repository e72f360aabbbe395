import { millis } from '@pinhole/core';
import { openClientSocket } from '@pinhole/outputs/sockets';
import {
  type JanusClock,
  JanusViewer,
  type JanusViewerEvent,
  janusSocketLink,
} from '@pinhole/protocol/janus-session';
import { afterAll, beforeAll, expect } from 'vitest';
import { freeUdpPort } from '../support/free-udp-port.ts';
import { idOf, type JanusJson, JanusSocket } from '../support/janus-socket.ts';
import { type RealJanus, startRealJanus } from '../support/real-janus.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('janus');

const clock: JanusClock = {
  monotonicNow: () => millis(performance.now()),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

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
    const first = await client.next();
    if (request['janus'] !== 'detach' || first['janus'] === 'error') {
      put(request, first, ids);
      return;
    }
    // The answer and the event come from two threads of Janus, in either order.
    const both = [first, await client.next()].toSorted((a) => (a['janus'] === 'success' ? -1 : 1));
    for (const reply of both) put(request, reply, ids);
  };
  for (const request of IN_SESSION) await say(request, { session_id });
  for (const request of AT_HANDLE) await say(request, { session_id, handle_id });
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

/** A session by HTTP alone, with two handles. */
async function sessionByHttp(
  base: string,
  plugin: string,
): Promise<{ url: string; ids: Record<string, number> }> {
  const post = async (path: string, body: object): Promise<number> => {
    const init = { method: 'POST', body: JSON.stringify({ transaction: 't', ...body }) };
    return idOf((await (await fetch(`${base}${path}`, init)).json()) as JanusJson);
  };
  const S = await post('', { janus: 'create' });
  const [H1, H2] = [
    await post(`/${S}`, { janus: 'attach', plugin }),
    await post(`/${S}`, { janus: 'attach', plugin }),
  ];
  return { url: `${base}/${S}`, ids: { S, H1, H2 } };
}

/** What `GET` gives, and whether it took about as long as a poll waits for something to happen. */
async function poll(url: string, ids: Readonly<Record<string, number>>): Promise<string> {
  const from = performance.now();
  const reply = await fetch(url);
  const text = inWords(JSON.parse(await reply.text()) as JanusJson, ids);
  const seconds = Math.floor((performance.now() - from) / 1000);
  const took = seconds < 28 ? 'early' : seconds > 45 ? 'late' : 'after half a minute';
  return `${reply.status} ${took} ${text}`;
}

describe('the real Janus and ours', () => {
  let theirs: RealJanus;
  let ours: TestServer;
  /** Half a minute, in which everything else is tried. */
  let polls: Promise<string[][]>;

  beforeAll(async () => {
    const general = ['session_timeout = 60', 'reclaim_session_timeout = 20'];
    [theirs, ours] = await Promise.all([
      startRealJanus({ general, plugins: ['libjanus_streaming.so'] }),
      openTestServer({ anonymous: ['view'], janus: { ports: { ws: 0, http: 0 } } }),
    ]);
    polls = Promise.all(
      httpPlaces().map(async ([base, plugin]) => {
        const sessions = await Promise.all(
          ['', '?maxev=1', '?maxev=5'].map(async (query) => {
            const { url, ids } = await sessionByHttp(base, plugin);
            return { url: `${url}${query}`, ids };
          }),
        );
        return await Promise.all(sessions.map(({ url, ids }) => poll(url, ids)));
      }),
    );
    polls.catch(() => {}); // the test that awaits them says so
  });

  afterAll(async () => {
    await theirs?.dispose();
    await ours?.close();
  });

  const httpPlaces = () =>
    [
      [theirs.httpUrl, PLUGIN.theirs],
      [`http://127.0.0.1:${ours.janusPorts.http}/janus`, PLUGIN.ours],
    ] as const;
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

  it('refuse a WebSocket that does not offer the subprotocol, and take one that does', async () => {
    const outcomes = await Promise.all(
      Object.values(places()).map(({ url }) =>
        Promise.all(
          [[], ['other'], ['janus-admin-protocol'], ['other', 'janus-protocol']].map(async (subprotocols) => {
            const client = await JanusSocket.open(url, { subprotocols }).catch(() => 'refused' as const);
            if (client === 'refused') return client;
            const { janus } = await client.ask({ janus: 'ping', transaction: 't' });
            client.close();
            return `${client.socket.protocol}: ${String(janus)}`;
          }),
        ),
      ),
    );

    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toEqual(['refused', 'refused', 'refused', 'janus-protocol: pong']);
  });

  it('give events to a long poll one by one, or in a list where it asks for more', async () => {
    const outcomes = await Promise.all(
      httpPlaces().map(async ([base, plugin]) => {
        const answers: string[] = [];
        const most: number[] = [];
        for (const query of ['', '?maxev=1', '?maxev=5', '?maxev=0', '?maxev=x']) {
          const { url, ids } = await sessionByHttp(base, plugin);
          for (const handle of [ids['H1'], ids['H2']]) {
            const body = JSON.stringify({ janus: 'detach', transaction: 't' });
            await fetch(`${url}/${handle}`, { method: 'POST', body });
          }
          const shapes = new Set<string>();
          const events: JanusJson[] = [];
          while (events.length < 2) {
            const reply = (await (await fetch(`${url}${query}`)).json()) as JanusJson | JanusJson[];
            shapes.add(Array.isArray(reply) ? 'in a list' : 'alone');
            events.push(...[reply].flat());
            most.push([reply].flat().length);
          }
          // In which order handles end is not told.
          const words = events.map((event) => inWords(event, ids)).toSorted();
          answers.push(`${query}: ${[...shapes].join(' and ')} ${words.join(' ')}`);
        }
        return { answers, most: Math.max(...most) };
      }),
    );
    const [real, own] = outcomes;

    expect(own?.answers).toEqual(real?.answers);
    expect(real?.answers[2]).toBe(
      '?maxev=5: in a list {"janus":"detached","session_id":S,"sender":H1} {"janus":"detached","session_id":S,"sender":H2}',
    );
    expect(own?.most).toBe(2);
  });

  describe('with a secret, and the real one with a short patience', () => {
    let theirs: RealJanus;
    let ours: TestServer;

    beforeAll(async () => {
      const general = [`api_secret = "${SECRET}"`, 'session_timeout = 6'];
      // A stream of which nothing comes is offered all the same.
      const stream = `camera: { type = "rtp" id = 1 audio = false video = true videoport = ${await freeUdpPort()} videoiface = "127.0.0.1" videopt = 96 videocodec = "h264" }`;
      const files = { 'janus.plugin.streaming.jcfg': stream };
      [theirs, ours] = await Promise.all([
        startRealJanus({ general, plugins: ['libjanus_streaming.so'], files }),
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

    it('is told by `timeout` that its session ended, which our client takes for the end and begins anew', async () => {
      const events: JanusViewerEvent[] = [];
      const heard: string[] = [];
      const watch = (): JanusViewer => {
        const openLink = janusSocketLink(({ opened, text, closed }) =>
          openClientSocket(
            {
              url: theirs.webSocketUrl,
              subprotocol: 'janus-protocol',
              maxMessageBytes: 1_000_000,
              certificate: 'checked',
            },
            {
              opened,
              text: (message) => {
                heard.push(message);
                text(message);
              },
              closed: () => closed({ code: 'janus/unreachable', reason: 'closed', again: 'later' }),
            },
          ),
        );
        const viewer = new JanusViewer(
          {
            openLink,
            clock,
            credentials: { apisecret: SECRET },
            plugin: PLUGIN.theirs,
            watch: { request: 'watch', id: 1 },
          },
          (event) => events.push(event),
        );
        viewer.open();
        return viewer;
      };
      const kinds = () => events.filter(({ kind }) => kind !== 'stage').map(({ kind }) => kind);
      watch();
      await expect.poll(kinds, { timeout: 10_000 }).toEqual(['offer']);

      // It says nothing from here on.
      await expect.poll(kinds, { timeout: 20_000 }).toEqual(['offer', 'failed']);
      expect(events.at(-1)).toMatchObject({ fault: { code: 'janus/session-gone', again: 'later' } });
      const timeout = heard
        .map((text) => JSON.parse(text) as JanusJson)
        .find((one) => one['janus'] === 'timeout');
      expect(timeout).toEqual({ janus: 'timeout', session_id: expect.any(Number) as number });
      const second = watch();
      await expect.poll(kinds, { timeout: 10_000 }).toEqual(['offer', 'failed', 'offer']);
      second.close();
    });
  });

  it('answer a long poll after half a minute in which nothing happened', { timeout: 60_000 }, async () => {
    const [real, own] = await polls;

    expect(own).toEqual(real);
    expect(real).toEqual([
      '200 after half a minute {"janus":"keepalive"}',
      expect.stringContaining('200 after half a minute') as string,
      '200 after half a minute [{"janus":"keepalive"}]',
    ]);
  });
});
