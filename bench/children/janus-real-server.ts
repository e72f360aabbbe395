import { createSocket } from 'node:dgram';
import { nalUnits } from '@pinhole/media/h264';
import { freeUdpPort } from '../../test/support/free-udp-port.ts';
import { type RealJanus, startRealJanus } from '../../test/support/real-janus.ts';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';
import { PlainPacketizer } from '../support/plain-packetizer.ts';

const LOOPBACK = '127.0.0.1';
const PAYLOAD_TYPE = 96;
const stop = new AbortController();
const feed = createSocket('udp4');
let janus: RealJanus | undefined;

const calls = {
  /** Starts Debian's Janus with one stream, 1, and feeds that with a clip by RTP. The process to watch is Janus's. */
  open: async (clip: { readonly path: string; readonly framesPerSecond: number }) => {
    const port = await freeUdpPort();
    const medium = `{ type = "video" mid = "v" port = ${port} pt = ${PAYLOAD_TYPE} codec = "h264" fmtp = "profile-level-id=42e01f;packetization-mode=1" }`;
    janus = await startRealJanus({
      plugins: ['libjanus_streaming.so'],
      files: {
        'janus.plugin.streaming.jcfg': `clip: { type = "rtp" id = 1 media = (${medium}) }\n`,
      },
    });
    const packetizer = new PlainPacketizer({ ssrc: 1234, payloadType: PAYLOAD_TYPE });
    const source = new ClipSource({ units: readClip(clip.path), framesPerSecond: clip.framesPerSecond });
    const write: Parameters<ClipSource['start']>[0]['write'] = ({ data, captureTime }) => {
      for (const packet of packetizer.packets([...nalUnits(data)], captureTime))
        feed.send(packet, port, LOOPBACK);
    };
    void source.start({ write, state: () => {} }, { signal: stop.signal });
    return { url: janus.webSocketUrl, pid: janus.pid };
  },
};

/** What this process does when asked. */
export type JanusRealServerCalls = typeof calls;

serveCalls(calls, async () => {
  stop.abort();
  feed.close();
  await janus?.dispose();
});
