import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { nalUnits } from '@pinhole/media/h264';
import nodeDataChannel, { type PeerConnection, type Track } from 'node-datachannel';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';
import { loopDelayCalls } from '../support/loop-delay.ts';
import { PlainPacketizer } from '../support/plain-packetizer.ts';

const LOOPBACK = '127.0.0.1';
const SSRC = 1234;

interface Viewer {
  readonly connection: PeerConnection;
  readonly track: Track;
}

const viewers = new Map<string, Viewer>();
const stop = new AbortController();
const server = createServer((request, response) => {
  const path = request.url ?? '';
  if (request.method === 'DELETE') {
    viewers.get(path)?.connection.close();
    viewers.delete(path);
    response.end();
    return;
  }
  const location = `/${randomUUID()}`;
  const headers = { 'Content-Type': 'application/sdp', Location: location };
  void text(request)
    .then((offer) => answer(offer, location))
    .then((sdp) => response.writeHead(201, headers).end(sdp));
});

/** Answers an offer by libdatachannel. */
function answer(offer: string, location: string): Promise<string> {
  const connection = new nodeDataChannel.PeerConnection(location, {
    iceServers: [],
    bindAddress: LOOPBACK,
    disableAutoNegotiation: true,
  });
  const video = new nodeDataChannel.Video('0', 'SendOnly');
  video.addH264Codec(102, 'profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1');
  video.addSSRC(SSRC, 'bench');
  const described = new Promise<string>((resolve) => {
    connection.onGatheringStateChange((state) => {
      if (state === 'complete') resolve(connection.localDescription()?.sdp ?? '');
    });
  });
  viewers.set(location, { connection, track: connection.addTrack(video) });
  // As the one who waits: a viewer by libdatachannel fails when the peer's DTLS beats the answer.
  connection.setRemoteDescription(offer.replaceAll('a=setup:actpass', 'a=setup:active'), 'offer');
  connection.setLocalDescription('answer');
  return described;
}

const calls = {
  /** RTP time less capture time, in ticks of 90 kHz. */
  rtpOffset: (): number => 0,
  ...loopDelayCalls,
  /** Packetizes once for all viewers, and hands each packet to the native track of each. */
  open: async (clip: { readonly path: string; readonly framesPerSecond: number }) => {
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    const packetizer = new PlainPacketizer({ ssrc: SSRC, payloadType: 102 });
    const source = new ClipSource({ units: readClip(clip.path), framesPerSecond: clip.framesPerSecond });
    const write: Parameters<ClipSource['start']>[0]['write'] = ({ data, captureTime }) => {
      const packets = packetizer.packets([...nalUnits(data)], captureTime);
      for (const { track } of viewers.values()) {
        if (!track.isOpen()) continue;
        for (const packet of packets) track.sendMessageBinary(packet);
      }
    };
    void source.start({ write, state: () => {} }, { signal: stop.signal });
    return { url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/` };
  },
};

/** What this process does when asked. */
export type DatachannelServerCalls = typeof calls;

serveCalls(calls, () => {
  stop.abort();
  for (const { connection } of viewers.values()) connection.close();
  server.close();
  nodeDataChannel.cleanup();
});
