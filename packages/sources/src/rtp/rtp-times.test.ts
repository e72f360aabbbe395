import { type Micros, micros, millis } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { CaptureTimes } from '../capture-times.ts';
import { PresentationTimes } from './presentation-times.ts';
import { ReceptionStatistics } from './reception-statistics.ts';
import { SsrcChoice } from './ssrc-choice.ts';

const S = 1_000_000;
const NOW = 1_800_000_000 * S;

describe('PresentationTimes', () => {
  it('begin at 0, go on past the wrap, fall for B-frames', () => {
    const times = new PresentationTimes(90_000);
    const of = (timestamp: number, arrival: number) => times.of(timestamp >>> 0, micros(arrival));

    expect([of(-3000, 0), of(6000, 33_000), of(0, 66_000)]).toEqual([0, 100_000, 33_333]);
    expect(times.near(9000)).toBe(133_333);
  });

  it('go on as fast as pictures come when the camera sets its time anew', () => {
    const times = new PresentationTimes(90_000);
    times.of(1_000_000_000, micros(0));

    expect(times.of(5, micros(40_000))).toBe(40_000);
    expect(times.of(3605, micros(80_000))).toBe(80_000);
    expect(times.jumps).toBe(1);
  });

  it('take a pause for what it is', () => {
    const times = new PresentationTimes(90_000);
    times.of(0, micros(0));

    expect(times.of(60 * 90_000, micros(60 * S))).toBe(60 * S);
    expect(times.jumps).toBe(0);
  });
});

describe('CaptureTimes', () => {
  const at = (pts: number, arrival: number): [Micros, Micros] => [micros(pts), micros(NOW + arrival)];

  it('are those of arrival without the jitter, where no camera clock is known', () => {
    const times = new CaptureTimes();

    // The way takes 5, 1, 30 and 2 ms more than the least.
    const dated = [5, 1, 30, 2].map((ms, i) => times.date(...at(i * 40_000, i * 40_000 + ms * 1000)) - NOW);

    expect(dated.map((time) => Math.round(time / 100))).toEqual([50, 410, 810, 1210]);
    expect(times.by).toBe('arrival');
  });

  it('are those of the camera where its clock is near ours', () => {
    const times = new CaptureTimes();
    times.senderReport(micros(NOW - 150_000), micros(0));

    expect(times.date(...at(0, 20_000)) - NOW).toBe(-150_000);
    expect(times.date(...at(40_000, 80_000)) - NOW).toBe(-110_000);
    expect(times.by).toBe('camera');
  });

  it.each([
    ['ahead', 21_000],
    ['behind', -1_000_001],
    ['in another century', -3_000_000 * S],
  ])('are those of arrival where the camera clock is %s', (_, offset) => {
    const times = new CaptureTimes();
    times.senderReport(micros(NOW + offset), micros(0));

    expect(times.date(...at(0, 0)) - NOW).toBe(0);
    expect(times.by).toBe('arrival');
  });

  it('follow a camera whose quartz is slow', () => {
    const times = new CaptureTimes();
    const drift = 1 + 100e-6;

    let last = 0;
    for (let i = 0; i < 30_000; i++)
      last = i * 40_000 * drift - (times.date(...at(i * 40_000, i * 40_000 * drift)) - NOW);

    expect(Math.abs(last)).toBeLessThan(1_000);
  });

  test('whatever comes, none is after its arrival, and none falls in the order they are shown', () => {
    const picture = fc.record({
      step: fc.integer({ min: 1, max: 3 * S }),
      wait: fc.integer({ min: 0, max: 3 * S }),
      report: fc.option(fc.integer({ min: -2 * S, max: 2 * S })),
    });
    fc.assert(
      fc.property(fc.array(picture, { maxLength: 40 }), (pictures) => {
        const times = new CaptureTimes();
        let pts = 0;
        let arrival = 0;
        let last = Number.NEGATIVE_INFINITY;
        for (const { step, wait, report } of pictures) {
          if (report !== null) times.senderReport(micros(NOW + arrival + report), micros(pts));
          pts += step;
          arrival += wait;
          const captureTime = times.date(...at(pts, arrival));
          expect(captureTime).toBeLessThanOrEqual(NOW + arrival);
          expect(captureTime).toBeGreaterThanOrEqual(last);
          last = captureTime;
        }
      }),
    );
  });
});

describe('SsrcChoice', () => {
  const choose = (
    announced: number | undefined,
    packets: readonly (readonly [ssrc: number, at: number])[],
  ) => {
    const choice = new SsrcChoice(announced);
    return packets.map(([ssrc, ms]) => choice.choose(ssrc, millis(ms)));
  };

  it('stays with the first, until that is silent', () => {
    expect(
      choose(undefined, [
        [1, 0],
        [2, 10],
        [1, 400],
        [2, 899],
        [2, 900],
        [1, 901],
      ]),
    ).toEqual(['ours', 'foreign', 'ours', 'foreign', 'changed', 'foreign']);
  });

  it('prefers the announced one, and does without it', () => {
    expect(
      choose(9, [
        [1, 0],
        [1, 10],
        [9, 20],
        [1, 30],
      ]),
    ).toEqual(['ours', 'ours', 'changed', 'foreign']);
  });
});

describe('ReceptionStatistics', () => {
  it('report as RFC 3550 §A.3 and §A.8 compute', () => {
    const statistics = new ReceptionStatistics({ ssrc: 7, ticksPerSecond: 90_000 });
    expect(statistics.report(micros(NOW))).toBeUndefined();

    // 10 of 12: two lost, on the way past the wrap; each 900 ticks and 10 ms apart, the last 16 ms late.
    for (let i = 0; i < 12; i++) {
      if (i === 4 || i === 5) continue;
      const late = i === 11 ? 16_000 : 0;
      statistics.packet(
        { sequence: (65_530 + i) % 65_536, timestamp: 900 * i },
        micros(NOW + 10_000 * i + late),
      );
    }
    statistics.senderReport(
      {
        kind: 'sender-report',
        ssrc: 7,
        ntp: 0x1111_2222_3333_4444n,
        rtpTimestamp: 0,
        packetsSent: 0,
        bytesSent: 0,
        reports: [],
      },
      micros(NOW),
    );

    expect(statistics.report(micros(NOW + S))).toEqual({
      ssrc: 7,
      fractionLost: 2 / 12,
      packetsLost: 2,
      highestSequence: 65_541,
      jitterTicks: 90, // 1440 ticks once, a sixteenth of it
      lastSenderReport: 0x2222_3333,
      delaySinceLastSenderReport: 65_536,
    });
    expect(statistics.report(micros(NOW + S))?.fractionLost).toBe(0);
  });
});
