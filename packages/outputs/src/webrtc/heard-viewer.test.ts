import { micros } from '@pinhole/core';
import { serializeRtp } from '@pinhole/media/rtp';
import { describe, expect, it } from 'vitest';
import { HeardViewer } from './heard-viewer.ts';

const OPUS = 111;

function openHeard() {
  const heard: number[] = [];
  const clock = { now: micros(1e15) };
  const viewer = new HeardViewer({ take: ({ sequence }) => heard.push(sequence), now: () => clock.now });
  const say = (
    sequence: number,
    options: { readonly ssrc?: number; readonly payloadType?: number } = {},
  ): void => {
    const { ssrc = 7, payloadType = OPUS } = options;
    const timestamp = (sequence * 960) >>> 0;
    const payload = Uint8Array.of(0xfc, sequence & 0xff);
    viewer.receive(serializeRtp({ marker: false, payloadType, sequence, timestamp, ssrc, payload }), OPUS);
    clock.now = micros(clock.now + 20_000);
  };
  return { heard, viewer, say, clock };
}

describe('HeardViewer', () => {
  it('puts in order what comes out of order, over the wrap too', () => {
    const { heard, say } = openHeard();

    for (const sequence of [65_533, 65_535, 65_534, 1, 0, 2]) say(sequence);

    expect(heard).toEqual([65_533, 65_534, 65_535, 0, 1, 2]);
  });

  it('waits for what is missing no longer than a few packets', () => {
    const { heard, viewer, say } = openHeard();
    say(1);

    for (let sequence = 3; sequence < 12; sequence++) say(sequence);
    expect(heard).toEqual([1]);
    say(12);
    say(2);

    expect(heard).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(viewer.counters).toEqual({
      packetsReceived: 12,
      packetsLate: 1,
      packetsLost: 1,
      packetsRefused: 0,
    });
  });

  it('takes each packet once, and nothing of another payload type', () => {
    const { heard, viewer, say } = openHeard();

    say(1);
    say(1);
    say(2, { payloadType: 8 });
    viewer.receive(Uint8Array.of(1, 2, 3), OPUS);

    expect(heard).toEqual([1]);
    expect(viewer.counters).toMatchObject({ packetsLate: 1, packetsRefused: 2 });
  });

  it('begins anew with another source, or one that jumped', () => {
    const { heard, say } = openHeard();

    for (const sequence of [1, 2]) say(sequence);
    for (const sequence of [900, 901]) say(sequence, { ssrc: 8 });
    for (const sequence of [5000, 5001]) say(sequence, { ssrc: 8 });

    expect(heard).toEqual([1, 2, 900, 901, 5000, 5001]);
  });

  it('reports what was lost since the report before, and when the sender reported', () => {
    const { viewer, say, clock } = openHeard();
    expect(viewer.report()).toBeUndefined();
    for (const sequence of [1, 2, 4, 5]) say(sequence);
    viewer.read({
      kind: 'sender-report',
      ssrc: 7,
      ntp: 0x0001_0002_0003_0004n as never,
      rtpTimestamp: 0,
      packetsSent: 5,
      bytesSent: 10,
      reports: [],
    });
    clock.now = micros(clock.now + 500_000);

    expect(viewer.report()).toMatchObject({
      ssrc: 7,
      fractionLost: 0.2,
      packetsLost: 1,
      highestSequence: 5,
      jitterTicks: expect.any(Number) as number,
      lastSenderReport: 0x0002_0003,
      delaySinceLastSenderReport: 32_768,
    });
    for (const sequence of [6, 7]) say(sequence);
    expect(viewer.report()).toMatchObject({ fractionLost: 0, packetsLost: 1, highestSequence: 7 });
  });
});
