import { type Micros, micros, silentLogger } from '@pinhole/core';
import type { Peer, SubStream } from '@pinhole/engine';
import { nalUnits } from '@pinhole/media/h264';
import {
  H264Depacketizer,
  parseAbsCaptureTime,
  parseExtensionElements,
  parseTransportSequence,
  type RtpPacket,
} from '@pinhole/media/rtp';
import {
  createWeriftPeerFactory,
  type OwnedFanout,
  openNativeFanout,
  typescriptFanout,
} from '@pinhole/outputs/webrtc';
import { afterAll, afterEach, expect, vi } from 'vitest';
import { ClipCamera, encodeClip } from '../support/clip.ts';
import { endViewers, RtpViewer } from '../support/rtp-viewer.ts';
import { needs } from '../support/third-parties.ts';
import { gaps, now, slicesOf, undo, undoAll } from '../support/webrtc-session.ts';

const { describe, it } = needs('ffmpeg', 'g++');

afterEach(undoAll);
afterAll(endViewers);

const TRANSPORT_ID = 4;
const CAPTURE_ID = 12;

/** libdatachannel takes header extensions as they come, and offers none. */
const withExtensions = (offer: string): string =>
  offer.replace(
    'a=rtcp-mux',
    `a=extmap:${TRANSPORT_ID} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n` +
      `a=extmap:${CAPTURE_ID} http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time\r\na=rtcp-mux`,
  );

const elementOf = ({ extension }: RtpPacket, id: number): Uint8Array => {
  const found = extension && parseExtensionElements(extension).find((element) => element.id === id);
  if (!found) throw new Error(`no extension ${id}`);
  return found.value;
};

/** Says every 50 ms when packets came, later and later by `lateBy` milliseconds a second. */
function reportArrivals(viewer: RtpViewer, lateBy: () => number): void {
  let told = 0;
  let feedbackCount = 0;
  let late = 0;
  const timer = setInterval(() => {
    late += lateBy() / 20;
    const fresh = viewer.packets.slice(told);
    told = viewer.packets.length;
    const numbers = fresh.map((packet) => parseTransportSequence(elementOf(packet, TRANSPORT_ID)));
    const [first] = numbers;
    if (first === undefined) return;
    const arrival = (i: number): Micros => micros(Math.round(performance.now() + late) * 1000 + i * 250);
    viewer.report({
      kind: 'transport-cc',
      senderSsrc: 1,
      mediaSsrc: viewer.ssrc,
      feedbackCount: feedbackCount++ & 0xff,
      firstSequence: first,
      packetCount: numbers.length,
      received: numbers.map((sequence, i) => ({ sequence, arrival: arrival(i) })),
    });
  }, 50);
  undo.push(() => clearInterval(timer));
}

function openCameras() {
  const [main, small] = ['640x360', '320x180'].map(
    (size) => new ClipCamera(encodeClip({ size, seconds: 1, gop: 15 }), { now }),
  );
  if (!main || !small) throw new Error('no cameras');
  const held = { now: 0, ever: 0 };
  const sub: SubStream = {
    stream: small.stream,
    acquire: () => {
      if (held.now++ === 0) small.play();
      held.ever++;
      return () => {
        if (--held.now === 0) small.stop();
      };
    },
  };
  undo.push(
    () => main.stop(),
    () => small.stop(),
  );
  main.play();
  return { main, small, sub, held };
}

describe.each<[string, () => OwnedFanout]>([
  ['TypeScript', () => ({ ...typescriptFanout, close: () => {} })],
  ['native code', openNativeFanout],
])('a viewer that says how late packets come, sent to by %s', (_name, open) => {
  it('gets the sub stream in the same stream of packets, and time goes on', async () => {
    const fanout = open();
    undo.push(() => fanout.close());
    const { main, small, sub, held } = openCameras();
    const factory = createWeriftPeerFactory({ fanout, now, log: silentLogger });
    const viewer = new RtpViewer();
    let peer: Peer | undefined;
    await viewer.connect(async (offer) => {
      peer = await factory.open({ offer: withExtensions(offer), stream: main.stream, sub, handle: () => {} });
      return peer.answer;
    });
    undo.unshift(
      () => peer?.close(),
      () => viewer.close(),
    );
    const fromSub: string[][] = [];
    small.stream.attach(
      { pressure: 0, write: ({ data }) => fromSub.push(slicesOf(nalUnits(data))) },
      { now },
    );
    reportArrivals(viewer, () => (peer?.stats().delivery?.stream === 'sub' ? 0 : 1000));

    await vi.waitFor(() => expect(peer?.stats().delivery).toMatchObject({ stream: 'sub', why: 'queue' }), {
      timeout: 15_000,
    });
    const before = viewer.packets.length;
    await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(before + 40), { timeout: 5000 });

    const packets = [...viewer.packets];
    expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(gaps(viewer)).toBe(0);
    const captured = packets.map(
      (packet) => parseAbsCaptureTime(elementOf(packet, CAPTURE_ID)).captureTime / 1000,
    );
    const shown = packets.map(({ timestamp }) => ((timestamp - (packets[0]?.timestamp ?? 0)) | 0) / 90);
    const apart = captured.map((ms, i) => Math.abs(ms - (captured[0] ?? 0) - (shown[i] ?? 0)));
    expect(Math.max(...apart)).toBeLessThan(2);

    const depacketizer = new H264Depacketizer();
    const units = packets
      .flatMap((packet) => depacketizer.push(packet))
      .map((unit) => slicesOf(unit.nalUnits));
    const first = units.findIndex((unit) => fromSub.some((one) => String(one) === String(unit)));
    expect(first).toBeGreaterThan(30);
    const at = fromSub.findIndex((one) => String(one) === String(units[first]));
    expect(units.slice(first)).toEqual(fromSub.slice(at, at + units.length - first));

    const sequences = [packets.at(-2)?.sequence ?? 0];
    viewer.report({ kind: 'nack', senderSsrc: 1, mediaSsrc: viewer.ssrc, sequences });
    await vi.waitFor(() => expect(peer?.stats()).toMatchObject({ packetsResent: 1, streamSwitches: 1 }));
    await peer?.close();
    expect(held).toEqual({ now: 0, ever: 1 });
  });
});
