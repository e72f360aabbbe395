/**
 * A program that sends key frames towards a viewer behind a narrow router, 30 pictures a second, and tells as JSON how many
 * packets of each came. It reads the viewer's socket itself, which is of the viewer's network.
 */
import { fork } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { NativeFanout } from '@pinhole/native';
import { descriptorOf } from './descriptor-of.ts';
import { AS_VIEWER, droppedByRouter, VIEWER_ADDRESS } from './home-router.ts';
import type { KeyFrames } from './key-frames-behind-router.ts';

const FRAME_MS = 1000 / 30;
const FRAME_TICKS = 90_000 / 30;
/** While they are sent, the queue empties. */
const SMALL_FRAMES_BETWEEN = 3;
const PATIENCE_MS = 10_000;

const { count, payloadBytes, bursts } = JSON.parse(process.argv[2] ?? '') as KeyFrames;
const keyFrame = payloadBytes.map((bytes) => new Uint8Array(bytes));
const smallFrame = [new Uint8Array(100)];
const sender = createSocket('udp4');
sender.bind(0);
await once(sender, 'listening');
const viewer = await viewerSocket();
/** Packets that came, by the time stamp of their frame (RFC 3550 §5.1). */
const came = new Map<number, number>();
viewer.on('message', (packet) => {
  const timestamp = packet.readUInt32BE(4);
  came.set(timestamp, (came.get(timestamp) ?? 0) + 1);
});

const answer: (readonly number[])[] = [];
for (const burstPackets of bursts) answer.push(await run(burstPackets));
process.stdout.write(JSON.stringify(answer));
for (const socket of [sender, viewer]) socket.close();

async function run(burstPackets: number | 'default'): Promise<readonly number[]> {
  const droppedBefore = droppedByRouter();
  came.clear();
  const fanout = NativeFanout.open(burstPackets === 'default' ? {} : { burstPackets });
  const to = fanout.openViewer({
    socket: fanout.openSocket(descriptorOf(sender)),
    address: VIEWER_ADDRESS,
    port: viewer.address().port,
    keys: { profile: 7, masterKey: new Uint8Array(16), masterSalt: new Uint8Array(12) },
    ssrc: 1,
    payloadType: 102,
  });
  let packets = 0;
  let timestamp = 0;
  const send = async (payloads: readonly Uint8Array[]): Promise<void> => {
    timestamp += FRAME_TICKS;
    to.send({ payloads, firstIndex: packets + 1, timestamp, extension: new Uint8Array(0) });
    packets += payloads.length;
    await wait(FRAME_MS);
  };
  const keyTimestamps: number[] = [];
  for (let i = 0; i < count; i++) {
    for (let between = 0; between < SMALL_FRAMES_BETWEEN; between++) await send(smallFrame);
    await send(keyFrame);
    keyTimestamps.push(timestamp);
  }
  // None overtakes another: when this one came, nothing else will.
  const givenUpAt = performance.now() + PATIENCE_MS;
  do {
    if (performance.now() > givenUpAt) throw new Error('nothing comes any more');
    await send(smallFrame);
  } while (!came.has(timestamp));
  const { packetsSent, lastError } = to.counters;
  fanout.close();
  if (packetsSent < packets) throw new Error(`the socket refused packets: error ${lastError}`);
  const missing = packets - [...came.values()].reduce((sum, some) => sum + some, 0);
  // What the networks say to each other may be dropped, too.
  const dropped = droppedByRouter() - droppedBefore;
  if (missing > dropped) throw new Error(`the router dropped ${dropped}, and ${missing} are missing`);
  return keyTimestamps.map((key) => came.get(key) ?? 0);
}

async function viewerSocket(): Promise<Socket> {
  const child = fork(join(import.meta.dirname, 'viewer-socket-child.ts'), {
    execPath: 'ip',
    execArgv: [...AS_VIEWER, process.execPath, '--import', 'tsx'],
  });
  child.once('exit', (code) => {
    if (code !== 0) throw new Error(`the viewer ended with ${code}`);
  });
  const [, socket] = (await once(child, 'message')) as ['bound', Socket];
  return socket;
}
