import { type Micros, micros, PinholeError, silentLogger } from '@pinhole/core';
import {
  Cameras,
  type Identity,
  type Peer,
  type PeerRequest,
  ViewerRegistry,
  ViewerSessions,
} from '@pinhole/engine';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ScriptedSource, scriptedCamera } from '../../../../test/support/scripted-camera.ts';
import { createWhepHandler, type WhepHandler, type WhepHandlerOptions } from './whep-handler.ts';

const ICE = { ufrag: 'EsAw', pwd: 'P2uYro0UCOQ4zxjKXaWCBui1' };
const sdp = (...lines: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', ...lines, ''].join('\r\n');
const iceLines = ({ ufrag, pwd }: typeof ICE) => [`a=ice-ufrag:${ufrag}`, `a=ice-pwd:${pwd}`];
const VIDEO = 'm=video 9 UDP/TLS/RTP/SAVPF 96';
const OFFER = sdp(VIDEO, 'a=recvonly', 'a=setup:actpass', ...iceLines(ICE));
const ANSWER = sdp(VIDEO, 'a=sendonly', ...iceLines({ ufrag: 'server-ufrag', pwd: 'x'.repeat(24) }));
const FRAGMENT = [...iceLines(ICE), VIDEO, 'a=mid:0', 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host', ''].join(
  '\r\n',
);

const ann: Identity = { tokenId: 'ann', address: '192.0.2.7' };
const bob: Identity = { tokenId: 'bob', address: '192.0.2.8' };

let now: Micros;
let source: ScriptedSource;
let candidates: string[];
let openPeer: (request: PeerRequest) => Promise<Peer>;
let tick: () => void;
let registry: ViewerRegistry;
let handler: WhepHandler;

const fakePeer = (): Peer => ({
  answer: ANSWER,
  addCandidate: (candidate) => {
    candidates.push(candidate);
    return candidate.includes('refused') ? Promise.reject(new Error('no such host')) : Promise.resolve();
  },
  stats: () => ({ packetsSent: 0, bytesSent: 0, nacksReceived: 0, packetsResent: 0, keyFramesRequested: 0 }),
  close: () => Promise.resolve(),
});

const makeHandler = (options: Partial<WhepHandlerOptions> = {}): void => {
  const scripted = scriptedCamera({ id: 'front door', now: () => now });
  ({ source } = scripted);
  tick = () => scripted.camera.tick();
  let ids = 0;
  registry = new ViewerRegistry({
    limits: { total: 2, perCamera: 2, perAddress: 2 },
    now: () => now,
    newId: () => `session-${++ids}`,
  });
  const peers = { open: (request: PeerRequest) => openPeer(request) };
  const sessions = new ViewerSessions({ peers, registry, now: () => now, log: silentLogger });
  handler = createWhepHandler({
    sessions,
    cameras: new Cameras([scripted.camera]),
    iceServers: () => [{ urls: ['turn:t.example.net'], username: 'u', credential: 'c' }],
    allowOrigin: (origin) => origin === 'https://page.example.net',
    log: silentLogger,
    ...options,
  });
};

beforeEach(() => {
  now = micros(1_700_000_000_000_000);
  candidates = [];
  openPeer = () => Promise.resolve(fakePeer());
  makeHandler();
});

const url = (path: string): string => `http://pinhole.test${path}`;

const ask = (method: string, init: RequestInit = {}, camera = 'front door'): Promise<Response> =>
  handler.endpoint(new Request(url('/whep/front%20door'), { method, ...init }), { camera, identity: ann });

const post = (body: BodyInit, contentType = 'application/sdp'): Promise<Response> =>
  ask('POST', { body, headers: { 'Content-Type': contentType } });

const openLive = async (): Promise<Response> => {
  const response = post(OFFER);
  await Promise.resolve();
  while (!source.running) await new Promise(setImmediate);
  source.frame({ key: true });
  return await response;
};

const askSession = (
  method: string,
  init: RequestInit = {},
  { identity = ann, admin = false, session = 'session-1' } = {},
): Promise<Response> =>
  handler.session(new Request(url(`/whep/front%20door/${session}`), { method, ...init }), {
    camera: 'front door',
    session,
    identity,
    admin,
  });

const patch = (body: string, headers: Record<string, string>): Promise<Response> =>
  askSession('PATCH', { body, headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', ...headers } });

const codeOf = async (response: Response): Promise<unknown> => {
  expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  const problem = (await response.json()) as { status: number; code: string };
  expect(problem.status).toBe(response.status);
  return problem.code;
};

describe('POST of an offer', () => {
  it('answers with the session, its entity tag and the ICE servers', async () => {
    const response = await openLive();

    expect(response.status).toBe(201);
    expect(await response.text()).toBe(ANSWER);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/sdp',
      location: '/whep/front%20door/session-1',
      etag: '"server-ufrag"',
      'accept-patch': 'application/trickle-ice-sdpfrag',
      link: '<turn:t.example.net>; rel="ice-server"; username="u"; credential="c"; credential-type="password"',
    });
  });

  it('gives a client that has its token in the address a session that has it too', async () => {
    const first = openLive();
    const response = await handler.endpoint(
      new Request(url('/whep/front%20door?token=a%26b'), {
        method: 'POST',
        body: OFFER,
        headers: { 'Content-Type': 'Application/SDP; charset=utf-8' },
      }),
      { camera: 'front door', identity: ann },
    );

    await first;
    expect(response.headers.get('Location')).toBe('/whep/front%20door/session-2?token=a%26b');
  });

  it('waits for the picture of a camera that was idle, then tells to come again and why', async () => {
    const response = post(OFFER);
    while (!source.running) await new Promise(setImmediate);
    source.state({
      kind: 'retrying',
      code: 'source/refused',
      why: 'no route to host',
      retryInMs: 4_200 as never,
    });

    now = micros(now + 10_000_000);
    tick();

    const refusal = await response;
    expect(refusal.status).toBe(409);
    expect(refusal.headers.get('Retry-After')).toBe('5');
    expect(await refusal.json()).toMatchObject({
      code: 'camera/not-live',
      detail: expect.stringContaining('no route to host') as string,
    });
  });

  it.each([
    ['webrtc/no-h264', 422],
    ['webrtc/b-frames', 422],
    ['webrtc/no-address', 503],
  ])('%s names the WebSocket path instead', async (code, status) => {
    openPeer = () => Promise.reject(new PinholeError(code, 'the reason'));

    const response = await openLive();

    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      code,
      detail: 'the reason',
      alternative: '/live/front%20door',
    });
  });

  it.each([
    ['webrtc/malformed-offer', 400],
    ['webrtc/unsupported', 422],
  ])('%s is %d', async (code, status) => {
    openPeer = () => Promise.reject(new PinholeError(code, 'the reason'));

    const response = await openLive();

    expect(response.status).toBe(status);
    expect(await codeOf(response)).toBe(code);
  });

  it('is 503 when there are as many viewers as may be', async () => {
    await openLive();
    await post(OFFER);

    const response = await post(OFFER);

    expect(response.status).toBe(503);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await codeOf(response)).toBe('session/limit');
  });

  it('tells nothing of a fault of our own', async () => {
    openPeer = () => Promise.reject(new Error('/home/pinhole/secret.key'));

    const response = await openLive();

    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });

  it.each([
    ['JSON', 415, 'whep/media-type', '{}', 'application/json'],
    ['no SDP', 400, 'whep/offer', 'hello', 'application/sdp'],
    ['nothing', 400, 'whep/offer', '', 'application/sdp'],
    ['bytes that are no text', 400, 'whep/encoding', Uint8Array.of(0xff, 0xfe), 'application/sdp'],
    ['1 MiB', 413, 'whep/too-large', 'x'.repeat(2 ** 20), 'application/sdp'],
    ['audio alone', 422, 'whep/no-video', sdp('m=audio 9 X 0', ...iceLines(ICE)), 'application/sdp'],
    ['two videos', 422, 'whep/too-many-tracks', sdp(VIDEO, VIDEO, ...iceLines(ICE)), 'application/sdp'],
    ['a sender', 422, 'whep/direction', sdp(VIDEO, 'a=sendonly', ...iceLines(ICE)), 'application/sdp'],
    ['holdconn', 422, 'whep/dtls-role', sdp(VIDEO, 'a=setup:holdconn', ...iceLines(ICE)), 'application/sdp'],
  ])('of %s is %d %s, and nobody is let in', async (_, status, code, body, contentType) => {
    const response = await post(body, contentType);

    expect(response.status).toBe(status);
    expect(await codeOf(response)).toBe(code);
    expect(registry.list()).toEqual([]);
  });

  it('to an unknown camera is 404', async () => {
    const response = await ask(
      'POST',
      { body: OFFER, headers: { 'Content-Type': 'application/sdp' } },
      'cellar',
    );

    expect(response.status).toBe(404);
    expect(await codeOf(response)).toBe('camera/unknown');
  });
});

it('a body that ends before its end is the fault of the client', async () => {
  const body = new ReadableStream({ start: (controller) => controller.error(new Error('connection reset')) });

  const response = await ask('POST', {
    body,
    headers: { 'Content-Type': 'application/sdp' },
    duplex: 'half',
  } as RequestInit);

  expect(response.status).toBe(400);
  expect(await codeOf(response)).toBe('whep/cut-short');
});

it('whatever is sent, the server is not at fault', async () => {
  await openLive();
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(...OFFER.split('\r\n'), ...FRAGMENT.split('\r\n'), 'a=end-of-candidates'),
  );
  const tag = fc.oneof(fc.constantFrom('*', '"server-ufrag"', '""'), fc.stringMatching(/^[ -~]*$/));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), tag, async (lines, ifMatch) => {
      const body = lines.join('\r\n');
      const statuses = [(await patch(body, { 'If-Match': ifMatch })).status, (await post(body)).status];
      for (const viewer of registry.list().slice(1)) registry.endWhere(({ id }) => id === viewer.id, 'left');

      expect(Math.max(...statuses)).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
});

describe('PATCH of a session', () => {
  beforeEach(openLive);

  it('adds the candidates and answers 204 without an entity tag', async () => {
    const response = await patch(`${FRAGMENT}a=end-of-candidates\r\n`, { 'If-Match': '"server-ufrag"' });

    expect(response.status).toBe(204);
    expect(response.headers.get('ETag')).toBeNull();
    expect(candidates).toEqual(['1 1 udp 1 192.0.2.1 9 typ host', '']);
  });

  it('passes over a candidate that cannot be used', async () => {
    const fragment = 'a=candidate:refused\r\na=candidate:taken\r\n';

    expect((await patch(fragment, { 'If-Match': '"server-ufrag"' })).status).toBe(204);
    expect(candidates).toEqual(['refused', 'taken']);
  });

  it('takes no more candidates than a real client has', async () => {
    const fragment = 'a=candidate:x\r\n'.repeat(200);

    await patch(fragment, { 'If-Match': '"server-ufrag"' });
    await patch(fragment, { 'If-Match': '"server-ufrag"' });

    expect(candidates).toHaveLength(256);
  });

  it('without If-Match is served when the fragment is of the current ICE generation', async () => {
    expect((await patch(FRAGMENT, {})).status).toBe(204);
    expect(candidates).toHaveLength(1);
  });

  it.each([
    ['without If-Match or credentials', 428, 'whep/precondition-required', 'a=candidate:x\r\n', {}],
    [
      'with the tag of another generation',
      412,
      'whep/precondition-failed',
      FRAGMENT,
      { 'If-Match': '"old"' },
    ],
    ['with a weak tag', 412, 'whep/precondition-failed', FRAGMENT, { 'If-Match': 'W/"server-ufrag"' }],
    ['with a broken tag', 400, 'whep/if-match', FRAGMENT, { 'If-Match': 'server-ufrag' }],
    [
      'that restarts ICE by *',
      422,
      'whep/restart-unsupported',
      FRAGMENT.replace('EsAw', 'Next'),
      { 'If-Match': '*' },
    ],
    ['that restarts ICE by "*"', 422, 'whep/restart-unsupported', 'a=x\r\n', { 'If-Match': '"*"' }],
    [
      'that restarts ICE by new credentials',
      422,
      'whep/restart-unsupported',
      FRAGMENT.replace('EsAw', 'Next'),
      { 'If-Match': '"server-ufrag"' },
    ],
    ['of no fragment', 400, 'whep/fragment', '{}', { 'If-Match': '"server-ufrag"' }],
    ['of an answer', 415, 'whep/media-type', ANSWER, { 'Content-Type': 'application/sdp' }],
  ])('%s is %d %s, and the session goes on', async (_, status, code, body, headers) => {
    const response = await patch(body, headers);

    expect(response.status).toBe(status);
    expect(await codeOf(response)).toBe(code);
    expect(candidates).toEqual([]);
    expect((await patch(FRAGMENT, { 'If-Match': '"server-ufrag"' })).status).toBe(204);
  });

  it('wants If-Match of everybody when it is strict', async () => {
    makeHandler({ lenient: false });
    await openLive();

    expect((await patch(FRAGMENT, {})).status).toBe(428);
    expect((await patch(FRAGMENT, { 'If-Match': '*' })).status).toBe(422);
  });

  it('is for the token that opened it, or an admin', async () => {
    const init = { body: FRAGMENT, headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' } };

    const refusal = await askSession('PATCH', init, { identity: bob });
    const admin = await askSession('PATCH', init, { identity: bob, admin: true });

    expect(refusal.status).toBe(403);
    expect(await codeOf(refusal)).toBe('whep/not-yours');
    expect(admin.status).toBe(204);
  });
});

describe('DELETE of a session', () => {
  beforeEach(openLive);

  it('ends it at once, whatever If-Match says, and it is unknown afterwards', async () => {
    expect((await askSession('DELETE', { headers: { 'If-Match': '"old"' } })).status).toBe(200);
    expect(registry.list()).toEqual([]);

    expect((await askSession('DELETE')).status).toBe(404);
    expect((await patch(FRAGMENT, {})).status).toBe(404);
    expect((await askSession('GET')).status).toBe(404);
  });

  it('is for the token that opened it', async () => {
    expect((await askSession('DELETE', {}, { identity: bob })).status).toBe(403);
    expect(registry.list()).toHaveLength(1);
  });

  it('of a session that the server ended is 404', async () => {
    registry.endWhere(() => true, 'revoked');

    expect((await askSession('DELETE')).status).toBe(404);
  });
});

describe('the other methods', () => {
  it('GET is empty, HEAD tells that offers are taken', async () => {
    expect((await ask('GET')).status).toBe(204);
    const head = await ask('HEAD');
    expect(head.status).toBe(200);
    expect(head.headers.get('Content-Type')).toBe('application/sdp');
  });

  it('PUT is refused with those that are served', async () => {
    const response = await ask('PUT', { body: OFFER });

    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('POST, GET, HEAD, OPTIONS');
    expect(await codeOf(response)).toBe('whep/method');
  });

  it('OPTIONS lets a page of an allowed origin in, headers by name', () => {
    const response = handler.options(
      new Request(url('/whep/any'), { method: 'OPTIONS', headers: { Origin: 'https://page.example.net' } }),
    );

    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'https://page.example.net',
      'access-control-allow-methods': 'POST, PATCH, DELETE, OPTIONS, GET, HEAD',
      'access-control-allow-headers': 'Authorization, Content-Type, If-Match, If-None-Match, Link',
      'accept-post': 'application/sdp',
      vary: 'Origin',
    });
  });

  it('a page of another origin may not read the answer', async () => {
    const response = await ask('GET', { headers: { Origin: 'https://other.example.net' } });

    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  it('a refusal can be read by an allowed page too, with its headers', async () => {
    const response = await ask('PUT', { headers: { Origin: 'https://page.example.net' } });

    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://page.example.net');
    expect(response.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
  });
});
