/**
 * A program that gives 2000 packets at once to whatever link the loopback of its network is, waits for room, gives one
 * more, and tells the counters after each.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { NativeFanout } from '@pinhole/native';
import { descriptorOf } from './descriptor-of.ts';

const bound = async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
};
const [sender, receiver] = await Promise.all([bound(), bound()]);
const fanout = NativeFanout.open();
const viewer = fanout.openViewer({
  socket: fanout.openSocket(descriptorOf(sender)),
  address: '127.0.0.1',
  port: receiver.address().port,
  keys: { profile: 7, masterKey: new Uint8Array(16), masterSalt: new Uint8Array(12) },
  ssrc: 1,
  payloadType: 96,
});
const send = async (packets: number, firstIndex: number): Promise<void> => {
  const payloads = Array.from({ length: packets }, () => new Uint8Array(1100));
  viewer.send({ payloads, firstIndex, timestamp: 0, extension: new Uint8Array(0) });
  while (!fanout.idle) await wait(1);
};

for (let run = 0; run < 50; run++) await send(40, run * 40);
const { counters: full } = viewer;
let next = 2000;
do {
  await wait(20);
  await send(1, next++);
} while (viewer.counters.packetsSent === full.packetsSent && next < 2500);
process.stdout.write(`${JSON.stringify({ full, later: viewer.counters })}\n`);
fanout.close();
for (const socket of [sender, receiver]) socket.close();
