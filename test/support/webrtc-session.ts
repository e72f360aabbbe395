import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { micros, silentLogger } from '@pinhole/core';
import type { AccessUnit, ChannelViewer, MessagePipe, Peer, PeerEvent } from '@pinhole/engine';
import { createWeriftPeerFactory, type Fanout } from '@pinhole/outputs/webrtc';
import type { SharedPort } from '@pinhole/webrtc';
import { expect, vi } from 'vitest';
import { ClipCamera, encodeClip } from './clip.ts';
import { RtpViewer } from './rtp-viewer.ts';
import { testFanout } from './test-fanout.ts';

/** UTC. */
export const now = () => micros(Math.round((performance.timeOrigin + performance.now()) * 1000));

/** A viewer that is connected. */
export interface Session {
  readonly viewer: RtpViewer;
  readonly peer: Peer;
  readonly events: PeerEvent['kind'][];
  readonly channels: { readonly pipe: MessagePipe; readonly viewer: ChannelViewer }[];
}

/** What a test left open; see {@link undoAll}. */
export const undo: (() => unknown)[] = [];

/** A viewer that is connected, of the camera's stream; sent to by {@link testFanout} unless told otherwise. */
export async function openSession(
  camera: ClipCamera,
  {
    repairs,
    ...options
  }: { readonly fanout?: Fanout; readonly sharedPort?: SharedPort; readonly repairs?: 'rtx' } = {},
): Promise<Session> {
  const channels: Session['channels'] = [];
  const factory = createWeriftPeerFactory({
    fanout: testFanout(),
    ...options,
    now,
    log: silentLogger,
    onChannel: (pipe, viewer) => channels.push({ pipe, viewer }),
  });
  const viewer = new RtpViewer(repairs);
  const events: PeerEvent['kind'][] = [];
  const opened: Peer[] = [];
  await viewer.connect(async (offer) => {
    const peer = await factory.open({
      offer,
      stream: camera.stream,
      handle: ({ kind }) => events.push(kind),
    });
    opened.push(peer);
    return peer.answer;
  });
  const [peer] = opened;
  if (!peer) throw new Error('no peer');
  undo.push(
    () => peer.close(),
    () => viewer.close(),
  );
  await vi.waitFor(() => expect(events).toContain('connected'), { timeout: 5000 });
  return { viewer, peer, events, channels };
}

/** A camera that has made one picture. */
export const openCamera = (options?: { readonly answersKeyFrameRequests: true }): ClipCamera => {
  const camera = new ClipCamera(encodeClip({ seconds: 2, gop: 30 }), { now, ...options });
  undo.push(() => camera.stop());
  // Offers are answered once the parameter sets are known.
  camera.step();
  return camera;
};

/** Steps the camera so often, a few milliseconds apart. */
export async function stepTimes(camera: ClipCamera, times: number): Promise<AccessUnit[]> {
  const units: AccessUnit[] = [];
  for (let i = 0; i < times; i++) {
    units.push(camera.step());
    await wait(5);
  }
  return units;
}

/** Slices alone: parameter sets may be rewritten on the way, and delimiters are left out. */
export const slicesOf = (nals: Iterable<Uint8Array>): string[] =>
  [...nals]
    .filter((nal) => ((nal[0] ?? 0) & 0x1f) <= 5)
    .map((nal) => `${nal.byteLength} bytes, ${createHash('sha1').update(nal).digest('hex')}`);

/** Whole pictures that came. */
export const pictures = ({ packets }: RtpViewer): number => packets.filter(({ marker }) => marker).length;

/** The fan-out, but its first sender loses the packets at these places, the first time each is sent. */
export const losing = (fanout: Fanout, places: ReadonlySet<number>): Fanout => {
  let opened = 0;
  const open: Fanout['open'] = (options) => {
    let place = 0;
    const sender = fanout.open(options);
    if (opened++ > 0) return sender;
    return {
      send: (run) => {
        for (let position = 0; position < run.payloads.length; position++)
          if (!places.has(place++)) sender.resend(run, position);
        return 0;
      },
      resend: (run, position) => sender.resend(run, position),
      close: () => sender.close(),
    };
  };
  return { name: 'losing', open };
};

/** Its packets by sequence number. */
export const inOrder = ({ packets }: RtpViewer) =>
  packets.toSorted((a, b) => ((a.sequence - b.sequence) << 16) >> 16);

/** Sequence numbers missing between the first and the last. */
export function lostSequences(viewer: RtpViewer): number[] {
  const lost: number[] = [];
  let last: number | undefined;
  for (const { sequence } of inOrder(viewer)) {
    for (let next = ((last ?? sequence - 1) + 1) & 0xffff; next !== sequence; next = (next + 1) & 0xffff)
      lost.push(next);
    last = sequence;
  }
  return lost;
}

/** Places where the numbering jumps. */
export const gaps = ({ packets }: RtpViewer): number =>
  packets.slice(1).filter(({ sequence }, i) => sequence !== ((packets[i]?.sequence ?? 0) + 1) % 0x10000)
    .length;

/** Closes what the last test left open. */
export async function undoAll(): Promise<void> {
  for (const one of undo.splice(0)) await one();
}
