import { setTimeout as wait } from 'node:timers/promises';
import { nalUnits } from '@pinhole/media/h264';
import { H264Depacketizer, ntpToMicros, restoreFromRtx } from '@pinhole/media/rtp';
import { type OwnedFanout, openNativeFanout, typescriptFanout } from '@pinhole/outputs/webrtc';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { endViewers } from '../support/rtp-viewer.ts';
import { needs } from '../support/third-parties.ts';
import {
  gaps,
  inOrder,
  losing,
  lostSequences,
  openCamera,
  openSession,
  pictures,
  slicesOf,
  stepTimes,
  undoAll,
} from '../support/webrtc-session.ts';

/** All that sends. */
const FACES: readonly (readonly [string, () => OwnedFanout])[] = [
  ['TypeScript', () => ({ ...typescriptFanout, close: () => {} })],
  ['native code', openNativeFanout],
  // Pieces of three packets, a while apart.
  [
    'native code that spreads',
    () => openNativeFanout({ burstPackets: 3, spreadMicros: 4000, segments: 'off' }),
  ],
];
const { describe, it } = needs('ffmpeg', 'g++');

afterEach(undoAll);
afterAll(endViewers);

describe.each(FACES)('a viewer by libdatachannel, sent to by %s', (_name, open) => {
  let fanout: OwnedFanout;
  beforeAll(() => {
    fanout = open();
  });
  afterAll(() => fanout.close());

  it('gets every picture as the camera made it, from the cached key frame on', async () => {
    const camera = openCamera();
    const first = [...camera.stream.snapshotUnits()];
    const before = await stepTimes(camera, 9);

    const { viewer } = await openSession(camera, { fanout });
    const after = await stepTimes(camera, 40);
    const sent = [...first, ...before, ...after];
    const depacketizer = new H264Depacketizer();
    await vi.waitFor(() => expect(pictures(viewer)).toBe(50));
    const received = viewer.packets.flatMap((packet) => depacketizer.push(packet) ?? []);

    expect(received.map((unit) => slicesOf(unit.nalUnits))).toEqual(
      sent.map(({ data }) => slicesOf(nalUnits(data))),
    );
    expect(gaps(viewer)).toBe(0);
  });

  it('gets the packets again that were lost on the way', async () => {
    const camera = openCamera();
    const { viewer, peer } = await openSession(camera, { fanout: losing(fanout, new Set([3, 20, 21, 60])) });
    const [first] = camera.stream.snapshotUnits();
    const sent = [...(first ? [first] : []), ...(await stepTimes(camera, 25))];
    await vi.waitFor(() => expect(pictures(viewer)).toBeGreaterThanOrEqual(25));
    const lost = lostSequences(viewer);

    viewer.report({
      kind: 'nack',
      senderSsrc: 1,
      mediaSsrc: viewer.ssrc,
      sequences: [...lost, lost[0] ?? 0],
    });

    expect(lost).toHaveLength(4);
    await vi.waitFor(() => expect(lostSequences(viewer)).toEqual([]));
    const depacketizer = new H264Depacketizer();
    const received = inOrder(viewer).flatMap((packet) => depacketizer.push(packet));
    expect(received.map((unit) => slicesOf(unit.nalUnits))).toEqual(
      sent.map(({ data }) => slicesOf(nalUnits(data))),
    );
    expect(peer.stats()).toMatchObject({ nacksReceived: 1, packetsResent: 5 });
  });

  it('gets them in a stream of their own where it has one, each time by another number', async () => {
    const camera = openCamera();
    const { viewer, peer } = await openSession(camera, {
      fanout: losing(fanout, new Set([3, 20, 21, 60])),
      repairs: 'rtx',
    });
    const [first] = camera.stream.snapshotUnits();
    const sent = [...(first ? [first] : []), ...(await stepTimes(camera, 25))];
    await vi.waitFor(() => expect(pictures(viewer)).toBeGreaterThanOrEqual(25));
    const lost = lostSequences(viewer);
    expect(lost).toHaveLength(4);

    for (const sequences of [lost, lost.slice(0, 1)])
      viewer.report({ kind: 'nack', senderSsrc: 1, mediaSsrc: viewer.ssrc, sequences });

    await vi.waitFor(() => expect(viewer.repairs).toHaveLength(5));
    const { ssrc } = viewer;
    const [repair] = viewer.repairs;
    expect(repair?.ssrc).not.toBe(ssrc);
    const numbers = viewer.repairs.map(({ sequence }) => (sequence - (repair?.sequence ?? 0)) & 0xffff);
    expect(numbers).toEqual([0, 1, 2, 3, 4]);
    expect(lostSequences(viewer)).toEqual(lost);
    const restored = viewer.repairs.map((one) => restoreFromRtx(one, { ssrc, payloadType: 102 }));
    viewer.packets.push(...restored.slice(0, 4));
    const depacketizer = new H264Depacketizer();
    const received = inOrder(viewer).flatMap((packet) => depacketizer.push(packet));
    expect(received.map((unit) => slicesOf(unit.nalUnits))).toEqual(
      sent.map(({ data }) => slicesOf(nalUnits(data))),
    );
    expect(peer.stats()).toMatchObject({ nacksReceived: 2, packetsResent: 5 });
  });

  it('is not answered for packets that it never got, or too long ago', async () => {
    const camera = openCamera();
    const { viewer, peer } = await openSession(camera, { fanout });
    await stepTimes(camera, 3);
    await vi.waitFor(() => expect(pictures(viewer)).toBe(4));
    const [oldest] = viewer.packets;
    const before = ((oldest?.sequence ?? 0) + 0x10000 - 1) % 0x10000;
    await wait(1100);
    await stepTimes(camera, 1);

    viewer.report({
      kind: 'nack',
      senderSsrc: 1,
      mediaSsrc: viewer.ssrc,
      sequences: [before, oldest?.sequence ?? 0],
    });

    await vi.waitFor(() => expect(peer.stats().nacksReceived).toBe(1));
    expect(peer.stats().packetsResent).toBe(0);
  });

  it('reaches the encoder with its wish for a key frame', async () => {
    const camera = openCamera({ answersKeyFrameRequests: true });
    await stepTimes(camera, 5);
    const { viewer, peer } = await openSession(camera, { fanout });
    await stepTimes(camera, 40);
    await vi.waitFor(() => expect(viewer.packets).not.toEqual([]));
    const asked = camera.keyFramesRequested;
    await wait(600);

    viewer.report({ kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: viewer.ssrc });
    viewer.report({
      kind: 'full-intra-request',
      senderSsrc: 1,
      requests: [{ ssrc: viewer.ssrc, command: 1 }],
    });
    viewer.report({
      kind: 'full-intra-request',
      senderSsrc: 1,
      requests: [{ ssrc: viewer.ssrc, command: 1 }],
    });

    await vi.waitFor(() => expect(peer.stats().keyFramesRequested).toBe(2));
    expect(camera.keyFramesRequested).toBe(asked + 1);
  });

  it('gets the cached GOP once more when the camera makes no key frame on request', async () => {
    const camera = openCamera();
    const { viewer } = await openSession(camera, { fanout });
    await stepTimes(camera, 10);
    await vi.waitFor(() => expect(pictures(viewer)).toBe(11));
    const wish = { kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: viewer.ssrc } as const;

    viewer.report(wish); // too soon after the first replay
    await wait(2100);
    viewer.report(wish);
    viewer.report(wish); // too soon again
    await vi.waitFor(() => expect(pictures(viewer)).toBe(22));
    await stepTimes(camera, 3);
    await vi.waitFor(() => expect(pictures(viewer)).toBe(25));

    const stamps = viewer.packets.filter(({ marker }) => marker).map(({ timestamp }) => timestamp);
    expect(stamps.every((stamp, i) => i === 0 || ((stamp - (stamps[i - 1] ?? 0)) | 0) > 0)).toBe(true);
    expect(gaps(viewer)).toBe(0);
  });

  it('learns from sender reports when a picture was captured', async () => {
    const camera = openCamera();
    const { viewer } = await openSession(camera, { fanout });
    const [first] = camera.stream.snapshotUnits();
    const units = [...(first ? [first] : []), ...(await stepTimes(camera, 40))];
    await vi.waitFor(() => expect(pictures(viewer)).toBe(41));
    const report = await vi.waitFor(() => {
      const found = viewer.rtcp.find(({ kind }) => kind === 'sender-report');
      if (found?.kind !== 'sender-report') throw new Error('no report yet');
      return found;
    });
    const stamps = [...new Set(viewer.packets.map(({ timestamp }) => timestamp))];
    const captured = stamps.map(
      (stamp) => ntpToMicros(report.ntp) + (((stamp - report.rtpTimestamp) | 0) * 100) / 9,
    );

    expect(captured).toHaveLength(units.length);
    for (const [i, unit] of units.entries()) {
      expect(Math.abs((captured[i] ?? 0) - unit.captureTime)).toBeLessThan(100);
    }
    expect(viewer.rtcp).toContainEqual(
      expect.objectContaining({
        kind: 'source-description',
        sources: [{ ssrc: viewer.ssrc, cname: expect.any(String) }],
      }),
    );
  });

  it('sees no gap in the numbering after pictures were left out for it', async () => {
    const camera = openCamera();
    const { viewer, channels } = await openSession(camera, { fanout });
    await vi.waitFor(() => expect(channels).toHaveLength(1));
    await stepTimes(camera, 10);

    channels[0]?.viewer.pause();
    await stepTimes(camera, 30);
    channels[0]?.viewer.resume();
    await stepTimes(camera, 5);

    // Eleven, then the GOP that began meanwhile (pictures 30 to 40), then five.
    await vi.waitFor(() => expect(pictures(viewer)).toBe(11 + 11 + 5));
    expect(gaps(viewer)).toBe(0);
  });

  it('talks on the data channel', async () => {
    const camera = openCamera();
    const { viewer, channels, events } = await openSession(camera, { fanout });
    await vi.waitFor(() => expect(channels).toHaveLength(1));
    channels[0]?.pipe.subscribe((text) => channels[0]?.pipe.send(`heard ${text}`));

    viewer.channel.sendMessage('hello');

    await vi.waitFor(() => expect(viewer.messages).toEqual(['heard hello']));
    expect(events).toContain('heard');
  });

  it('is known to have left when it says goodbye, with its connection still there', async () => {
    const camera = openCamera();
    const { viewer, peer, events } = await openSession(camera, { fanout });
    await stepTimes(camera, 3);
    await vi.waitFor(() => expect(pictures(viewer)).toBe(4));
    expect(events).not.toContain('left');

    viewer.report({ kind: 'receiver-report', ssrc: 1, reports: [] }, { kind: 'bye', ssrcs: [1] });

    await vi.waitFor(() => expect(events.at(-1)).toBe('left'));
    expect(viewer.states).not.toContain('closed');
    expect(peer.stats().rtcpMalformed).toBe(0);
  });

  it('is known to have left when it closes', async () => {
    const { viewer, events } = await openSession(openCamera(), { fanout });
    await wait(50);

    viewer.close();

    await vi.waitFor(() => expect(events.at(-1)).toBe('left'));
  });

  it('is told when we close', async () => {
    const camera = openCamera();
    const { viewer, peer, channels } = await openSession(camera, { fanout });
    await stepTimes(camera, 3);
    await vi.waitFor(() => expect(viewer.packets).not.toEqual([]));
    await vi.waitFor(() => expect(channels).toHaveLength(1));
    const closed = vi.fn<() => void>();
    channels[0]?.pipe.closed(closed);

    await peer.close();
    await peer.close();

    await vi.waitFor(() => expect(viewer.rtcp.at(-1)?.kind).toBe('bye'));
    await vi.waitFor(() => expect(viewer.states).toContain('closed'));
    expect(closed).toHaveBeenCalledOnce();
    expect(channels[0]?.pipe.send('too late')).toBe(false);
    expect(camera.stream.readers).toBe(0);
  });
});
