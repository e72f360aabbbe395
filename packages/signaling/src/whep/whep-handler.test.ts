import { micros, PinholeError } from '@pinhole/core';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  ANSWER,
  ann,
  FRAGMENT,
  OFFER,
  problemCode,
  VIDEO,
  viewerSdp,
  WhepRig,
} from '../../../../test/support/whep-rig.ts';

let rig: WhepRig;

beforeEach(() => {
  rig = new WhepRig();
});

describe('POST of an offer', () => {
  it('answers with the session, its entity tag and the ICE servers', async () => {
    const response = await rig.openLive();

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
    const first = rig.openLive();
    const response = await rig.handler.endpoint(
      new Request('http://pinhole.test/whep/front%20door?token=a%26b', {
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
    const response = rig.post(OFFER);
    await rig.started();
    rig.source.state({
      kind: 'retrying',
      code: 'source/refused',
      why: 'no route to host',
      retryInMs: 4_200 as never,
    });

    rig.now = micros(rig.now + 10_000_000);
    rig.tick();

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
    rig.openPeer = () => Promise.reject(new PinholeError(code, 'the reason'));

    const response = await rig.openLive();

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
    rig.openPeer = () => Promise.reject(new PinholeError(code, 'the reason'));

    const response = await rig.openLive();

    expect(response.status).toBe(status);
    expect(await problemCode(response)).toBe(code);
  });

  it('is 503 when there are as many viewers as may be', async () => {
    await rig.openLive();
    await rig.post(OFFER);

    const response = await rig.post(OFFER);

    expect(response.status).toBe(503);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(await problemCode(response)).toBe('session/limit');
  });

  it('tells nothing of a fault of our own', async () => {
    rig.openPeer = () => Promise.reject(new Error('/home/pinhole/secret.key'));

    const response = await rig.openLive();

    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });

  it.each([
    ['JSON', 415, 'whep/media-type', '{}', 'application/json'],
    ['no SDP', 400, 'whep/offer', 'hello', 'application/sdp'],
    ['nothing', 400, 'whep/offer', '', 'application/sdp'],
    ['bytes that are no text', 400, 'whep/encoding', Uint8Array.of(0xff, 0xfe), 'application/sdp'],
    ['1 MiB', 413, 'whep/too-large', 'x'.repeat(2 ** 20), 'application/sdp'],
    ['audio alone', 422, 'whep/no-video', viewerSdp('m=audio 9 X 0'), 'application/sdp'],
    ['two videos', 422, 'whep/too-many-tracks', viewerSdp(VIDEO, VIDEO), 'application/sdp'],
    ['a sender', 422, 'whep/direction', viewerSdp(VIDEO, 'a=sendonly'), 'application/sdp'],
    ['holdconn', 422, 'whep/dtls-role', viewerSdp(VIDEO, 'a=setup:holdconn'), 'application/sdp'],
  ])('of %s is %d %s, and nobody is let in', async (_, status, code, body, contentType) => {
    const response = await rig.post(body, contentType);

    expect(response.status).toBe(status);
    expect(await problemCode(response)).toBe(code);
    expect(rig.registry.list()).toEqual([]);
  });

  it('to an unknown camera is 404', async () => {
    const response = await rig.ask(
      'POST',
      { body: OFFER, headers: { 'Content-Type': 'application/sdp' } },
      'cellar',
    );

    expect(response.status).toBe(404);
    expect(await problemCode(response)).toBe('camera/unknown');
  });
});

it('a body that ends before its end is the fault of the client', async () => {
  const body = new ReadableStream({ start: (controller) => controller.error(new Error('connection reset')) });

  const response = await rig.ask('POST', {
    body,
    headers: { 'Content-Type': 'application/sdp' },
    duplex: 'half',
  } as RequestInit);

  expect(response.status).toBe(400);
  expect(await problemCode(response)).toBe('whep/cut-short');
});

it('whatever is sent, the server is not at fault', async () => {
  await rig.openLive();
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom(...OFFER.split('\r\n'), ...FRAGMENT.split('\r\n'), 'a=end-of-candidates'),
  );
  const tag = fc.oneof(fc.constantFrom('*', '"server-ufrag"', '""'), fc.stringMatching(/^[ -~]*$/));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), tag, async (lines, ifMatch) => {
      const body = lines.join('\r\n');
      const statuses = [
        (await rig.patch(body, { 'If-Match': ifMatch })).status,
        (await rig.post(body)).status,
      ];
      for (const viewer of rig.registry.list().slice(1))
        rig.registry.endWhere(({ id }) => id === viewer.id, 'left');

      expect(Math.max(...statuses)).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
});

describe('the other methods', () => {
  it('GET is empty, HEAD tells that offers are taken', async () => {
    expect((await rig.ask('GET')).status).toBe(204);
    const head = await rig.ask('HEAD');
    expect(head.status).toBe(200);
    expect(head.headers.get('Content-Type')).toBe('application/sdp');
  });

  it('PUT is refused with those that are served', async () => {
    const response = await rig.ask('PUT', { body: OFFER });

    expect(response.status).toBe(405);
    expect(response.headers.get('Allow')).toBe('POST, GET, HEAD, OPTIONS');
    expect(await problemCode(response)).toBe('whep/method');
  });

  it('OPTIONS lets a page of an allowed origin in, headers by name', () => {
    const response = rig.handler.options(
      new Request('http://pinhole.test/whep/any', {
        method: 'OPTIONS',
        headers: { Origin: 'https://page.example.net' },
      }),
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
    const response = await rig.ask('GET', { headers: { Origin: 'https://other.example.net' } });

    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  it('a refusal can be read by an allowed page too, with its headers', async () => {
    const response = await rig.ask('PUT', { headers: { Origin: 'https://page.example.net' } });

    expect(response.headers.get('Access-Control-Allow-Origin')).toBe('https://page.example.net');
    expect(response.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
  });
});
