import { type Micros, micros } from '@pinhole/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { PatientPublisher } from './patient-publisher.ts';
import type { SlotOutcome, SlotPicture } from './slot-publisher.ts';

describe('pictures on their way into a slot', () => {
  let now: Micros;
  let timers: { readonly at: number; readonly run: () => void }[];
  let outcome: SlotOutcome;
  let published: number[];
  let givenUp: number;
  let settled: string[];
  let writer: PatientPublisher;

  beforeEach(() => {
    now = micros(0);
    timers = [];
    outcome = 'published';
    published = [];
    givenUp = 0;
    settled = [];
    writer = new PatientPublisher({
      publisher: {
        publish: ({ gop }) => {
          if (outcome === 'published') published.push(gop);
          return outcome;
        },
        giveUp: () => givenUp++,
      },
      places: 3,
      now: () => now,
      after: (delayMs, run) => {
        const timer = { at: now + delayMs * 1000, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((each) => each !== timer);
        };
      },
      settled: (_, what) => settled.push(what),
    });
  });

  const advance = (ms: number): void => {
    for (const end = now + ms * 1000; ; ) {
      const next = timers.toSorted((a, b) => a.at - b.at).find(({ at }) => at <= end);
      now = micros(next?.at ?? end);
      if (!next) return;
      timers = timers.filter((each) => each !== next);
      next.run();
    }
  };
  /** Told apart by what is said of their group. */
  const picture = (gop: number): SlotPicture => ({
    data: new Uint8Array(1),
    width: 1,
    height: 1,
    captureTime: now,
    key: false,
    gop,
    online: true,
  });

  it('are written at once', () => {
    writer.write(picture(1));

    expect(published).toEqual([1]);
    expect(timers).toEqual([]);
  });

  it('wait in their order for a lock, and then give readers the time to take each', () => {
    outcome = 'busy';
    expect([1, 2, 3].map((gop) => writer.write(picture(gop)))).toEqual([true, true, true]);
    advance(20);
    expect(writer.pressure).toBe(1);
    expect(writer.write(picture(4))).toBe(false);
    outcome = 'published';
    advance(1);

    expect(published).toEqual([1]);
    advance(2);
    expect(published).toEqual([1]);
    advance(4);
    expect(published).toEqual([1, 2, 3]);
    expect(writer.pressure).toBe(0);
  });

  it('are given up after a second, one after the other', () => {
    outcome = 'busy';
    writer.write(picture(1));
    advance(500);
    writer.write(picture(2));
    advance(600);

    expect(settled).toEqual(['given-up']);
    expect(givenUp).toBe(1);
    outcome = 'published';
    advance(10);
    expect(published).toEqual([2]);
  });

  it('that are too large hold nobody up', () => {
    outcome = 'too-large';
    writer.write(picture(1));
    outcome = 'published';
    writer.write(picture(2));

    expect(settled).toEqual(['too-large', 'published']);
  });

  it('are forgotten at the end', () => {
    outcome = 'busy';
    writer.write(picture(1));
    writer.close();
    outcome = 'published';
    advance(2000);

    expect(published).toEqual([]);
    expect(timers).toEqual([]);
  });
});
