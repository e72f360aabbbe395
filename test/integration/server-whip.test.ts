import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { encodeClip } from '../support/clip.ts';
import { RtpPublisher } from '../support/rtp-publisher.ts';
import { endViewers } from '../support/rtp-viewer.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('ffmpeg');

const TICKS_A_FRAME = 3000;

describe('/whip/{camera} of a server', () => {
  let server: TestServer;
  let clip: ReturnType<typeof encodeClip>;
  const publishers: RtpPublisher[] = [];
  const timers: NodeJS.Timeout[] = [];

  beforeAll(async () => {
    clip = encodeClip({ size: '320x180', seconds: 1, gop: 30 });
    server = await openTestServer({ cameras: { phone: 'whip:', door: 'synthetic:320x240@15' } });
  });

  afterEach(() => {
    for (const timer of timers.splice(0)) clearInterval(timer);
    for (const publisher of publishers.splice(0)) publisher.close();
  });

  afterAll(async () => {
    await server?.close();
    endViewers();
  });

  /** Publishes the clip over and over; the offer goes with this header. */
  async function publish(
    authorization: string,
  ): Promise<{ readonly location: string; readonly ufrag: string }> {
    const publisher = new RtpPublisher();
    publishers.push(publisher);
    let location = '';
    let ufrag = '';
    await publisher.connect(async (offer) => {
      ufrag = /a=ice-ufrag:(\S+)/.exec(offer)?.[0] ?? '';
      const reply = await server.ask('/whip/phone', {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/sdp' },
        body: offer,
      });
      expect({ status: reply.status, text: reply.text }).toMatchObject({ status: 201 });
      location = reply.headers.location ?? '';
      ufrag += `\r\n${/a=ice-pwd:\S+/.exec(offer)?.[0] ?? ''}`;
      return reply.text;
    });
    let frame = 0;
    timers.push(
      setInterval(() => {
        publisher.picture(clip[frame % clip.length]?.data ?? new Uint8Array(), {
          ticks: frame++ * TICKS_A_FRAME,
        });
      }, 33),
    );
    return { location, ufrag };
  }

  const state = async () =>
    (await server.ask('/api/v1/cameras/phone', { token: server.adminToken })).json()['state'];

  const untilLive = () => expect.poll(state, { timeout: 10_000 }).toEqual({ kind: 'live' });
  const untilWaiting = () =>
    expect.poll(state, { timeout: 10_000 }).toMatchObject({ kind: 'retrying', code: 'source/no-publisher' });

  it('takes a board as it comes: Basic, candidates without If-Match, DELETE', async () => {
    const { token } = await server.token({ cameras: ['phone'], rights: ['publish'] });
    const basic = `Basic ${btoa(`board:${token}`)}`;
    const { location, ufrag } = await publish(basic);
    const headers = { authorization: basic };

    const patched = await server.ask(location, {
      method: 'PATCH',
      headers: { ...headers, 'content-type': 'application/trickle-ice-sdpfrag' },
      body: `a=group:BUNDLE 0\r\n${ufrag}\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=candidate:1 1 udp 1 127.0.0.1 9 typ host\r\n`,
    });
    await untilLive();
    const ended = await server.ask(location, { method: 'DELETE', headers });

    expect(location).toMatch(/^\/whip\/phone\/[\w-]{20,}$/);
    expect(patched.status).toBe(204);
    expect(ended.status).toBe(200);
    await untilWaiting();
  });

  it('lets somebody who may only publish see nothing', async () => {
    const { token } = await server.token({ cameras: ['phone'], rights: ['publish'] });

    const snapshot = await server.ask('/cameras/phone/snapshot.jpg', { token });

    expect(snapshot.status).toBe(403);
  });

  it('sends a publisher away whose token is revoked', async () => {
    const { id, token } = await server.token({ cameras: ['phone'], rights: ['publish'] });
    await publish(`Bearer ${token}`);
    await untilLive();

    await server.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', token: server.adminToken });

    await expect
      .poll(state, { timeout: 10_000 })
      .toMatchObject({ why: expect.stringMatching(/token was revoked; waiting for a publisher/) });
  });

  it('is none for a camera that fetches its pictures itself', async () => {
    const reply = await server.ask('/whip/door', {
      method: 'POST',
      token: server.adminToken,
      headers: { 'content-type': 'application/sdp' },
      body: 'v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=sendonly\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n',
    });

    expect(reply.status).toBe(409);
    expect(reply.json()).toMatchObject({ code: 'publish/unsupported' });
  });
});
