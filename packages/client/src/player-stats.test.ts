import { describe, expect, it } from 'vitest';
import { statsBetween } from './player-stats.ts';

const context = { transport: 'webrtc', player: 'native', freezeCount: 0, switches: 0 } as const;
const report = (count: number, more: object = {}) => ({
  frames: { received: count, decoded: count, painted: count - 1, dropped: 0 },
  receivedBytes: count * 10_000,
  ...more,
});

describe('statsBetween', () => {
  it('tells rates over the time between two reports', () => {
    const stats = statsBetween(report(10), report(70), { elapsedMs: 2_000, context });

    expect(stats).toMatchObject({
      framesPerSecond: { received: 30, decoded: 30, painted: 30, dropped: 0 },
      bitrateKbps: 2_400,
    });
    expect('loss' in stats).toBe(false);
  });

  it('tells the share of packets lost in that time', () => {
    const before = report(1, { receivedPackets: 100, lostPackets: 50 });
    const after = report(2, { receivedPackets: 195, lostPackets: 55 });

    expect(statsBetween(before, after, { elapsedMs: 1_000, context }).loss).toBeCloseTo(0.05);
  });

  it('tells no negative rates when a count starts anew', () => {
    const stats = statsBetween(report(100), report(1), { elapsedMs: 1_000, context });

    expect(stats.framesPerSecond.received).toBe(0);
    expect(stats.bitrateKbps).toBe(0);
  });
});
