import { describe, expect, it } from 'vitest';
import { hex } from '../../../test/support/hex.ts';
import { countSctpChunks, type SctpHoldings } from './sctp-screen.ts';

const holdings = (changes: Partial<SctpHoldings> = {}): SctpHoldings => ({
  lastReceivedTsn: 1000,
  advertisedRwnd: 1 << 20,
  inboundStreams: {},
  outboundQueue: [],
  ...changes,
});

/** A packet of these chunks: ports, verification tag and checksum are not looked at. */
const packet = (...chunks: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array([...new Uint8Array(12), ...chunks.flatMap((chunk) => [...chunk])]);

/** A DATA chunk, first and last of its message. */
function data({ tsn = 1001, stream = 0, bytes = 4 } = {}): Uint8Array {
  const chunk = new Uint8Array(Math.ceil((16 + bytes) / 4) * 4);
  const view = new DataView(chunk.buffer);
  view.setUint8(1, 3);
  view.setUint16(2, 16 + bytes);
  view.setUint32(4, tsn);
  view.setUint16(8, stream);
  return chunk;
}

const streams = (count: number, chunks: number): SctpHoldings['inboundStreams'] =>
  Object.fromEntries(
    Array.from({ length: count }, (_, id) => [id, { reassembly: Array.from({ length: chunks }) }]),
  );

describe('a packet that an honest viewer sends', () => {
  it.each([
    ['data', packet(data()), 1],
    ['data that came before', packet(data({ tsn: 1000 })), 1],
    ['data out of order', packet(data({ tsn: 1200 })), 1],
    ['two chunks, the first padded', packet(data({ bytes: 5 }), data({ tsn: 1002 })), 2],
    ['SACK with a gap', packet(hex('03 00 0014  00000001 00100000 0001 0000  0002 0009')), 1],
    ['FORWARD-TSN', packet(hex('c0 00 000c  000003f0  0001 0007')), 1],
    ['heartbeat', packet(hex('04 00 000c  0001 0008 12345678')), 1],
    ['stream reset', packet(hex('82 00 0016  000d 0012 00000001 00000002 00000003 0001 0000')), 1],
    ['cookie', packet(hex('0a 00 0008 12345678')), 1],
  ])('passes: %s', (_, bytes, chunks) => {
    expect(countSctpChunks(bytes, holdings())).toBe(chunks);
  });

  it('passes when the numbering wraps', () => {
    const held = holdings({ lastReceivedTsn: 0xffff_fffe });

    expect(countSctpChunks(packet(data({ tsn: 3 })), held)).toBe(1);
  });
});

describe('a packet that would cost too much', () => {
  it.each([
    ['nothing', new Uint8Array(0)],
    ['a header alone', packet()],
    ['a chunk of length zero', packet(hex('0b 00 0000'))],
    ['a chunk shorter than its header', packet(hex('0b 00 0003'))],
    ['a chunk longer than the packet', packet(hex('0a 00 0009 12345678'))],
    ['a parameter of length zero', packet(hex('04 00 0008  0001 0000'))],
    ['a parameter longer than its chunk', packet(hex('04 00 0008  0001 0005'))],
    ['a reset parameter of length zero', packet(hex('82 00 0008  000d 0000'))],
    ['an INIT without its fixed part', packet(hex('01 00 0008  00000001'))],
    ['DATA without data', packet(data({ bytes: 0 }))],
    ['DATA far ahead', packet(data({ tsn: 1257 }))],
    ['a SACK that counts more gaps than it has', packet(hex('03 00 0010  00000001 00100000 ffff 0000'))],
    ['a SACK of a wide gap', packet(hex('03 00 0014  00000001 00100000 0001 0000  0001 ffff'))],
    [
      'a SACK of a gap that ends before it begins',
      packet(hex('03 00 0014  00000001 00100000 0001 0000  0009 0002')),
    ],
    ['a FORWARD-TSN cut short', packet(hex('c0 00 000a  000003f0 0001 0000'))],
    [
      'a FORWARD-TSN of many streams',
      packet(new Uint8Array([0xc0, 0, 0, 8 + 33 * 4, ...new Uint8Array(4 + 33 * 4)])),
    ],
    ['many chunks', packet(...Array.from({ length: 65 }, () => hex('0b 00 0004')))],
  ])('is refused: %s', (_, bytes) => {
    expect(countSctpChunks(bytes, holdings())).toBeUndefined();
  });

  it.each([
    ['no association', { lastReceivedTsn: undefined }],
    ['the window is full', { advertisedRwnd: 3 }],
    ['many chunks of the stream wait for others', { inboundStreams: streams(1, 256) }],
    ['many answers wait for an acknowledgement', { outboundQueue: Array.from({ length: 257 }) }],
  ])('is refused: DATA while %s', (_, changes) => {
    expect(
      countSctpChunks(packet(data()), { ...holdings(), ...(changes as Partial<SctpHoldings>) }),
    ).toBeUndefined();
  });

  it('is refused when it opens one stream too many', () => {
    const held = holdings({ inboundStreams: streams(32, 0) });

    expect(countSctpChunks(packet(data({ stream: 31 })), held)).toBe(1);
    expect(countSctpChunks(packet(data({ stream: 32 })), held)).toBeUndefined();
    expect(countSctpChunks(packet(hex('c0 00 000c  000003f0  0020 0007')), held)).toBeUndefined();
  });
});

it('ends for any bytes', () => {
  let seed = 7;
  const next = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: 12 + next(60) }, () => (next(3) === 0 ? next(256) : next(20)));

    const chunks = countSctpChunks(bytes, holdings());

    expect(chunks === undefined || (chunks > 0 && chunks <= bytes.byteLength / 4)).toBe(true);
  }
});
