import { randomBytes } from 'node:crypto';
import { micros } from '@pinhole/core';
import { Stream } from '@pinhole/engine';
import { type OwnedFanout, openNativeFanout, SRTP_PROFILE, typescriptFanout } from '@pinhole/outputs/webrtc';
import { SentMedia } from '../../packages/outputs/src/webrtc/sent-media.ts';
import { UdpSocket } from '../../packages/webrtc/src/udp-socket.ts';
import { serveCalls } from '../support/child.ts';
import { readClip } from '../support/clip.ts';
import { ClipSource } from '../support/clip-source.ts';
import { loopDelayCalls } from '../support/loop-delay.ts';

const LOOPBACK = '127.0.0.1';
const EXTENSION_IDS = { absCaptureTime: 1, transportSequence: 2, playoutDelay: 3, mid: 4 } as const;
const MSID = { stream: 'bench', video: 'video', audio: 'audio' } as const;

interface Viewer {
  readonly socket: UdpSocket;
  readonly sent: SentMedia;
}

const now = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));
const stream = new Stream();
const stop = new AbortController();
const viewers: Viewer[] = [];
let fanout: OwnedFanout | undefined;

const FANOUTS = {
  native: () => openNativeFanout(),
  'native, no segments': () => openNativeFanout({ segments: 'off' }),
  TypeScript: (): OwnedFanout => ({ ...typescriptFanout, close: () => {} }),
} as const;

/** What sends. */
export type SendingFanout = keyof typeof FANOUTS;

async function openViewer(port: number, index: number): Promise<Viewer> {
  if (!fanout) throw new Error('not opened');
  const socket = await UdpSocket.open(LOOPBACK);
  const { descriptor } = socket;
  if (descriptor === undefined) throw new Error('a socket without a descriptor');
  const sent = new SentMedia({
    stream,
    fanout,
    keys: { profile: SRTP_PROFILE.aeadAes128Gcm, masterKey: randomBytes(16), masterSalt: randomBytes(12) },
    path: {
      send: (datagram) => socket.send(datagram, LOOPBACK, port),
      get queuedBytes() {
        return socket.queuedBytes();
      },
      direct: { descriptor, host: LOOPBACK, port },
    },
    tracks: {
      cname: 'bench',
      videoSsrc: 2 * index + 2,
      audioSsrc: 2 * index + 3,
      rtxSsrc: 2 ** 31 + index,
      msid: MSID,
    },
    now,
  });
  sent.send({ video: { mid: '0', payloadType: 102, extensionIds: EXTENSION_IDS, sends: true } });
  return { socket, sent };
}

async function closeViewer({ socket, sent }: Viewer): Promise<void> {
  sent.close();
  await socket.close();
}

const calls = {
  ...loopDelayCalls,
  /** Plays a clip, from memory and without end, to nobody yet. */
  open: (options: {
    readonly path: string;
    readonly framesPerSecond: number;
    readonly fanout: SendingFanout;
  }): void => {
    fanout = FANOUTS[options.fanout]();
    const source = new ClipSource({
      units: readClip(options.path),
      framesPerSecond: options.framesPerSecond,
    });
    void source.start(
      { write: (unit) => stream.write(unit, now()), state: () => {} },
      { signal: stop.signal },
    );
  },
  /** Sends to these ports and no others, from the next key frame on. */
  sendTo: async (ports: readonly number[]): Promise<void> => {
    for (const viewer of viewers.splice(ports.length)) await closeViewer(viewer);
    // Nobody catches up: what is measured is the pace of the camera.
    stream.restart();
    for (const port of ports.slice(viewers.length)) viewers.push(await openViewer(port, viewers.length));
  },
};

/** What this process does when asked. */
export type SendingServerCalls = typeof calls;

serveCalls(calls, async () => {
  stop.abort();
  for (const viewer of viewers) await closeViewer(viewer);
  fanout?.close();
});
