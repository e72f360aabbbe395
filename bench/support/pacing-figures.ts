import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { nalUnits } from '@pinhole/media/h264';
import { packetizeH264 } from '@pinhole/media/rtp';
import { NativeFanout } from '@pinhole/native';
import { descriptorOf } from '../../test/support/descriptor-of.ts';
import { CAMERA_CLIP, clipFile, readClip } from './clip.ts';
import type { BenchContext, Figure } from './figure.ts';
import { lostOnLinks } from './lost-on-links.ts';
import { pause } from './machine.ts';
import { median, quantile } from './statistics.ts';
import { openUdpReceivers, type UdpReceivers } from './udp-receivers.ts';

/** Packets of a key frame that leave at once; the last: all of them. */
const BURSTS = [16, 32, 64, 4096];

const KEY_FRAMES = 20;
const FRAME_MS = 1000 / CAMERA_CLIP.framesPerSecond;
/** What a socket has to tell: it was sent over that many frames before. */
const FRAMES_BEFORE = 3;

/**
 * How long key frames take, and how many of their packets are lost before a narrow link, by how many leave at once. What
 * is lost is left out where there can be no such link.
 */
export async function pacingFigures(context: BenchContext): Promise<readonly Figure[]> {
  const receivers = openUdpReceivers(context);
  const payloads = keyFrame();
  const lost = await lostOnLinks(context, { payloads, count: KEY_FRAMES, bursts: BURSTS });
  const figures: Figure[] = [];
  for (const [i, burstPackets] of BURSTS.entries()) {
    const arrivals = await arrivalsOf(payloads, { burstPackets, receivers });
    const name =
      burstPackets > payloads.length
        ? `key frames of ${payloads.length} packets, all at once`
        : `key frames of ${payloads.length} packets, ${burstPackets} at once`;
    const spans = arrivals.map((times) => ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000);
    figures.push({ name, measure: 'takes p50', value: median(spans), unit: 'ms' });
    figures.push({ name, measure: 'takes p99', value: quantile(spans, 0.99), unit: 'ms' });
    for (const { link, percents } of lost) {
      figures.push({ name, measure: `lost: ${link}`, value: percents[i] ?? Number.NaN, unit: '%' });
    }
  }
  return figures;
}

/** The largest of the clip. */
function keyFrame(): readonly Uint8Array[] {
  const keys = readClip(clipFile(CAMERA_CLIP)).filter(({ key }) => key);
  const largest = keys.toSorted((a, b) => b.data.byteLength - a.data.byteLength)[0];
  if (!largest) throw new Error('a clip without a key frame');
  return packetizeH264([...nalUnits(largest.data)]);
}

/** When each packet of each key frame came, in microseconds of the kernel's clock. */
async function arrivalsOf(
  payloads: readonly Uint8Array[],
  { burstPackets, receivers }: { readonly burstPackets: number; readonly receivers: UdpReceivers },
): Promise<readonly (readonly number[])[]> {
  const socket = await bound();
  const { number, viewerPort } = await receivers.relay('no RTP');
  await receivers.keepTimes(number);
  const fanout = NativeFanout.open({ burstPackets });
  const viewer = fanout.openViewer({
    socket: fanout.openSocket(descriptorOf(socket)),
    address: '127.0.0.1',
    port: viewerPort,
    keys: { profile: 7, masterKey: new Uint8Array(16), masterSalt: new Uint8Array(12) },
    ssrc: 1,
    payloadType: 102,
  });
  const extension = new Uint8Array(0);
  let firstIndex = 1;
  let timestamp = 0;
  const send = (packets: readonly Uint8Array[]): void => {
    timestamp += 90_000 / CAMERA_CLIP.framesPerSecond;
    viewer.send({ payloads: packets, firstIndex, timestamp, extension });
    firstIndex += packets.length;
  };
  const [first = new Uint8Array(1)] = payloads;
  const arrivals: (readonly number[])[] = [];
  for (let i = 0; i < KEY_FRAMES; i++) {
    for (let before = 0; before < FRAMES_BEFORE; before++) {
      send([first]);
      await pause(FRAME_MS);
    }
    await receivers.times();
    send(payloads);
    await pause(3 * FRAME_MS);
    arrivals.push(await receivers.times());
  }
  fanout.close();
  socket.close();
  return arrivals;
}

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
