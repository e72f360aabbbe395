import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { quarterMillis, SENT_PACKETS, SentPackets } from './sent-packets.ts';

const packets = (count: number) => new Uint16Array(count).fill(100);

describe('SentPackets', () => {
  it('knows when packets were sent, across the wrap of their numbers, until they are settled', () => {
    const sent = new SentPackets();
    sent.note(65_534, packets(4), micros(1_000_000));

    expect([65_533, 65_534, 65_535, 0, 1, 2].map((sequence) => sent.sizeBytes(sequence))).toEqual([
      0, 100, 100, 100, 100, 0,
    ]);
    expect(sent.sentAt(0)).toBe(quarterMillis(micros(1_000_000)));
    sent.settle(0);
    expect(sent.sizeBytes(0)).toBe(0);
  });

  it('forgets the oldest for new ones, and says how much nobody spoke of', () => {
    const sent = new SentPackets();
    expect(sent.note(0, packets(SENT_PACKETS), micros(1))).toBe(0);
    sent.settle(1);

    expect(sent.note(SENT_PACKETS, packets(3), micros(2))).toBe(200);

    expect([0, 1, 2, 3].map((sequence) => sent.sizeBytes(sequence))).toEqual([0, 0, 0, 100]);
  });
});
