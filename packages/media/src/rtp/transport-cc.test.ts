import { micros } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { parseRtcp } from './parse-rtcp.ts';
import { serializeRtcp } from './serialize-rtcp.ts';

/** All that was taken, in the order it came. */
function taken(datagram: Uint8Array): string[] {
  const told: string[] = [];
  const packets = parseRtcp(datagram, {
    transportCc: {
      received: (sequence, arrival) => told.push(`${sequence} at ${arrival}`),
      missing: (first, count) => told.push(`${count} missing from ${first}`),
    },
  });
  expect(packets.filter(({ kind }) => kind === 'transport-cc')).toEqual([]);
  return told;
}

/** Feedback with these fields after the two SSRCs, filled up to whole words. */
function feedbackOf(fields: string): Uint8Array {
  const rest = hex(fields);
  const words = Math.ceil(rest.byteLength / 4);
  const bytes = new Uint8Array(12 + words * 4);
  bytes.set(hex(`8f cd 00 ${(2 + words).toString(16).padStart(2, '0')} 00000001 00000007`));
  bytes.set(rest, 12);
  return bytes;
}

describe('transport-wide feedback, packet by packet', () => {
  it('tells runs and both vectors, small and large deltas, numbers that wrap', () => {
    const feedback = feedbackOf(`
        fffe       # first number
        0018       # 24 packets
        000002 05  # reference 2 × 64 ms, feedback 5
        2002       # two that came, small deltas
        0005       # five that did not
        b000       # one bit each: 11 0000…, 14 packets
        d900       # two bits each: 01 10 01 00 …, of which 3 are spoken of
        04 08      # fffe: +1 ms, ffff: +2 ms
        00 01      # 5: +0, 6: +250 µs
        10 fffc 02 # 19: +4 ms, 20: −1 ms, 21: +500 µs
      `);

    expect(taken(feedback)).toEqual([
      '65534 at 516',
      '65535 at 524',
      '5 missing from 0',
      '5 at 524',
      '6 at 525',
      ...Array.from({ length: 12 }, (_, i) => `1 missing from ${7 + i}`),
      '19 at 541',
      '20 at 537',
      '21 at 539',
    ]);
  });

  it('says the same as the parsed feedback', () => {
    const received = [...Array(400).keys()]
      .filter((index) => index % 7 !== 3 && (index < 100 || index > 220))
      .map((index) => ({ sequence: (65_400 + index) & 0xffff, arrival: micros(64_000 * 9 + index * 750) }));
    const datagram = serializeRtcp([
      {
        kind: 'transport-cc',
        senderSsrc: 1,
        mediaSsrc: 2,
        feedbackCount: 0,
        firstSequence: 65_400,
        packetCount: 400,
        received,
      },
    ]);

    const came = taken(datagram).filter((one) => one.includes(' at '));

    expect(came).toEqual(received.map(({ sequence, arrival }) => `${sequence} at ${arrival / 250}`));
  });

  it.each([
    ['statuses that are missing', '0000 0100 000000 00 2008'],
    ['a delta that is missing', '0000 0008 000000 00 2008 0101'],
    ['a status that nobody knows', '0000 0007 000000 00 ffff 0000'],
  ])('refuses %s', (_name, fields) => {
    expect(() => taken(feedbackOf(fields))).toThrowError(
      expect.objectContaining({ code: 'rtcp/transport-cc' }),
    );
  });

  it('takes a run of thousands that did not come in one step', () => {
    const runs = '1fff '.repeat(9);

    expect(taken(feedbackOf(`0000 ffff 000000 00 ${runs}`))).toHaveLength(9);
  });
});
