import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { nalUnits } from '@pinhole/media/h264';
import { packetizeH264 } from '@pinhole/media/rtp';
import {
  MediaStreamTrack,
  RTCPeerConnection,
  type RTCRtpSender,
  RtpHeader,
  RtpPacket,
  useH264,
} from 'werift';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';
import { loopDelayCalls } from '../support/loop-delay.ts';

const FRAME_TICKS = 3000;
const LOOPBACK = '127.0.0.1';

interface Viewer {
  readonly peer: RTCPeerConnection;
  readonly sender: RTCRtpSender;
  sequence: number;
}

const viewers = new Map<string, Viewer>();
const stop = new AbortController();
const server = createServer((request, response) => {
  if (request.method === 'DELETE') {
    leave(request.url ?? '');
    response.end();
    return;
  }
  const location = `/${randomUUID()}`;
  const headers = { 'Content-Type': 'application/sdp', Location: location };
  void answer(request, location).then((sdp) => response.writeHead(201, headers).end(sdp));
});

/** Answers an offer by werift as its own examples do. */
async function answer(request: IncomingMessage, location: string): Promise<string> {
  const peer = new RTCPeerConnection({
    codecs: { video: [useH264()] },
    iceServers: [],
    iceAdditionalHostAddresses: [LOOPBACK],
    iceInterfaceAddresses: { udp4: LOOPBACK },
  });
  const { sender } = peer.addTransceiver(new MediaStreamTrack({ kind: 'video' }), { direction: 'sendonly' });
  peer.connectionStateChange.subscribe((state) => {
    if (state === 'connected') viewers.set(location, { peer, sender, sequence: 0 });
  });
  await peer.setRemoteDescription({ type: 'offer', sdp: await text(request) });
  await peer.setLocalDescription(await peer.createAnswer());
  const lines = (peer.localDescription?.sdp ?? '').split('\r\n');
  // All sockets are bound to loopback, whatever werift tells of them.
  return lines.filter((line) => !line.startsWith('a=candidate') || line.includes(LOOPBACK)).join('\r\n');
}

function leave(location: string): void {
  void viewers.get(location)?.peer.close();
  viewers.delete(location);
}

const calls = {
  ...loopDelayCalls,
  /** Packetizes as Pinhole does, and sends by `RTCRtpSender.sendRtp`. */
  open: async (clip: { readonly path: string; readonly framesPerSecond: number }) => {
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    const source = new ClipSource({ units: readClip(clip.path), framesPerSecond: clip.framesPerSecond });
    const write: Parameters<ClipSource['start']>[0]['write'] = ({ data, sequence: frame }) => {
      const payloads = packetizeH264([...nalUnits(data)]).map((payload) => Buffer.from(payload));
      for (const viewer of viewers.values()) {
        payloads.forEach((payload, i) => {
          const header = new RtpHeader({
            payloadType: 102,
            sequenceNumber: viewer.sequence,
            timestamp: frame * FRAME_TICKS,
            marker: i === payloads.length - 1,
          });
          viewer.sequence = (viewer.sequence + 1) % 0x10000;
          void viewer.sender.sendRtp(new RtpPacket(header, payload));
        });
      }
    };
    void source.start({ write, state: () => {} }, { signal: stop.signal });
    return { url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/` };
  },
};

/** What this process does when asked. */
export type WeriftServerCalls = typeof calls;

serveCalls(calls, () => {
  stop.abort();
  for (const location of viewers.keys()) leave(location);
  server.close();
});
