import { micros } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  GenericNack,
  PacketChunk,
  PacketStatus,
  ReceiverEstimatedMaxBitrate,
  RecvDelta,
  RtcpPayloadSpecificFeedback,
  RtcpTransportLayerFeedback,
  RunLengthChunk,
  TransportWideCC,
} from 'werift';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import { parseRtcp } from './parse-rtcp.ts';
import { isRtcp } from './rtcp-blocks.ts';

describe('parseRtcp', () => {
  it('reads a compound of report, source description and PLI', () => {
    const packets = parseRtcp(
      hex(`
        81 c9 00 07 # V=2, 1 report, RR, 8 words
        00 00 00 01 # sender SSRC
        00 00 00 02 # reported SSRC
        40 ff ff fe # 1/4 lost, -2 packets lost
        00 01 00 05 # highest sequence
        00 00 00 09 # jitter
        12 34 56 78 # LSR
        00 01 00 00 # DLSR = 1 s
        81 ca 00 03 # 1 source, SDES, 4 words
        00 00 00 01 # SSRC
        01 04 c3 a9 # CNAME, 4 bytes: "é"
        61 62 00 00 # "ab", end
        81 ce 00 02 # PLI, 3 words
        00 00 00 01 # sender SSRC
        00 00 00 02 # media SSRC
      `),
    );

    expect(packets).toEqual([
      {
        kind: 'receiver-report',
        ssrc: 1,
        reports: [
          {
            ssrc: 2,
            fractionLost: 0.25,
            packetsLost: -2,
            highestSequence: 0x10005,
            jitterTicks: 9,
            lastSenderReport: 0x12345678,
            delaySinceLastSenderReport: 0x10000,
          },
        ],
      },
      { kind: 'source-description', sources: [{ ssrc: 1, cname: 'éab' }] },
      { kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: 2 },
    ]);
  });

  it('reads each block only to its own end', () => {
    const packets = parseRtcp(
      hex(`
        81 cd 00 03 # NACK, 4 words
        00 00 00 01 00 00 00 02
        00 0a 00 00 # packet 10
        81 cd 00 03 # NACK, 4 words
        00 00 00 01 00 00 00 03
        00 14 00 01 # packets 20, 21
      `),
    );

    expect(packets).toEqual([
      { kind: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [10] },
      { kind: 'nack', senderSsrc: 1, mediaSsrc: 3, sequences: [20, 21] },
    ]);
  });

  it('counts NACKed packets on past 65535', () => {
    const [nack] = parseRtcp(hex('81cd0003 00000001 00000002 fffe 8003'));

    expect(nack).toMatchObject({ sequences: [65_534, 65_535, 0, 14] });
  });

  it('reads BYE with and without a reason', () => {
    expect(parseRtcp(hex('81cb0001 00000007'))).toEqual([{ kind: 'bye', ssrcs: [7] }]);
    expect(parseRtcp(hex('81cb0002 00000007 03 627965'))).toEqual([
      { kind: 'bye', ssrcs: [7], reason: 'bye' },
    ]);
  });

  it('keeps what it does not know, without its padding', () => {
    expect(parseRtcp(hex('a3cf0002 00000007 00000004'))).toEqual([
      { kind: 'unknown', packetType: 207, countOrFormat: 3, body: hex('00000007') },
    ]);
    expect(parseRtcp(hex('8fce0003 00000001 00000002 41424344'))).toMatchObject([
      { kind: 'unknown', packetType: 206, countOrFormat: 15 },
    ]);
  });

  it('reads transport-cc feedback: runs, vectors, negative deltas, and tells absent packets by their absence', () => {
    const packets = parseRtcp(
      hex(`
        8f cd 00 07 # transport-cc, 8 words
        00 00 00 01 # sender SSRC
        00 00 00 02 # media SSRC
        ff ff       # first sequence
        00 0c       # 12 packets
        ff ff ff 05 # reference time -1 (−64 ms), feedback count 5
        20 02       # run: 2 × small delta
        00 03       # run: 3 × absent
        d8 00       # vector of 7 × two bits: small, large, absent …
        04 02       # deltas of the run: 1 ms, 0.5 ms
        01 ff fc 00 # small: 0.25 ms, large: −1 ms, padding
      `),
    );

    expect(packets).toEqual([
      {
        kind: 'transport-cc',
        senderSsrc: 1,
        mediaSsrc: 2,
        feedbackCount: 5,
        firstSequence: 65_535,
        packetCount: 12,
        received: [
          { sequence: 65_535, arrival: micros(-63_000) },
          { sequence: 0, arrival: micros(-62_500) },
          { sequence: 4, arrival: micros(-62_250) },
          { sequence: 5, arrival: micros(-63_250) },
        ],
      },
    ]);
  });

  it.each([
    ['rtcp/too-short', '80 c9 00'],
    ['rtcp/version', '40c90001 00000001'],
    ['rtcp/length', '80c90002 00000001'],
    ['rtcp/length', '80c90001 00000001 80'],
    ['rtcp/padding', 'a0c90001 000000ff'],
    ['rtcp/padding', 'a0c90001 00000000'],
    ['rtcp/padding', 'a0c90000'],
    ['rtcp/body-too-short', '80c80001 00000001'],
    ['rtcp/body-too-short', '82c90001 00000001'],
    ['rtcp/body-too-short', '81cd0001 00000001'],
    ['rtcp/body-too-short', '82cb0001 00000001'],
    ['rtcp/body-too-short', '81cb0002 00000001 09 627965'],
    ['rtcp/body-too-short', '8fce0004 00000001 00000000 52454d42 02000001'],
    ['rtcp/sdes-item', '81ca0002 00000001 01ff6162'],
    ['rtcp/transport-cc', '8fcd0004 00000001 00000002 00010009 00000000'],
    ['rtcp/transport-cc', '8fcd0005 00000001 00000002 00010009 00000000 2009 0000'],
    ['rtcp/transport-cc', '8fcd0005 00000001 00000002 00011fff 00000000 3fff 0000'],
    ['rtcp/transport-cc', '8fcd0005 00000001 00000002 00010009 00000000 6009 0000'],
  ])('%s: %s', (code, bytes) => {
    expect(codeOf(() => parseRtcp(hex(bytes)))).toBe(code);
  });

  it('refuses runs of received packets that their deltas cannot hold, before it stores them', () => {
    const run = hex('8fcd0005 00000001 00000002 0001ffff 00000000 3fff 3fff');

    expect(codeOf(() => parseRtcp(run))).toBe('rtcp/transport-cc');
  });

  test('any bytes at all either parse or throw rtcp/*, and stay as they were', () => {
    const head = fc.tuple(fc.integer({ min: 0x80, max: 0xbf }), fc.integer({ min: 199, max: 208 }));
    const block = fc
      .tuple(head, fc.uint8Array({ maxLength: 40 }), fc.boolean())
      .map(([start, body, honest]) => {
        const words = honest ? Math.floor(body.byteLength / 4) : body.byteLength;
        return [...start, 0, words, ...(honest ? body.subarray(0, words * 4) : body)];
      });
    fc.assert(
      fc.property(fc.array(block, { maxLength: 4 }), (blocks) => {
        const bytes = Uint8Array.from(blocks.flat());
        const before = bytes.slice();

        expect(codeOf(() => parseRtcp(bytes))).toMatch(/^(parsed$|rtcp\/)/);
        expect(Buffer.compare(bytes, before)).toBe(0);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('what werift writes', () => {
  it('NACK', () => {
    const feedback = new GenericNack({ senderSsrc: 1, mediaSourceSsrc: 2, lost: [100, 101, 117, 140] });
    const bytes = new RtcpTransportLayerFeedback({ feedback }).serialize();

    expect(parseRtcp(bytes)).toEqual([
      { kind: 'nack', senderSsrc: 1, mediaSsrc: 2, sequences: [100, 101, 117, 140] },
    ]);
  });

  it('REMB', () => {
    const feedback = new ReceiverEstimatedMaxBitrate({
      senderSsrc: 1,
      mediaSsrc: 0,
      brExp: 4,
      brMantissa: 156_250,
      ssrcNum: 1,
      ssrcFeedbacks: [9],
    });
    const bytes = new RtcpPayloadSpecificFeedback({ feedback }).serialize();

    expect(parseRtcp(bytes)).toEqual([
      { kind: 'receiver-estimate', senderSsrc: 1, bitsPerSecond: 2_500_000, ssrcs: [9] },
    ]);
  });

  it('transport-cc', () => {
    const feedback = new TransportWideCC({
      senderSsrc: 1,
      mediaSourceSsrc: 2,
      baseSequenceNumber: 10,
      packetStatusCount: 2,
      referenceTime: 2,
      fbPktCount: 7,
      packetChunks: [
        new RunLengthChunk({
          type: PacketChunk.TypeTCCRunLengthChunk,
          packetStatus: PacketStatus.TypeTCCPacketReceivedSmallDelta,
          runLength: 2,
        }),
      ],
      recvDeltas: [1000, 250].map(
        (delta) => new RecvDelta({ type: PacketStatus.TypeTCCPacketReceivedSmallDelta, delta }),
      ),
    });
    const bytes = new RtcpTransportLayerFeedback({ feedback }).serialize();

    expect(parseRtcp(bytes)).toMatchObject([
      {
        kind: 'transport-cc',
        firstSequence: 10,
        packetCount: 2,
        feedbackCount: 7,
        received: [
          { sequence: 10, arrival: 129_000 },
          { sequence: 11, arrival: 129_250 },
        ],
      },
    ]);
  });
});

describe('isRtcp', () => {
  it('tells RTCP from RTP on one port', () => {
    expect(isRtcp(hex('81 c9'))).toBe(true);
    expect(isRtcp(hex('80 e0'))).toBe(false);
    expect(isRtcp(hex('80 60'))).toBe(false);
    expect(isRtcp(hex(''))).toBe(false);
  });
});
