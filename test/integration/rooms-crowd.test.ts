import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { RoomPeer } from '../support/room-peer.ts';

const SOCKETS = 5000;
const PER_ROOM = 10;
const AT_ONCE = 50;

/** Collects garbage once a second, so that what is in use is what is kept. */
const COLLECTOR = `import v8 from 'node:v8'; import vm from 'node:vm'; v8.setFlagsFromString('--expose-gc'); const gc = vm.runInNewContext('gc'); setInterval(gc, 1000).unref();`;

const CONFIG = `
cameras: { test: 'synthetic:320x240@15' }
rooms:
  mode: compatible
  sockets: 20000
  socketsPerAddress: 20000
  messagesPerSecondPerAddress: 1000000
limits:
  connections: 20000
  unauthenticatedConnections: 10000
  unauthenticatedConnectionsPerAddress: 10000
  writesPerSecond: 100000
  writeBurst: 100000
`;

let server: Pinhole;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinhole-rooms-'));
  const config = join(folder, 'pinhole.yaml');
  await writeFile(config, CONFIG);
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(COLLECTOR)}` };
  server = await startPinhole({ args: ['--config', config], env });
});
afterAll(async () => {
  await server?.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function metric(name: string): Promise<number> {
  const reply = await fetch(`${server.url}/metrics`, {
    headers: { authorization: `Bearer ${server.token}` },
  });
  const line = (await reply.text()).split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

const heapMb = async (): Promise<number> => (await metric('nodejs_heap_used_bytes')) / 1e6;

/** One after the other of so many works, some at once. */
async function each(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** So many join rooms of ten, negotiate with their camera, and leave. @returns how many offers arrived */
async function crowd(count: number): Promise<number> {
  const peers: RoomPeer[] = [];
  await each(count, async (index) => {
    const peer = await RoomPeer.open(`${server.url}/`);
    const room = `room-${Math.floor(index / PER_ROOM)}`;
    const camera = index % PER_ROOM === 0;
    await peer.join({ room, ...(camera && { deviceType: 'camera', cameraId: 'door' }) });
    peers[index] = peer;
  });
  expect(await metric('pinhole_rooms{what="members"}')).toBe(count);
  let offers = 0;
  await each(count, async (index) => {
    const [camera, viewer] = [peers[index - (index % PER_ROOM)], peers[index]];
    if (camera === undefined || viewer === undefined || camera === viewer) return;
    viewer.say({ type: 'requestStream', cameraId: 'door' });
    // The camera's messages come in any order: those who ask are many.
    camera.say({ type: 'offer', target: viewer.id, sdp: { type: 'offer', sdp: 'x'.repeat(2000) } });
    await viewer.take('offer');
    offers++;
  });
  await each(count, async (index) => {
    if (index % 2 === 0) peers[index]?.socket.terminate();
    await peers[index]?.leave();
  });
  return offers;
}

it('5 000 sockets join, negotiate and leave, and the memory is as before', async () => {
  await crowd(500);
  await expect.poll(() => metric('pinhole_rooms{what="clients"}'), { timeout: 5000 }).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const before = await heapMb();

  const offers = await crowd(SOCKETS);

  expect(offers).toBe(SOCKETS - SOCKETS / PER_ROOM);
  for (const what of ['clients', 'rooms', 'members', 'cameras', 'sessions']) {
    await expect.poll(() => metric(`pinhole_rooms{what="${what}"}`), { timeout: 10_000 }).toBe(0);
  }
  await expect.poll(heapMb, { timeout: 15_000, interval: 500 }).toBeLessThan(before * 1.1 + 4);
}, 60_000);
