import { once } from 'node:events';
import { connect } from 'node:net';
import { type Micros, micros, silentLogger } from '@pinhole/core';
import { type Camera, Cameras, type Identity, ViewerRegistry, ViewerSessions } from '@pinhole/engine';
import { createWeriftPeerFactory } from '@pinhole/outputs/webrtc';
import { parseIceServerLinks, parseOfferOutline, serializeSdpFragment } from '@pinhole/protocol/whep';
import { createWhepHandler, type WhepHandler } from '@pinhole/signaling/whep';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoopbackServer, serveOnLoopback } from '../support/loopback-server.ts';
import { endViewers, RtpViewer } from '../support/rtp-viewer.ts';
import { type ScriptedSource, scriptedCamera } from '../support/scripted-camera.ts';
import { testFanout } from '../support/test-fanout.ts';

let offset = 0;
const now = (): Micros => micros(Date.now() * 1000 + offset);

let camera: Camera;
let source: ScriptedSource;
let registry: ViewerRegistry;
let sessions: ViewerSessions;
let handler: WhepHandler;
let server: LoopbackServer;
let film: ReturnType<typeof setInterval> | undefined;
let clock: ReturnType<typeof setInterval>;
let viewers: RtpViewer[];

/** What a program does before the handler: tells who asks by the token. */
const serve = (request: Request): Response | Promise<Response> => {
  if (request.method === 'OPTIONS') return handler.options(request);
  const tokenId = request.headers.get('Authorization')?.replace('Bearer ', '');
  if (tokenId === undefined) {
    return new Response(null, { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } });
  }
  const identity: Identity = { tokenId, address: '127.0.0.1' };
  const [, , id = '', session] = new URL(request.url).pathname.split('/').map(decodeURIComponent);
  return session === undefined
    ? handler.endpoint(request, { camera: id, identity })
    : handler.session(request, { camera: id, session, identity, admin: tokenId === 'root' });
};

beforeEach(async () => {
  offset = 0;
  viewers = [];
  ({ camera, source } = scriptedCamera({ id: 'front door', now }));
  registry = new ViewerRegistry({
    limits: { total: 2, perCamera: 2, perAddress: 2 },
    now,
    newId: () => crypto.randomUUID(),
  });
  const peers = createWeriftPeerFactory({
    fanout: testFanout(),
    hostAddresses: ['127.0.0.1'],
    now,
    log: silentLogger,
  });
  sessions = new ViewerSessions({ peers, registry, now, log: silentLogger });
  handler = createWhepHandler({
    sessions,
    cameras: new Cameras([camera]),
    iceServers: () => [
      { urls: ['stun:stun.example.net'] },
      { urls: ['turn:turn.example.net'], username: 'u', credential: 'c' },
    ],
    allowOrigin: () => true,
    log: silentLogger,
  });
  server = await serveOnLoopback(serve);
  clock = setInterval(() => {
    camera.tick();
    sessions.tick();
    registry.tick();
  }, 50);
});

afterEach(async () => {
  clearInterval(clock);
  clearInterval(film);
  for (const viewer of viewers) viewer.close();
  registry.endWhere(() => true, 'shutdown');
  await server.close();
});

afterAll(endViewers);

const startFilm = (): void => {
  let count = 0;
  film = setInterval(() => source.frame({ key: count++ % 2 === 0 }), 20);
};

const ask = (method: string, path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(server.url(path), {
    method,
    ...init,
    headers: { Authorization: 'Bearer ann', ...(init.headers as Record<string, string> | undefined) },
  });

const post = (body: BodyInit, path = '/whep/front%20door'): Promise<Response> =>
  ask('POST', path, { body, headers: { 'Content-Type': 'application/sdp' } });

/** A viewer that asks by WHEP, holding its candidates back from the offer. */
const watch = async (): Promise<{ viewer: RtpViewer; created: Response; offer: string }> => {
  const viewer = new RtpViewer();
  viewers.push(viewer);
  let created: Response | undefined;
  let sent = '';
  await viewer.connect(async (offer) => {
    sent = offer;
    created = await post(offer.replaceAll(/a=(candidate|end-of-candidates).*\r\n/g, ''));
    expect(created.status).toBe(201);
    return await created.text();
  });
  if (!created) throw new Error('no answer');
  return { viewer, created, offer: sent };
};

const candidateLines = (sdp: string): string[] =>
  [...sdp.matchAll(/^a=candidate:(.*?)\r?$/gm)].map(([, candidate]) => candidate ?? '');

describe('a viewer by WHEP', () => {
  it('starts an idle camera, trickles its candidates, gets pictures, and leaves', async () => {
    startFilm();
    const { viewer, created, offer } = await watch();
    const location = created.headers.get('Location') ?? '';
    const fragment = serializeSdpFragment({
      credentials: parseOfferOutline(offer).credentials,
      candidates: [],
      endOfCandidates: false,
      media: [
        {
          line: 'video 9 UDP/TLS/RTP/SAVPF 0',
          mid: '0',
          candidates: candidateLines(offer),
          endOfCandidates: true,
        },
      ],
    });
    const patched = await ask('PATCH', location, {
      body: fragment,
      headers: {
        'Content-Type': 'application/trickle-ice-sdpfrag',
        'If-Match': created.headers.get('ETag') ?? '',
      },
    });

    expect(patched.status).toBe(204);
    await expect.poll(() => viewer.packets.length, { timeout: 10_000 }).toBeGreaterThan(5);
    expect(registry.list()).toMatchObject([{ camera: 'front door', transport: 'webrtc', state: 'live' }]);

    expect((await ask('DELETE', location)).status).toBe(200);
    expect((await ask('DELETE', location)).status).toBe(404);
    expect(registry.list()).toEqual([]);
    await expect.poll(() => camera.stream.readers).toBe(0);
    await expect.poll(() => viewer.states.at(-1), { timeout: 10_000 }).toBe('closed');
  });

  it('learns of its session what RFC 9725 promises', async () => {
    startFilm();
    const { created } = await watch();

    expect(created.headers.get('Location')).toMatch(/^\/whep\/front%20door\/[\w-]{36}$/);
    expect(created.headers.get('ETag')).toMatch(/^"[^"]+"$/);
    expect(parseIceServerLinks(created.headers.get('Link') ?? '')).toEqual([
      { urls: ['stun:stun.example.net'] },
      { urls: ['turn:turn.example.net'], username: 'u', credential: 'c' },
    ]);
  });

  it('gets an answer with all candidates of the server and their end', async () => {
    startFilm();
    let answer = '';
    const viewer = new RtpViewer();
    viewers.push(viewer);
    await viewer.connect(async (offer) => {
      answer = await (await post(offer)).text();
      return answer;
    });

    expect(candidateLines(answer).length).toBeGreaterThan(0);
    expect(answer).toContain('a=end-of-candidates');
  });

  it('may not be touched by another token, save an admin', async () => {
    startFilm();
    const { created } = await watch();
    const location = created.headers.get('Location') ?? '';

    const bob = await ask('DELETE', location, { headers: { Authorization: 'Bearer bob' } });
    const root = await ask('DELETE', location, { headers: { Authorization: 'Bearer root' } });

    expect([bob.status, root.status]).toEqual([403, 200]);
  });

  it('that never connects is reaped', async () => {
    startFilm();
    const viewer = new RtpViewer();
    viewers.push(viewer);
    await viewer.connect(async (offer) => {
      const answer = await (await post(offer)).text();
      // The viewer looks for us where nobody is.
      return answer
        .replaceAll(/a=candidate.*\r\n/g, '')
        .replaceAll(/a=ice-pwd:.*\r\n/g, `a=ice-pwd:${'x'.repeat(32)}\r\n`);
    });
    expect(registry.list()).toHaveLength(1);

    offset += 16_000_000;

    await expect.poll(() => registry.list()).toEqual([]);
    expect(registry.ends.get('timeout')).toBe(1);
  });
});

describe('a request is refused', () => {
  it('with 409, Retry-After and the reason when the camera has no picture', async () => {
    const offer = await offerOf();
    const response = post(offer);
    await expect.poll(() => source.running).toBe(true);
    source.state({ kind: 'failed', code: 'source/refused', why: 'wrong password' });

    const refusal = await response;
    expect(refusal.status).toBe(409);
    expect(refusal.headers.get('Retry-After')).toBe('2');
    expect(await refusal.json()).toMatchObject({
      code: 'camera/not-live',
      detail: expect.stringContaining('wrong password') as string,
    });
    expect(registry.list()).toEqual([]);
  });

  it('with 422 and the WebSocket path when the browser offers no H.264', async () => {
    startFilm();
    const offer = await offerOf();
    const response = await post(offer.replaceAll('H264/90000', 'VP8/90000'));

    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({
      code: 'webrtc/no-h264',
      alternative: '/live/front%20door',
    });
    expect(registry.list()).toEqual([]);
  });

  it.each([
    ['no SDP', 'hello'],
    [
      'an SDP cut short',
      'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n',
    ],
    ['bytes', Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * 7919) % 256))],
  ])('with 400 for %s', async (_, body) => {
    startFilm();
    const response = await post(body);

    expect(response.status).toBe(400);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect(registry.list()).toEqual([]);
  });

  it('with 413 for 1 MiB, however it is sent', async () => {
    expect((await post('x'.repeat(2 ** 20))).status).toBe(413);

    // Without a length in advance.
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      'POST /whep/front%20door HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ann\r\n' +
        'Content-Type: application/sdp\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
    for (let i = 0; i < 6; i++) socket.write(chunk);
    const [head] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();

    expect(head.toString()).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('with 404 for an unknown camera and 503 at the limit', async () => {
    startFilm();
    const offer = await offerOf();

    expect((await post(offer, '/whep/cellar')).status).toBe(404);
    expect([(await post(offer)).status, (await post(offer)).status]).toEqual([201, 201]);
    expect((await post(offer)).status).toBe(503);
  });

  it('never at a preflight, which has no token', async () => {
    const response = await fetch(server.url('/whep/front%20door'), {
      method: 'OPTIONS',
      headers: { Origin: 'https://page.example.net', 'Access-Control-Request-Method': 'POST' },
    });

    expect(response.status).toBe(200);
    expect(response.headers.get('Access-Control-Allow-Methods')).toContain('PATCH');
  });
});

const offerOf = (): Promise<string> => {
  const viewer = new RtpViewer();
  viewers.push(viewer);
  return new Promise((resolve) => {
    const unanswered = new Promise<never>(() => {});
    void viewer.connect((offer) => {
      resolve(offer);
      return unanswered;
    });
  });
};
