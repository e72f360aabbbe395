import { micros, PinholeError, silentLogger } from '@pinhole/core';
import { Camera, Cameras, PublisherSessions, type PublishRequest, type Source } from '@pinhole/engine';
import { beforeEach, describe, expect, it } from 'vitest';
import { ann, bob, FRAGMENT, problemCode, VIDEO, viewerSdp } from '../../../../test/support/whep-rig.ts';
import { createWhipHandler, type WhipHandler } from './whip-handler.ts';

const OFFER = viewerSdp(VIDEO, 'a=sendonly', 'a=setup:actpass');
const ANSWER = OFFER.replace('sendonly', 'recvonly').replace('EsAw', 'server-ufrag');

let handler: WhipHandler;
let sessions: PublisherSessions;
let candidates: string[];
let refuse: Error | undefined;
let requests: PublishRequest[];

const sourceOf = (publish: Source['publish']): Source => ({
  start: (_, { signal }) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined))),
  requestKeyFrame: () => {},
  describe: () => ({ kind: publish ? 'whip' : 'rtsp', label: 'test', keyFrameOnRequest: true }),
  controls: () => [],
  setControl: () => Promise.resolve(),
  ...(publish && { publish }),
});

beforeEach(() => {
  candidates = [];
  requests = [];
  refuse = undefined;
  let ids = 0;
  const now = () => micros(1_700_000_000_000_000);
  const cameraOf = (id: string, source: Source) =>
    new Camera({ id, source, now, openAbort: () => new AbortController(), log: silentLogger });
  sessions = new PublisherSessions({ now, newId: () => `session-${++ids}`, log: silentLogger });
  const phone = sourceOf((request) => {
    if (refuse) return Promise.reject(refuse);
    requests.push(request);
    return Promise.resolve({
      answer: ANSWER,
      addCandidate: (candidate) => {
        candidates.push(candidate);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
  });
  handler = createWhipHandler({
    sessions,
    cameras: new Cameras([cameraOf('phone', phone), cameraOf('door', sourceOf(undefined))]),
    iceServers: () => [{ urls: ['turn:t.example.net'], username: 'u', credential: 'c' }],
    allowOrigin: (origin) => origin === 'https://page.example.net',
    log: silentLogger,
  });
});

const post = (body: BodyInit, { camera = 'phone', type = 'application/sdp' } = {}): Promise<Response> =>
  handler.endpoint(
    new Request(`http://pinhole.test/whip/${camera}`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': type },
    }),
    { camera, identity: ann },
  );

const askSession = (method: string, init: RequestInit = {}, { identity = ann } = {}): Promise<Response> =>
  handler.session(new Request('http://pinhole.test/whip/phone/session-1', { method, ...init }), {
    camera: 'phone',
    session: 'session-1',
    identity,
    admin: false,
  });

const patch = (body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  askSession('PATCH', {
    body,
    headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', ...headers },
  });

describe('a publisher', () => {
  it('is answered 201, with the address of its session, its entity tag and ICE servers', async () => {
    const response = await post(OFFER);

    expect(response.status).toBe(201);
    expect(await response.text()).toBe(ANSWER);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/sdp',
      location: '/whip/phone/session-1',
      etag: '"server-ufrag"',
      'accept-patch': 'application/trickle-ice-sdpfrag',
      link: expect.stringContaining('<turn:t.example.net>; rel="ice-server"; username="u"; credential="c"'),
    });
  });

  it('adds candidates, with its entity tag or as known clients do without', async () => {
    await post(OFFER);

    expect((await patch(FRAGMENT, { 'If-Match': '"server-ufrag"' })).status).toBe(204);
    expect((await patch(FRAGMENT)).status).toBe(204);
    expect(candidates).toHaveLength(2);
  });

  it('ends its session by DELETE, once', async () => {
    await post(OFFER);

    expect((await askSession('DELETE')).status).toBe(200);
    expect(sessions.list()).toEqual([]);
    expect((await askSession('DELETE')).status).toBe(404);
  });

  it("cannot end another's session", async () => {
    await post(OFFER);

    const response = await askSession('DELETE', {}, { identity: bob });

    expect(response.status).toBe(403);
    expect(await problemCode(response)).toBe('whip/not-yours');
    expect(sessions.list()).toHaveLength(1);
  });

  it.each([
    ['publish/occupied', 409],
    ['webrtc/no-h264', 422],
    ['webrtc/unsupported', 422],
    ['webrtc/malformed-offer', 400],
    ['webrtc/no-address', 503],
  ])('that is refused for %s is told %d', async (code, status) => {
    refuse = new PinholeError(code, 'the reason');

    const response = await post(OFFER);

    expect(response.status).toBe(status);
    expect(response.headers.has('Retry-After')).toBe(status === 409 || status === 503);
    expect(await response.json()).toMatchObject({ code, detail: 'the reason' });
  });

  it('of a camera that fetches its pictures is told so', async () => {
    const response = await post(OFFER, { camera: 'door' });

    expect(response.status).toBe(409);
    expect(response.headers.has('Retry-After')).toBe(false);
    expect(await problemCode(response)).toBe('publish/unsupported');
  });

  it('is told nothing of a fault of our own', async () => {
    refuse = new Error('/home/pinhole/secret.key');

    const response = await post(OFFER);

    expect(response.status).toBe(500);
    expect(await response.text()).toMatch(/whip\/failed(?!.*secret)/);
  });

  it.each([
    ['JSON', 415, 'whip/media-type', '{}', 'application/json'],
    ['no SDP', 400, 'whip/offer', 'hello', 'application/sdp'],
    ['bytes that are no text', 400, 'whip/encoding', Uint8Array.of(0xff, 0xfe), 'application/sdp'],
    ['1 MiB', 413, 'whip/too-large', 'x'.repeat(2 ** 20), 'application/sdp'],
    ['audio alone', 422, 'whip/no-video', viewerSdp('m=audio 9 X 0'), 'application/sdp'],
    ['two videos', 422, 'whip/too-many-tracks', viewerSdp(VIDEO, VIDEO), 'application/sdp'],
    ['a viewer', 422, 'whip/direction', viewerSdp(VIDEO, 'a=recvonly'), 'application/sdp'],
  ])('that offers %s is %d %s, and is not let in', async (_, status, code, body, type) => {
    const response = await post(body, { type });

    expect(response.status).toBe(status);
    expect(await problemCode(response)).toBe(code);
    expect(requests).toEqual([]);
  });

  it.each([
    ['whip/precondition-failed', 412, FRAGMENT, { 'If-Match': '"other"' }],
    ['whip/restart-unsupported', 422, FRAGMENT.replace('EsAw', 'new1'), { 'If-Match': '"server-ufrag"' }],
    ['whip/precondition-required', 428, 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host', {}],
    ['whip/fragment', 400, 'hello', { 'If-Match': '"server-ufrag"' }],
    ['whip/if-match', 400, FRAGMENT, { 'If-Match': 'server-ufrag' }],
  ])('gets %s, %d', async (code, status, body, headers) => {
    await post(OFFER);

    const response = await patch(body, headers as Record<string, string>);

    expect(response.status).toBe(status);
    expect(await problemCode(response)).toBe(code);
    expect(sessions.list()).toHaveLength(1);
  });
});

it('a page of an allowed origin may publish', async () => {
  const headers = { Origin: 'https://page.example.net' };
  const preflight = handler.options(
    new Request('http://pinhole.test/whip/phone', { method: 'OPTIONS', headers }),
  );

  expect(preflight.status).toBe(200);
  expect(Object.fromEntries(preflight.headers)).toMatchObject({
    'access-control-allow-origin': 'https://page.example.net',
    'access-control-allow-methods': 'POST, PATCH, DELETE, OPTIONS, GET, HEAD',
  });
});
