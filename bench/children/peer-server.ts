import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { micros, silentLogger } from '@pinhole/core';
import { type Peer, Stream } from '@pinhole/engine';
import {
  createWeriftPeerFactory,
  type OwnedFanout,
  openNativeFanout,
  typescriptFanout,
} from '@pinhole/outputs/webrtc';
import { PacketizedStream } from '../../packages/outputs/src/webrtc/packetized-stream.ts';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';
import { loopDelayCalls } from '../support/loop-delay.ts';

const LOOPBACK = '127.0.0.1';
const FANOUTS = {
  native: () => openNativeFanout(),
  TypeScript: (): OwnedFanout => ({ ...typescriptFanout, close: () => {} }),
} as const;

const now = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));
const peers = new Map<string, Peer>();
const stream = new Stream();
const stop = new AbortController();
let factory: ReturnType<typeof createWeriftPeerFactory> | undefined;
let fanout: OwnedFanout | undefined;

/** Answers offers as WHEP does, and does nothing else: what is measured is WebRTC. */
const server = createServer((request, response) => {
  const path = request.url ?? '';
  if (request.method === 'DELETE') {
    void peers.get(path)?.close();
    peers.delete(path);
    response.end();
    return;
  }
  void text(request).then(async (offer) => {
    const location = `/${randomUUID()}`;
    const peer = await factory?.open({ offer, stream, handle: () => {} });
    if (!peer) throw new Error('not opened');
    peers.set(location, peer);
    response.writeHead(201, { 'Content-Type': 'application/sdp', Location: location }).end(peer.answer);
  });
});

const calls = {
  ...loopDelayCalls,
  /** RTP time less capture time, in ticks of 90 kHz, modulo 2^32. */
  rtpOffset: (): number => {
    const { anchor } = PacketizedStream.of(stream);
    if (!anchor) throw new Error('nothing was sent yet');
    return (anchor.rtpTimestamp - Math.floor(anchor.captureTime * 0.09)) % 2 ** 32;
  },
  /** `rests`: one picture and no other, so that all the work is that of connecting. */
  open: async (options: {
    readonly path: string;
    readonly framesPerSecond: number;
    readonly fanout: keyof typeof FANOUTS;
    readonly camera: 'plays' | 'rests';
  }) => {
    fanout = FANOUTS[options.fanout]();
    factory = createWeriftPeerFactory({ fanout, hostAddresses: [LOOPBACK], now, log: silentLogger });
    const units = readClip(options.path);
    const source = new ClipSource({ units, framesPerSecond: options.framesPerSecond });
    const write: Parameters<ClipSource['start']>[0]['write'] = (unit) => {
      if (options.camera === 'plays' || unit.sequence === 0) stream.write(unit, now());
    };
    void source.start({ write, state: () => {} }, { signal: stop.signal });
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    return { url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/` };
  },
};

/** What this process does when asked. */
export type PeerServerCalls = typeof calls;

serveCalls(calls, async () => {
  stop.abort();
  for (const peer of peers.values()) await peer.close();
  fanout?.close();
  server.close();
});
