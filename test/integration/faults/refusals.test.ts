import { once } from 'node:events';
import { connect } from 'node:net';
import { liveSubprotocols } from '@pinhole/protocol/live';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FaultServer } from '../../support/fault-server.ts';
import { brokenOffers, chromiumOffer } from '../../support/fuzz-sdp.ts';

const SDP = { 'content-type': 'application/sdp' };
const MANY = { writesPerSecond: 100_000, writeBurst: 100_000, failedAuthPerMinute: 100_000 };

const without = (pattern: RegExp): string =>
  chromiumOffer()
    .split('\r\n')
    .filter((line) => !pattern.test(line))
    .join('\r\n');
const changed = (pattern: RegExp, by: string): string => chromiumOffer().replaceAll(pattern, by);
const video = (): string => chromiumOffer().slice(chromiumOffer().indexOf('m=video'));

/** Offers that nobody could answer, with the code and the words that say why not. */
const MALFORMED: readonly (readonly [
  name: string,
  sdp: () => string | Uint8Array<ArrayBuffer>,
  code: string,
  words: RegExp,
])[] = [
  ['nothing', () => '', 'whep/offer', /starts with v=0/],
  ['one line', () => 'v=0\r\n', 'whep/offer', /no media section/],
  ['another version', () => chromiumOffer().replace('v=0', 'v=1'), 'whep/offer', /not "v=1"/],
  ['JSON', () => '{"sdp":"v=0"}', 'whep/offer', /starts with v=0/],
  ['a page', () => '<!doctype html><title>no</title>', 'whep/offer', /starts with v=0/],
  ['zeros', () => new Uint8Array(1000), 'whep/offer', /starts with v=0/],
  ['no UTF-8', () => Uint8Array.of(0x76, 0x3d, 0x30, 0xff, 0xfe), 'whep/encoding', /not UTF-8/],
  ['UTF-16', () => new Uint8Array(Buffer.from(chromiumOffer(), 'utf16le')), 'whep/offer', /starts with v=0/],
  ['more than 64 KiB', () => chromiumOffer() + 'a=x\r\n'.repeat(15_000), 'whep/too-large', /64 KiB/],
  ['no ICE user', () => without(/^a=ice-ufrag/), 'whep/offer', /ice-ufrag or ice-pwd is missing/],
  ['no ICE password', () => without(/^a=ice-pwd/), 'whep/offer', /ice-ufrag or ice-pwd is missing/],
  ['no fingerprint', () => without(/^a=fingerprint/), 'webrtc/malformed-offer', /a=fingerprint: need one/],
  [
    'a fingerprint of nonsense',
    () => changed(/(a=fingerprint:sha-256) .*/g, '$1 zz:zz'),
    'webrtc/malformed-offer',
    /need one/,
  ],
  [
    'no media',
    () => chromiumOffer().slice(0, chromiumOffer().indexOf('m=')),
    'whep/offer',
    /no media section/,
  ],
  ['no video', () => changed(/m=video/g, 'm=audio'), 'whep/no-video', /add a recvonly video transceiver/],
  ['two videos', () => chromiumOffer() + video(), 'whep/too-many-tracks', /2 video sections, need at most 1/],
  [
    'a video to send',
    () => changed(/a=recvonly/g, 'a=sendonly'),
    'whep/direction',
    /a viewer offers recvonly/,
  ],
  [
    'an inactive video',
    () => changed(/a=recvonly/g, 'a=inactive'),
    'whep/direction',
    /a viewer offers recvonly/,
  ],
  ['no H.264', () => changed(/H264\/90000/g, 'VP8/90000'), 'webrtc/no-h264', /use the WebSocket path/],
  ['no codecs', () => without(/^a=rtpmap/), 'webrtc/no-h264', /use the WebSocket path/],
  ['another DTLS role', () => changed(/a=setup:actpass/g, 'a=setup:boss'), 'whep/dtls-role', /need actpass/],
];

describe('what makes no sense', () => {
  let server: FaultServer;
  beforeAll(async () => {
    server = await FaultServer.open(MANY);
  });
  afterAll(() => server.close());

  const offer = (
    body: string | Uint8Array<ArrayBuffer>,
    { camera = 'door', token = server.pinhole.token } = {},
  ) => server.ask(`/whep/${camera}`, { method: 'POST', headers: SDP, body, token });

  it.each(MALFORMED)('offer: %s', async (_name, sdp, code, words) => {
    const response = await offer(sdp());

    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await response.json()) as { status: number; code: string; detail: string };
    expect(problem.status).toBe(response.status);
    expect([400, 413, 422]).toContain(response.status);
    expect(problem.code).toBe(code);
    expect(problem.detail).toMatch(words);
  });

  it('200 broken copies of a real offer are answered or refused with a reason, and none hurts', async () => {
    const offers = brokenOffers(200);
    const refused: { readonly status: number; readonly code: string; readonly detail: string }[] = [];
    const ended: number[] = [];
    const send = async (sdp: string): Promise<void> => {
      const response = await offer(sdp);
      const body = await response.text();
      const session = response.headers.get('location');
      if (response.status !== 201 || session === null)
        refused.push(JSON.parse(body) as (typeof refused)[number]);
      else ended.push((await server.ask(session, { method: 'DELETE' })).status);
    };

    for (let batch = offers.splice(0, 8); batch.length > 0; batch = offers.splice(0, 8))
      await Promise.all(batch.map(send));

    console.log(`broken offers: ${ended.length} answered all the same, ${refused.length} refused`);
    expect(ended.length + refused.length).toBe(200);
    expect(new Set(ended)).toEqual(new Set([200]));
    for (const problem of refused) {
      expect([400, 413, 422]).toContain(problem.status);
      expect(problem.detail).toMatch(/\w+ \w+/);
    }
    expect(new Set(refused.map(({ code }) => code)).size).toBeGreaterThanOrEqual(3);
    expect(await server.sessions()).toEqual([]);
    await server.expectUnharmed();
  });

  const TOKENS = [
    ['an unknown camera', 404, 'camera/unknown', /there is no camera "cellar"/, 'cellar', undefined],
    ['no token', 401, 'auth/required', /a token is needed/, 'door', ''],
    ['a wrong token', 401, 'auth/unknown-token', /mistyped or revoked/, 'door', 'pin_wrong'],
    ['a token without the right', 403, 'auth/forbidden', /lacks the right "view"/, 'door', 'control'],
    ["another camera's token", 404, 'camera/unknown', /or this token does not cover it/, 'door', 'hall'],
  ] as const;

  it.each(TOKENS)(
    '%s: %i %s by WHEP, WebSocket and HTTP alike',
    async (_name, status, code, words, camera, who) => {
      const made =
        who === 'control' || who === 'hall'
          ? (
              await server.token({
                cameras: [who === 'hall' ? 'hall' : 'door'],
                rights: [who === 'hall' ? 'view' : who],
              })
            ).token
          : who;
      const authorization: Record<string, string> =
        made === '' ? {} : { authorization: `Bearer ${made ?? server.pinhole.token}` };
      const { url, port } = server.pinhole;
      const headers = { ...authorization, connection: 'close' };

      const responses = await Promise.all([
        fetch(`${url}/whep/${camera}`, {
          method: 'POST',
          headers: { ...SDP, ...headers },
          body: chromiumOffer(),
        }),
        fetch(`${url}/cameras/${camera}/stream.mp4`, { headers }),
        fetch(`${url}/cameras/${camera}/snapshot.jpg`, { headers }),
        fetch(`${url}/api/v1/cameras/${camera}`, { headers }),
      ]);
      const socket = new WebSocket(
        `ws://127.0.0.1:${port}/live/${camera}`,
        liveSubprotocols(made === '' ? undefined : (made ?? server.pinhole.token)),
      );
      const [first] = (await once(socket, 'message')) as [Buffer];
      await once(socket, 'close');

      for (const response of responses) {
        expect(response.status).toBe(status);
        const problem = (await response.json()) as { code: string; detail: string };
        expect(problem.code).toBe(code);
        expect(problem.detail).toMatch(words);
      }
      const error = JSON.parse(first.toString()) as { type: string; code: string; message: string };
      expect(error).toMatchObject({ type: 'error', code });
      expect(error.message).toMatch(words);
    },
  );

  it('1 MiB of JSON is refused, not read', async () => {
    const { port, token } = server.pinhole;
    const body = JSON.stringify({ name: 'x'.repeat(2 ** 20) });
    const head = [
      'POST /api/v1/tokens HTTP/1.1',
      'Host: localhost',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ];
    const request = `${head.join('\r\n')}\r\n\r\n${body}`;

    const replies = await Promise.all(Array.from({ length: 20 }, () => rawAnswer(port, request)));

    for (const reply of replies) {
      expect(reply).toMatch(/^HTTP\/1\.1 413 /);
      expect(reply).toMatch(/"code":"http\/body-too-large".*"detail":".*131072 bytes/);
    }
    await server.expectUnharmed();
  });

  it('1 MiB in a WebSocket message ends that connection alone, and is counted by name', async () => {
    const { port, token } = server.pinhole;
    const before = await server.metric(
      'pinhole_output_events_total{output="live",event="messages-too-long"}',
    );
    const codes = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/live/door`, liveSubprotocols(token));
        await once(socket, 'open');
        socket.on('error', () => {}); // cut off while it sends
        socket.send('x'.repeat(2 ** 20));
        const [code] = (await once(socket, 'close')) as [number];
        return code;
      }),
    );

    // 1009: message too big (RFC 6455 §7.4.1); 1006 where the connection was reset before that was read.
    for (const code of codes) expect([1009, 1006]).toContain(code);
    const after = await server.metric('pinhole_output_events_total{output="live",event="messages-too-long"}');
    expect(after - before).toBe(20);
    await expect.poll(() => server.sessions()).toEqual([]);
    await server.expectUnharmed();
  });

  it('leaves nothing behind, and the metrics name what was refused', async () => {
    expect(await server.metric('pinhole_auth_failures_total')).toBeGreaterThan(0);
    for (const status of [400, 401, 403, 404, 413, 422])
      expect(await server.metric(`pinhole_requests_refused_total{status="${status}"}`)).toBeGreaterThan(0);

    await expect(server.untilBackToBaseline('refusals', { patienceMs: 30_000 })).resolves.toBeUndefined();
    await server.expectUnharmed();
  });
});

/** Sends all of it, whether it is read or not, and takes what comes until the other side hangs up. */
function rawAnswer(port: number, request: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', () => {}); // it hung up while we were still sending
    socket.on('end', () => socket.destroy());
    socket.on('close', () => resolve(answer));
    socket.write(request);
  });
}
