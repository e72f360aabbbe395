import { expect, it } from 'vitest';
import { delayInWords, readFigures } from './picture-figures.ts';

const reportAt = (timestamp: number, inbound: Readonly<Record<string, unknown>>) =>
  new Map<string, unknown>(
    [
      { id: 'T', type: 'transport', timestamp, selectedCandidatePairId: 'P' },
      { id: 'P', type: 'candidate-pair', timestamp, currentRoundTripTime: 0.012 },
      { id: 'C', type: 'codec', timestamp, mimeType: 'video/H264' },
      { id: 'A', type: 'inbound-rtp', kind: 'audio', timestamp, bytesReceived: 9_999_999 },
      { id: 'V', type: 'inbound-rtp', kind: 'video', codecId: 'C', timestamp, ...inbound },
    ].map((entry) => [entry.id, entry]),
  );

it('rates are those between two looks', () => {
  const counters = { bytesReceived: 100_000, framesDecoded: 10, packetsLost: 1, packetsReceived: 100 };
  const buffer = { jitterBufferDelay: 1, jitterBufferEmittedCount: 10 };
  const first = readFigures(reportAt(1000, { ...counters, ...buffer }), undefined);
  const second = readFigures(
    reportAt(3000, {
      frameWidth: 640,
      frameHeight: 360,
      bytesReceived: 350_000,
      framesDecoded: 70,
      packetsLost: 6,
      packetsReceived: 195,
      jitterBufferDelay: 3.4,
      jitterBufferEmittedCount: 70,
    }),
    first.now,
  );

  expect(first.figures).toEqual({ codec: 'H264', roundTripMs: 12 });
  expect(second.figures).toEqual({
    codec: 'H264',
    width: 640,
    height: 360,
    roundTripMs: 12,
    framesPerSecond: 30,
    bitrateKbps: 1000,
    bufferMs: expect.closeTo(40, 6),
    loss: 0.05,
  });
});

it('says nothing of a connection that brings no pictures yet', () => {
  expect(readFigures(new Map(), undefined)).toEqual({ figures: {}, now: undefined });
});

it('claims no delay that is shorter than the clocks agree', () => {
  const inWords = (p50Ms: number, confidenceMs: number): string =>
    delayInWords({ p50Ms, confidenceMs } as Parameters<typeof delayInWords>[0]);

  expect(inWords(63.4, 2)).toBe('63 ms');
  expect(inWords(2, 14.5)).toBe('< 17 ms');
});
