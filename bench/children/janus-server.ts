import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { nalUnits } from '@pinhole/media/h264';
import { type RealJanus, startRealJanus } from '../../test/support/real-janus.ts';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';
import { PlainPacketizer } from '../support/plain-packetizer.ts';

const LOOPBACK = '127.0.0.1';
const MOUNTPOINT = 1;
const stop = new AbortController();
const feed = createSocket('udp4');
let janus: RealJanus | undefined;
let transactions = 0;

/** What Janus says, as far as it is read here. */
interface Reply {
  readonly janus: string;
  readonly data?: { readonly id: number };
  readonly jsep?: { readonly sdp: string };
  readonly plugindata?: { readonly data: unknown };
}

/** The other way round than WHEP, as Janus has it: POST gets an offer and where the answer goes by PATCH. */
const server = createServer((request, response) => {
  const path = request.url ?? '';
  const failed = (error: unknown) => response.writeHead(500).end(String(error));
  if (request.method === 'DELETE') {
    const [session = ''] = path.split('/').filter((part) => part !== '');
    void ask(`/${session}`, { janus: 'destroy' }).finally(() => response.end());
  } else if (request.method === 'PATCH') {
    void text(request)
      .then((sdp) => start(path, sdp))
      .then(() => response.writeHead(204).end())
      .catch(failed);
  } else {
    void watch()
      .then(({ handle, offer }) =>
        response.writeHead(201, { 'Content-Type': 'application/sdp', Location: handle }).end(offer),
      )
      .catch(failed);
  }
});

async function ask(path: string, message: Record<string, unknown>): Promise<Reply> {
  const body = JSON.stringify({ ...message, transaction: `t${++transactions}` });
  const response = await fetch(`${janus?.httpUrl}${path}`, { method: 'POST', body });
  return (await response.json()) as Reply;
}

async function watch(): Promise<{ readonly handle: string; readonly offer: string }> {
  const session = `/${(await ask('', { janus: 'create' })).data?.id}`;
  const plugin = 'janus.plugin.streaming';
  const handle = `${session}/${(await ask(session, { janus: 'attach', plugin })).data?.id}`;
  await ask(handle, { janus: 'message', body: { request: 'watch', id: MOUNTPOINT } });
  for (;;) {
    const event = (await (await fetch(`${janus?.httpUrl}${session}?maxev=1`)).json()) as Reply;
    if (event.jsep) return { handle, offer: event.jsep.sdp };
    if (event.janus === 'event') throw new Error(JSON.stringify(event.plugindata));
  }
}

async function start(handle: string, sdp: string): Promise<void> {
  await ask(handle, { janus: 'message', body: { request: 'start' }, jsep: { type: 'answer', sdp } });
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

const calls = {
  /** Janus begins RTP time anew for each viewer: nobody can tell when what arrives was taken. */
  rtpOffset: (): undefined => undefined,
  /** Starts Janus with one mountpoint, and feeds that with a clip by RTP. The process to watch is Janus's. */
  open: async (clip: { readonly path: string; readonly framesPerSecond: number }) => {
    const port = await freePort();
    const medium = `{ type = "video" mid = "v" port = ${port} pt = 102 codec = "h264" fmtp = "profile-level-id=42e01f;packetization-mode=1" }`;
    janus = await startRealJanus({
      plugins: ['libjanus_streaming.so'],
      general: ['session_timeout = 0'],
      files: {
        'janus.plugin.streaming.jcfg': `clip: { type = "rtp" id = ${MOUNTPOINT} media = (${medium}) }\n`,
      },
    });
    const packetizer = new PlainPacketizer({ ssrc: 1234, payloadType: 102 });
    const source = new ClipSource({ units: readClip(clip.path), framesPerSecond: clip.framesPerSecond });
    const write: Parameters<ClipSource['start']>[0]['write'] = ({ data, captureTime }) => {
      for (const packet of packetizer.packets([...nalUnits(data)], captureTime))
        feed.send(packet, port, LOOPBACK);
    };
    void source.start({ write, state: () => {} }, { signal: stop.signal });
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    const url = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}/`;
    return { url, pid: janus.pid };
  },
};

/** What this process does when asked. */
export type JanusServerCalls = typeof calls;

serveCalls(calls, async () => {
  stop.abort();
  server.close();
  feed.close();
  await janus?.dispose();
});
