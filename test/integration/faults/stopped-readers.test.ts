import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultServer } from '../../support/fault-server.ts';

/** What a stalled viewer may cost the server: its queue, and what the kernel holds of it. */
const SLACK_BYTES = 24 * 2 ** 20;

const STREAM = ['GET /cameras/detail/stream.mp4 HTTP/1.1'];
const UPGRADE = [
  'GET /live/detail HTTP/1.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
];
/** Any 16 bytes will do (RFC 6455 §4.1). */
const KEY = Buffer.alloc(16).toString('base64');

describe('viewers that stop reading', { timeout: 60_000 }, () => {
  const READERS = 5;
  let server: FaultServer;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    server = await FaultServer.open();
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  /** Sends a request, reads the head of the answer, and then nothing any more. */
  async function open(lines: readonly string[]): Promise<void> {
    const socket = connect({ port: server.pinhole.port, host: '127.0.0.1' });
    sockets.push(socket);
    socket.on('error', () => {}); // it is cut off, as it should be
    const head = [...lines, 'Host: localhost', `Authorization: Bearer ${server.pinhole.token}`];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.pause();
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 (101|200) /);
  }

  it.each([
    ['WebSocket', 'websocket', 'live', 20_000],
    ['stream.mp4', 'http', 'http', 45_000],
  ] as const)(
    '%s: others see nothing of it, memory stays flat, they are sent away and counted',
    async (name, transport, output, patienceMs) => {
      const stalled = `pinhole_output_events_total{output="${output}",event="viewers-stalled"}`;
      expect(await server.metric(stalled)).toBe(0);
      await server.expectUnharmed();
      for (let i = 0; i < READERS; i++) {
        await open(transport === 'http' ? STREAM : [...UPGRADE, `Sec-WebSocket-Key: ${KEY}`]);
      }
      const mine = async () => (await server.sessions()).filter((session) => session.transport === transport);
      expect(await mine()).toHaveLength(READERS);
      const before = await server.holdings();
      const since = Date.now();
      let mostHeap = 0;

      while ((await mine()).length > 0 && Date.now() < since + patienceMs) {
        mostHeap = Math.max(mostHeap, (await server.holdings()).heapBytes);
        await sleep(1_000);
      }

      const tookMs = Date.now() - since;
      const growth = mostHeap - before.heapBytes;
      console.log(
        `${name}: ${READERS} sent away after ${tookMs} ms; heap ${(growth / 2 ** 20).toFixed(1)} MiB more at most`,
      );
      expect(await mine()).toEqual([]);
      expect(growth).toBeLessThan(SLACK_BYTES);
      expect(await server.metric(stalled)).toBe(READERS);
      await server.expectUnharmed();
    },
  );

  it('counts them by cause, and has nothing left of them', async () => {
    expect(await server.metric('pinhole_sessions_ended_total{cause="stalled"}')).toBe(2 * READERS);

    for (const socket of sockets) socket.destroy();
    await expect(
      server.untilBackToBaseline('stopped readers', { patienceMs: 30_000 }),
    ).resolves.toBeUndefined();
    await server.expectUnharmed();
  });
});
