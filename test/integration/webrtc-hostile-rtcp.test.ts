import { serializeRtcp, type WritableRtcp } from '@pinhole/media/rtp';
import { type OwnedFanout, openNativeFanout, typescriptFanout } from '@pinhole/outputs/webrtc';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { seededRandom } from '../support/fuzz-sdp.ts';
import { endViewers } from '../support/rtp-viewer.ts';
import { needs } from '../support/third-parties.ts';
import { gaps, openCamera, openSession, pictures, stepTimes, undoAll } from '../support/webrtc-session.ts';

const { describe, it } = needs('ffmpeg', 'g++');
const COMPOUNDS = 600;

afterEach(undoAll);
afterAll(endViewers);

/** What a viewer may say, and then, from the same numbers in every run, what none would. */
function* hostile(ssrc: number): Generator<Uint8Array> {
  const random = seededRandom(23);
  const whole = (below: number): number => Math.floor(random() * below);
  const words: readonly WritableRtcp[] = [
    { kind: 'receiver-report', ssrc: 1, reports: [] },
    { kind: 'nack', senderSsrc: 1, mediaSsrc: ssrc, sequences: [1, 2, 3, 40_000, 65_535] },
    { kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: ssrc },
    { kind: 'source-description', sources: [{ ssrc: 1, cname: 'viewer' }] },
  ];
  for (let i = 0; i < COMPOUNDS; i++) {
    const chosen = Array.from({ length: 1 + whole(4) }, () => words[whole(words.length)] ?? words[0]);
    let bytes = serializeRtcp(chosen.filter((one) => one !== undefined));
    for (let times = 1 + whole(4); times > 0; times--) {
      const at = whole(bytes.byteLength);
      const kind = whole(4);
      if (kind === 0) bytes[at] = whole(256);
      else if (kind === 1 && at >= 8) bytes = bytes.slice(0, at);
      else if (kind === 2) bytes.fill(0xff, at, at + whole(8));
      else if (bytes.byteLength > 4) bytes[3] = whole(256); // the length of the first packet
    }
    // What is no RTCP by its first bytes the viewer's own library would not send as such.
    bytes[0] = 0x80 | ((bytes[0] ?? 0) & 0x3f);
    bytes[1] = 200 + whole(8);
    yield bytes.byteLength < 8 ? new Uint8Array([0x80, 201, 0, 1, 0, 0, 0, 1]) : bytes;
  }
}

describe.each<readonly [string, () => OwnedFanout]>([
  ['TypeScript', () => ({ ...typescriptFanout, close: () => {} })],
  ['native code', () => openNativeFanout()],
])('signed RTCP that makes no sense, to %s', (_name, open) => {
  let fanout: OwnedFanout;
  beforeAll(() => {
    fanout = open();
  });
  afterAll(() => fanout.close());

  it('is counted, costs nobody else a picture, and the viewer that sends it no more than its due', async () => {
    const camera = openCamera();
    const good = await openSession(camera, { fanout });
    const bad = await openSession(camera, { fanout });
    await stepTimes(camera, 5);
    await vi.waitFor(() => expect(pictures(bad.viewer)).toBe(6));

    let sent = 0;
    for (const bytes of hostile(bad.viewer.ssrc)) {
      bad.viewer.reportRaw(bytes);
      if (++sent % 20 === 0) await stepTimes(camera, 1);
    }

    await vi.waitFor(() => expect(pictures(good.viewer)).toBe(6 + COMPOUNDS / 20), { timeout: 5000 });
    expect(gaps(good.viewer)).toBe(0);
    await vi.waitFor(() => expect(bad.peer.stats().rtcpMalformed).toBeGreaterThan(COMPOUNDS / 20));
    expect(good.peer.stats()).toMatchObject({ rtcpMalformed: 0, packetsResent: 0, sendFailures: 0 });
    expect(good.events.filter((kind) => kind === 'left' || kind === 'failed')).toEqual([]);
    expect(bad.peer.stats().packetsResent).toBeLessThanOrEqual(
      Math.max(500, bad.peer.stats().packetsSent) * 2,
    );

    const before = pictures(good.viewer);
    await stepTimes(camera, 10);
    await vi.waitFor(() => expect(pictures(good.viewer)).toBe(before + 10));
  });
});
