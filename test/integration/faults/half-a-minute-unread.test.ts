import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultServer } from '../../support/fault-server.ts';
import { quantile } from '../../support/measure.ts';
import { SteadyViewer } from '../../support/steady-viewer.ts';

const CAMERA = 'detail';
const FRAME_MS = 1000 / 60;
const BEFORE_MS = 10_000;
const UNREAD_MS = 30_000;
/** A queue for each of those that read nothing, and what Node holds of it. */
const SLACK_BYTES = 32 * 2 ** 20;
/** Of a server that waits for anybody, a picture would be late by seconds; a busy machine is late by less. */
const LATEST_P99_MS = 30 * FRAME_MS;

const UPGRADE = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}`,
];
const WAYS = {
  '/ws/, as raspicam': [`GET /ws/${CAMERA} HTTP/1.1`, ...UPGRADE],
  '/live': [`GET /live/${CAMERA} HTTP/1.1`, ...UPGRADE],
  'stream.mp4': [`GET /cameras/${CAMERA}/stream.mp4 HTTP/1.1`],
  'stream.h264': [`GET /cameras/${CAMERA}/stream.h264 HTTP/1.1`],
} as const;

describe('clients that read nothing for half a minute', { timeout: 90_000 }, () => {
  let server: FaultServer;
  let good: SteadyViewer;
  const unread = new Map<string, Socket>();

  beforeAll(async () => {
    server = await FaultServer.open();
    good = await SteadyViewer.open(CAMERA, server.pinhole);
  });

  afterAll(async () => {
    for (const socket of unread.values()) socket.destroy();
    await good?.close();
    await server?.close();
  });

  /** Asks, reads the head of the answer, and then nothing any more. */
  async function open(way: string, lines: readonly string[]): Promise<void> {
    const socket = connect({ port: server.pinhole.port, host: '127.0.0.1' });
    unread.set(way, socket);
    socket.on('error', () => {}); // it is sent away, as it should be
    const head = [...lines, 'Host: localhost', `Authorization: Bearer ${server.pinhole.token}`];
    socket.write(`${head.join('\r\n')}\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.pause();
    expect(answer.toString('latin1')).toMatch(/^HTTP\/1\.1 (101|200) /);
  }

  /** Once some were sent away, all come again: a paused socket does not tell, the server's list does. */
  async function comeAgain(): Promise<void> {
    const { length } = await server.sessions();
    if (length > Object.keys(WAYS).length) return; // these, and the one that reads
    for (const [way, lines] of Object.entries(WAYS)) {
      unread.get(way)?.destroy();
      await open(way, lines);
    }
  }

  /** Between two pictures, in milliseconds; the longest at 99 %. */
  const p99Ms = (arrivals: readonly { readonly at: number }[]): number =>
    quantile(
      arrivals.slice(1).map(({ at }, i) => at - (arrivals[i]?.at ?? at)),
      0.99,
    );

  it('delay nobody who watches the same camera, and the memory stays flat', async () => {
    good.take();
    await sleep(BEFORE_MS);
    const before = good.take();
    const heapBefore = (await server.holdings()).heapBytes;
    good.take(); // the collection of garbage stopped the program
    const during: { readonly number: number; readonly at: number }[] = [];
    const until = Date.now() + UNREAD_MS;

    for (const [way, lines] of Object.entries(WAYS)) await open(way, lines);
    while (Date.now() < until) {
      await sleep(2_000);
      during.push(...good.take());
      await comeAgain();
    }
    during.push(...good.take());

    const growth = (await server.holdings()).heapBytes - heapBefore;
    console.log(
      `four clients read nothing for ${UNREAD_MS / 1000} s: another one's frame interval p99 ${p99Ms(during).toFixed(0)} ms, ${p99Ms(before).toFixed(0)} ms before; heap ${(growth / 2 ** 20).toFixed(1)} MiB more`,
    );
    expect(during.length).toBeGreaterThan((before.length / BEFORE_MS) * UNREAD_MS * 0.7);
    expect(p99Ms(during)).toBeLessThan(Math.max(LATEST_P99_MS, 2 * p99Ms(before)));
    expect(growth).toBeLessThan(SLACK_BYTES);
    expect(await server.metric('pinhole_sessions_ended_total{cause="stalled"}')).toBeGreaterThan(0);
    const numbers = during.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    await server.expectUnharmed();
  });
});
