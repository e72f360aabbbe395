import { micros } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { RtcpPacketConverter } from 'werift';
import { hex } from '../../../../test/support/hex.ts';
import { microsToNtp } from './ntp.ts';
import { parseRtcp } from './parse-rtcp.ts';
import { serializeRtcp, serializeSenderReport, type WritableRtcp } from './serialize-rtcp.ts';

const u8 = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 65_535 });
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const report = fc.record({
  ssrc: u32,
  fractionLost: u8.map((n) => n / 256),
  packetsLost: fc.integer({ min: -0x800000, max: 0x7fffff }),
  highestSequence: u32,
  jitterTicks: u32,
  lastSenderReport: u32,
  delaySinceLastSenderReport: u32,
});
const reports = fc.array(report, { maxLength: 31 });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const kind = <K extends string>(name: K) => fc.constant(name);

const packet: fc.Arbitrary<WritableRtcp> = fc.oneof(
  fc.record({
    kind: kind('sender-report'),
    ssrc: u32,
    ntp: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    rtpTimestamp: u32,
    packetsSent: u32,
    bytesSent: u32,
    reports,
  }),
  fc.record({ kind: kind('receiver-report'), ssrc: u32, reports }),
  fc.record({
    kind: kind('source-description'),
    sources: fc.array(fc.record({ ssrc: u32, cname: text }, { requiredKeys: ['ssrc'] }), { maxLength: 4 }),
  }),
  fc.record(
    { kind: kind('bye'), ssrcs: fc.array(u32, { maxLength: 31 }), reason: text },
    { requiredKeys: ['kind', 'ssrcs'] },
  ),
  fc.record({
    kind: kind('nack'),
    senderSsrc: u32,
    mediaSsrc: u32,
    sequences: fc
      .tuple(u16, fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 40 }))
      .map(([first, offsets]) =>
        offsets.toSorted((a, b) => a - b).map((offset) => (first + offset) & 0xffff),
      ),
  }),
  fc.record({ kind: kind('picture-loss-indication'), senderSsrc: u32, mediaSsrc: u32 }),
  fc.record({
    kind: kind('full-intra-request'),
    senderSsrc: u32,
    requests: fc.array(fc.record({ ssrc: u32, command: u8 }), { maxLength: 5 }),
  }),
  fc
    .record({
      senderSsrc: u32,
      mediaSsrc: u32,
      feedbackCount: u8,
      firstSequence: u16,
      packetCount: fc.integer({ min: 1, max: 400 }),
      came: fc.array(fc.record({ at: fc.nat(399), delta: fc.integer({ min: -300, max: 1200 }) })),
    })
    .map(({ came, firstSequence, packetCount, ...rest }) => {
      const places = [...new Map(came.map(({ at, delta }) => [at, delta])).entries()]
        .filter(([at]) => at < packetCount)
        .toSorted(([a], [b]) => a - b);
      let arrival = 4_000_000;
      const received = places.map(([at, delta]) => {
        arrival += delta * 250;
        return { sequence: (firstSequence + at) & 0xffff, arrival: micros(arrival) };
      });
      return { kind: 'transport-cc' as const, ...rest, firstSequence, packetCount, received };
    }),
);

describe('serializeRtcp', () => {
  it('writes NACKs of neighbours into one entry, past the wrap too', () => {
    const bytes = serializeRtcp([
      { kind: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [65_534, 65_535, 0, 14, 15] },
    ]);

    expect(bytes).toEqual(
      hex(`
        81 cd 00 04 # NACK, 5 words
        00 00 00 01 # sender SSRC
        00 00 00 02 # media SSRC
        ff fe 80 03 # 65534 and the 1st, 2nd and 16th after it
        00 0f 00 00 # 15
      `),
    );
  });

  test('what it writes, parseRtcp reads', () => {
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 4 }), (packets) => {
        expect(parseRtcp(serializeRtcp(packets))).toEqual(packets);
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses more entries than a packet counts and text longer than an item', () => {
    const ssrcs = Array.from({ length: 32 }, (_, i) => i);

    expect(() => serializeRtcp([{ kind: 'bye', ssrcs }])).toThrowError(/bye with 32 entries/);
    expect(() => serializeRtcp([{ kind: 'bye', ssrcs: [], reason: 'é'.repeat(128) }])).toThrowError(
      /256 bytes/,
    );
  });
});

describe('what werift reads', () => {
  it('a sender report with source description', () => {
    const ntp = microsToNtp(micros(1_760_000_000_123_456));
    const bytes = serializeRtcp([
      {
        kind: 'sender-report',
        ssrc: 5,
        ntp,
        rtpTimestamp: 90_000,
        packetsSent: 10,
        bytesSent: 9000,
        reports: [],
      },
      { kind: 'source-description', sources: [{ ssrc: 5, cname: 'pinhole' }] },
    ]);

    const [sender, source] = RtcpPacketConverter.deSerialize(Buffer.from(bytes));

    expect(sender).toMatchObject({
      type: 200,
      ssrc: 5,
      senderInfo: { ntpTimestamp: ntp, rtpTimestamp: 90_000, packetCount: 10, octetCount: 9000 },
    });
    expect(source).toMatchObject({
      type: 202,
      chunks: [{ source: 5, items: [{ type: 1, text: 'pinhole' }] }],
    });
  });

  it('a sender report alone', () => {
    const bytes = serializeSenderReport({
      ssrc: 5,
      ntp: 1n,
      rtpTimestamp: 2,
      packetsSent: 3,
      bytesSent: 4,
      reports: [],
    });

    expect(RtcpPacketConverter.deSerialize(Buffer.from(bytes))).toMatchObject([{ type: 200, ssrc: 5 }]);
  });

  it.each<[string, WritableRtcp, object]>([
    [
      'NACK',
      { kind: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [7, 9, 40] },
      { type: 205, feedback: { senderSsrc: 1, mediaSourceSsrc: 2, lost: [7, 9, 40] } },
    ],
    [
      'PLI',
      { kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: 2 },
      { type: 206, feedback: { senderSsrc: 1, mediaSsrc: 2 } },
    ],
    [
      'FIR',
      { kind: 'full-intra-request', senderSsrc: 1, requests: [{ ssrc: 2, command: 3 }] },
      { type: 206, feedback: { senderSsrc: 1, fir: [{ ssrc: 2, sequenceNumber: 3 }] } },
    ],
    ['RR', { kind: 'receiver-report', ssrc: 1, reports: [] }, { type: 201, ssrc: 1, reports: [] }],
  ])('%s', (_, written, read) => {
    expect(RtcpPacketConverter.deSerialize(Buffer.from(serializeRtcp([written])))).toMatchObject([read]);
  });
});
