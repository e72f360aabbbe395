import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultServer } from '../../support/fault-server.ts';
import { chromiumOffer } from '../../support/fuzz-sdp.ts';

const BATCH = 100;

/** What is sent on each of a thousand connections before it falls silent. */
const BEGINNINGS = {
  nothing: '',
  'half of its headers': 'POST /whep/door HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
  'a body that never ends, and a token':
    'POST /api/v1/tokens HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer TOKEN\r\n' +
    'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
  'a WebSocket upgrade without a token':
    'GET /live/door HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
} as const;

describe('what never finishes', () => {
  let server: FaultServer;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    server = await FaultServer.open({ headersTimeoutMs: 2_000, requestTimeoutMs: 4_000, writeBurst: 5_000 });
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(() => server.close());

  /** Opens a thousand connections in batches, each with the same beginning. */
  async function openThousand(beginning: string): Promise<void> {
    for (let batch = 0; batch < 1_000; batch += BATCH) {
      for (let i = 0; i < BATCH; i++) {
        const socket = connect({ port: server.pinhole.port, host: '127.0.0.1' });
        socket.on('error', () => {}); // it is thrown out, as it should be
        socket.resume();
        if (beginning !== '') socket.write(beginning.replace('TOKEN', server.pinhole.token));
        sockets.push(socket);
      }
      await sleep(50);
    }
  }

  const stillOpen = (): number =>
    sockets.filter((socket) => !socket.destroyed && !socket.readableEnded).length;

  it.each(Object.entries(BEGINNINGS))(
    'a thousand connections with %s: viewers stay, others come in, all are reaped',
    async (name, beginning) => {
      const evictedBefore = await server.metric('pinhole_sockets_evicted_total');
      await server.expectUnharmed();

      await openThousand(beginning);

      expect((await server.ask('/api/v1/me')).status).toBe(200);
      await expect.poll(stillOpen, { timeout: 15_000 }).toBe(0);
      const evicted = (await server.metric('pinhole_sockets_evicted_total')) - evictedBefore;
      const refused = await Promise.all(
        [400, 401, 408].map((status) => server.metric(`pinhole_requests_refused_total{status="${status}"}`)),
      );
      console.log(`${name}: ${evicted} evicted; 400, 401, 408 so far: ${refused.join(', ')}`);
      await server.expectUnharmed();
    },
  );

  it('200 WHEP sessions that never try to connect: all answered, all reaped after 15 s', async () => {
    const timeoutsBefore = await server.metric('pinhole_sessions_ended_total{cause="timeout"}');
    const refusedBefore = await server.metric('pinhole_sessions_refused_total');
    const headers = { 'content-type': 'application/sdp' };
    const statuses: number[] = [];
    for (let batch = 0; batch < 200; batch += 25) {
      const responses = await Promise.all(
        Array.from({ length: 25 }, () =>
          server.ask('/whep/door', { method: 'POST', headers, body: chromiumOffer() }),
        ),
      );
      statuses.push(...responses.map(({ status }) => status));
      await Promise.all(responses.map((response) => response.text()));
    }
    const answered = statuses.filter((status) => status === 201).length;
    const refused = statuses.filter((status) => status === 503).length;

    // One address may have 200 viewers, and one watches already.
    expect([answered, refused]).toEqual([199, 1]);
    expect((await server.metric('pinhole_sessions_refused_total')) - refusedBefore).toBe(1);
    expect((await server.sessions()).length).toBe(199);
    await server.expectUnharmed();
    await expect.poll(() => server.sessions(), { timeout: 20_000, interval: 500 }).toEqual([]);
    const timeouts = await server.metric('pinhole_sessions_ended_total{cause="timeout"}');
    expect(timeouts - timeoutsBefore).toBe(199);
    await server.expectUnharmed();
  });

  it('leaves nothing behind, and the metrics name what was refused', async () => {
    expect(await server.metric('pinhole_sockets_evicted_total')).toBeGreaterThan(1_500);
    expect(await server.metric('pinhole_requests_refused_total{status="401"}')).toBeGreaterThan(500);
    expect(await server.metric('pinhole_requests_refused_total{status="408"}')).toBeGreaterThan(50);

    await expect(server.untilBackToBaseline('unfinished', { patienceMs: 30_000 })).resolves.toBeUndefined();
    await server.expectUnharmed();
  });
});
