import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultServer } from '../../support/fault-server.ts';
import { PROGRAM } from '../../support/program.ts';
import { endViewers, RtpViewer } from '../../support/rtp-viewer.ts';
import { SteadyViewer } from '../../support/steady-viewer.ts';

/** Tokens are looked at a few times a second. */
const END_MS = 3_000;

/** One viewer by each transport, of the same token. */
interface Viewers {
  readonly webrtc: RtpViewer;
  readonly websocket: SteadyViewer;
  readonly httpEnded: Promise<void>;
}

describe('a token that ends while its viewers watch', () => {
  let server: FaultServer;
  const opened: RtpViewer[] = [];
  beforeAll(async () => {
    server = await FaultServer.open();
  });
  afterEach(() => {
    for (const viewer of opened.splice(0)) viewer.close();
  });
  afterAll(async () => {
    await server.close();
    endViewers();
  });

  async function watchAll(token: string): Promise<Viewers> {
    const webrtc = new RtpViewer();
    opened.push(webrtc);
    await webrtc.connect(async (offer) => {
      const headers = { 'content-type': 'application/sdp' };
      const response = await server.ask('/whep/door', { method: 'POST', token, headers, body: offer });
      expect(response.status).toBe(201);
      return await response.text();
    });
    const { port } = server.pinhole;
    const websocket = await SteadyViewer.open('door', { port, token });
    const response = await server.ask('/cameras/door/stream.mp4', { token });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(first?.value?.byteLength).toBeGreaterThan(0);
    const httpEnded = (async () => {
      while (!(await reader?.read().catch(() => ({ done: true })))?.done);
    })();
    await expect.poll(() => webrtc.packets.length).toBeGreaterThan(0);
    return { webrtc, websocket, httpEnded };
  }

  /** Proves that all three end soon, and that nothing reaches them afterwards. */
  async function expectEnd(
    { webrtc, websocket, httpEnded }: Viewers,
    why: { id: string; code: string; close: number },
  ) {
    const endAt = Date.now();
    const [close] = await Promise.all([websocket.closed, httpEnded]);
    await expect
      .poll(async () => (await server.sessions()).filter(({ tokenId }) => tokenId === why.id), {
        timeout: END_MS,
      })
      .toEqual([]);
    console.log(`${why.code}: all three ended within ${Date.now() - endAt} ms`);
    expect(Date.now() - endAt).toBeLessThan(END_MS);
    expect(close).toBe(why.close);
    expect(websocket.texts.at(-1)).toMatchObject({
      type: 'bye',
      code: why.code,
      reason: expect.stringMatching(/token/),
    });
    await sleep(200);
    const packets = webrtc.packets.length;
    await sleep(500);
    expect(webrtc.packets).toHaveLength(packets);
    await server.expectUnharmed();
  }

  it('by its date: WebRTC, WebSocket and HTTP end alike', async () => {
    const lifeMs = 4_000;
    const { id, token } = await server.token({ cameras: ['door'], rights: ['view'], expiresIn: '4s' });
    const bornAt = Date.now();
    const viewers = await watchAll(token);
    await sleep(bornAt + lifeMs - Date.now());

    await expectEnd(viewers, { id, code: 'expired', close: 4401 });

    const again = await server.ask('/whep/door', { token });
    expect(again.status).toBe(401);
    expect(await again.json()).toMatchObject({
      code: 'auth/expired',
      detail: expect.stringMatching(/expired at/),
    });
  });

  it('revoked by the command line in another process: all three end alike', async () => {
    const { id, token } = await server.token({ cameras: ['door'], rights: ['view'] });
    const viewers = await watchAll(token);
    const words = ['token', 'revoke', id, '--data', server.pinhole.dataFolder];
    const child = spawn(process.execPath, [...PROGRAM, ...words], {
      stdio: 'ignore',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);

    await expectEnd(viewers, { id, code: 'revoked', close: 4403 });

    const again = await server.ask('/whep/door', { token });
    expect(again.status).toBe(401);
    expect(await again.json()).toMatchObject({
      code: 'auth/unknown-token',
      detail: expect.stringMatching(/revoked/),
    });
  });

  it('leaves nothing behind', async () => {
    await expect(server.untilBackToBaseline('ended tokens', { patienceMs: 30_000 })).resolves.toBeUndefined();
  });
});
