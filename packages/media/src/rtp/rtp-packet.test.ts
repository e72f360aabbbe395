import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import { parseRtp, type RtpPacket, serializeRtp } from './rtp-packet.ts';

describe('parseRtp', () => {
  it('reads a marked H.264 packet', () => {
    const packet = parseRtp(
      hex(`
        80          # V=2, no padding, no extension, CC=0
        e0          # M=1, PT=96
        12 34       # sequence
        00 01 5f 90 # timestamp = 90 000 = 1 s
        ca fe ba be # SSRC
        65 88       # IDR slice
      `),
    );

    expect(packet).toEqual({
      marker: true,
      payloadType: 96,
      sequence: 0x1234,
      timestamp: 90_000,
      ssrc: 0xcafebabe,
      payload: hex('65 88'),
    });
  });

  it('reads CSRCs, a header extension and padding', () => {
    const packet = parseRtp(
      hex(`
        b2          # V=2, padding, extension, CC=2
        60          # M=0, PT=96
        ff ff       # sequence
        ff ff ff ff # timestamp
        00 00 00 01 # SSRC
        00 00 00 02 # CSRC
        80 00 00 03 # CSRC
        be de 00 01 # one-byte form, 1 word
        10 41 00 00 # id 1, 1 byte, padding
        41 9a       # slice
        00 00 03    # padding
      `),
    );

    expect(packet).toEqual({
      marker: false,
      payloadType: 96,
      sequence: 0xffff,
      timestamp: 0xffffffff,
      ssrc: 1,
      csrcs: [2, 0x80000003],
      extension: { profile: 0xbede, bytes: hex('10 41 00 00') },
      payload: hex('41 9a'),
      paddingBytes: 3,
    });
  });

  it('gives views into the datagram', () => {
    const datagram = hex('80 60 0001 00000001 00000001 41 9a');

    expect(parseRtp(datagram).payload.buffer).toBe(datagram.buffer);
  });

  it.each([
    ['rtp/too-short', '80 60 00'],
    ['rtp/version', '40 60 0000 00000000 00000000'],
    ['rtp/csrc', '82 60 0000 00000000 00000000 00000001'],
    ['rtp/extension', '90 60 0000 00000000 00000000 be'],
    ['rtp/extension', '90 60 0000 00000000 00000000 bede0002 00000000'],
    ['rtp/padding', 'a0 60 0000 00000000 00000000 ff'],
    ['rtp/padding', 'a0 60 0000 00000000 00000000 00'],
    ['rtp/padding', 'a0 60 0000 00000000 00000000'],
  ])('%s', (code, bytes) => {
    expect(() => parseRtp(hex(bytes))).toThrowError(expect.objectContaining({ code }));
  });

  test('any bytes at all either parse or throw MalformedError, and stay as they were', () => {
    const header = fc.constantFrom(0x80, 0x90, 0xa0, 0xb3, 0x8f, 0x40);
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 64 }), (first, rest) => {
        const bytes = Uint8Array.of(first, ...rest);
        const before = bytes.slice();

        expect(codeOf(() => parseRtp(bytes))).toMatch(
          /^(parsed|rtp\/(too-short|version|csrc|extension|padding))$/,
        );
        expect(Buffer.compare(bytes, before)).toBe(0);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('serializeRtp', () => {
  const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const packets: fc.Arbitrary<RtpPacket> = fc
    .record(
      {
        marker: fc.boolean(),
        payloadType: fc.integer({ min: 0, max: 127 }),
        sequence: fc.integer({ min: 0, max: 65_535 }),
        timestamp: u32,
        ssrc: u32,
        csrcs: fc.array(u32, { minLength: 1, maxLength: 15 }),
        extension: fc.record({
          profile: fc.integer({ min: 0, max: 65_535 }),
          bytes: fc.integer({ min: 0, max: 8 }).map((words) => new Uint8Array(words * 4).fill(words)),
        }),
        payload: fc.uint8Array({ maxLength: 40 }),
        paddingBytes: fc.integer({ min: 1, max: 255 }),
      },
      { requiredKeys: ['marker', 'payloadType', 'sequence', 'timestamp', 'ssrc', 'payload'] },
    )
    .map((packet) => ({ ...packet }));

  test('what it writes, parseRtp reads', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        expect(parseRtp(serializeRtp(packet))).toEqual(packet);
      }),
    );
  });

  it.each([
    ['16 CSRCs', { csrcs: Array.from({ length: 16 }, () => 1) }],
    ['payload type 128', { payloadType: 128 }],
    ['256 padding bytes', { paddingBytes: 256 }],
    ['extension of 3 bytes', { extension: { profile: 0xbede, bytes: new Uint8Array(3) } }],
  ])('refuses %s', (message, field) => {
    const plain = { marker: false, payloadType: 96, sequence: 0, timestamp: 0, ssrc: 0, payload: hex('41') };

    expect(() => serializeRtp({ ...plain, ...field })).toThrowError(new RegExp(message));
  });
});
