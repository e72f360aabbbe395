import { micros } from '@pinhole/core';
import { serializeRtcp } from '@pinhole/media/rtp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrivalLog } from './arrival-log.ts';

const logOf = (...arrivals: readonly (readonly [sequence: number, ms: number])[]): ArrivalLog => {
  const log = new ArrivalLog();
  for (const [sequence, ms] of arrivals) log.add(sequence, micros(ms * 1000));
  return log;
};

describe('a report of arrivals', () => {
  it('tells what came, and what did not by leaving it out', () => {
    const log = logOf([65_534, 10], [0, 12], [1, 11]);

    expect(log.take()).toEqual([
      {
        feedbackCount: 0,
        firstSequence: 65_534,
        packetCount: 4,
        received: [
          { sequence: 65_534, arrival: 10_000 },
          { sequence: 0, arrival: 12_000 },
          { sequence: 1, arrival: 11_000 },
        ],
      },
    ]);
    expect(log.waits).toBe(false);
  });

  it('goes on where the one before ended', () => {
    const log = logOf([5, 0]);
    log.take();
    log.add(8, micros(50_000));

    expect(log.take()).toMatchObject([{ feedbackCount: 1, firstSequence: 6, packetCount: 3 }]);
  });

  it('passes over what comes after it was called lost', () => {
    const log = logOf([5, 0], [8, 1]);
    log.take();
    log.add(6, micros(50_000));

    expect(log.take()).toEqual([]);
  });

  it('parts where the sender paused, or jumped', () => {
    const log = logOf([1, 0], [2, 20_000], [3, 20_001], [5000, 20_002]);

    expect(log.take().map(({ packetCount }) => packetCount)).toEqual([1, 2, 1]);
  });

  it('can always be written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(65_535), fc.integer({ min: 0, max: 40_000 }), fc.boolean())),
        (arrivals) => {
          const log = new ArrivalLog();
          for (const [sequence, ms, pause] of arrivals) {
            log.add(sequence, micros(ms * 1000));
            if (!pause) continue;
            const reports = log
              .take()
              .map((report) => ({ kind: 'transport-cc' as const, senderSsrc: 1, mediaSsrc: 2, ...report }));
            expect(() => serializeRtcp(reports)).not.toThrow();
          }
        },
      ),
    );
  });
});
