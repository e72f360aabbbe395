import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { AacDepacketizer, type AacPacketLayout, type DepacketizedSound } from './aac-depacketizer.ts';

const HBR: AacPacketLayout = { sizeLength: 13, indexLength: 3, indexDeltaLength: 3, ticksPerFrame: 1024 };

interface Packet {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

const packet = (payload: Uint8Array, sequence = 1, timestamp = 5000): Packet => ({
  sequence,
  timestamp,
  payload,
});

/** One header of AAC-hbr for each size, and `data` behind. */
function hbr(sizes: readonly number[], data: Uint8Array): Uint8Array {
  const headers = sizes.flatMap((size) => [size >> 5, (size << 3) & 0xff]);
  return Uint8Array.from([(sizes.length * 16) >> 8, (sizes.length * 16) & 0xff, ...headers, ...data]);
}

/** Packets of frames as a camera may send them: several in one where they fit, one in several where it does not. */
function packetize(frames: readonly Uint8Array[], roomBytes: number): Packet[] {
  const packets: Packet[] = [];
  const add = (payload: Uint8Array, index: number): void => {
    packets.push({
      sequence: (65_530 + packets.length) % 65_536,
      timestamp: (2 ** 32 - 2048 + index * 1024) % 2 ** 32,
      payload,
    });
  };
  for (let i = 0; i < frames.length; ) {
    const group: Uint8Array[] = [];
    const first = i;
    for (let bytes = 0; ; i++) {
      const next = frames[i];
      if (next === undefined || bytes + next.byteLength > roomBytes) break;
      group.push(next);
      bytes += next.byteLength;
    }
    if (group.length > 0) {
      add(
        hbr(
          group.map(({ byteLength }) => byteLength),
          Uint8Array.from(group.flatMap((each) => [...each])),
        ),
        first,
      );
      continue;
    }
    const frame = frames[i] ?? new Uint8Array();
    for (let at = 0; at < frame.byteLength; at += roomBytes) {
      add(hbr([frame.byteLength], frame.subarray(at, at + roomBytes)), i);
    }
    i++;
  }
  return packets;
}

const take = (packets: readonly Packet[], depacketizer = new AacDepacketizer(HBR)): DepacketizedSound[] =>
  packets.flatMap((each) => depacketizer.push(each));

const frame = (sizeBytes: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 7 + seed) & 0xff);

describe('AacDepacketizer', () => {
  it('gives the frames of a packet, each a frame later than the one before', () => {
    const payload = hex(`
      0020        # AU-headers-length: 32 bits
      0018        # 3 bytes, index 0
      0010        # 2 bytes, index delta 0
      aabbcc ddee
    `);

    expect(take([packet(payload)])).toEqual([
      { data: hex('aabbcc'), timestamp: 5000 },
      { data: hex('ddee'), timestamp: 6024 },
    ]);
  });

  it('passes over the frames that an index delta passes over', () => {
    const payload = hex('0020 0008 000a aa bb'); // index delta 2

    expect(take([packet(payload)]).map(({ timestamp }) => timestamp)).toEqual([5000, 5000 + 3 * 1024]);
  });

  it('reads the layout of AAC-lbr: a byte a header', () => {
    const depacketizer = new AacDepacketizer({ ...HBR, sizeLength: 6, indexLength: 2, indexDeltaLength: 2 });
    const payload = hex('0010 08 04 aabb cc'); // 16 bits of headers: 2 bytes, 1 byte

    expect(take([packet(payload)], depacketizer).map(({ data }) => data)).toEqual([hex('aabb'), hex('cc')]);
  });

  it('joins a frame that came in three packets', () => {
    const whole = frame(300);
    const packets = packetize([whole], 120);

    expect(packets).toHaveLength(3);
    expect(take(packets)).toEqual([{ data: whole, timestamp: 2 ** 32 - 2048 }]);
  });

  it.for([0, 1, 2])('leaves out a frame whose fragment %i was lost, once, and goes on', (lost) => {
    const depacketizer = new AacDepacketizer(HBR);
    const packets = packetize([frame(300), frame(40, 9)], 120).filter((_, i) => i !== lost);

    expect(take(packets, depacketizer).map(({ data }) => data)).toEqual([frame(40, 9)]);
    expect(depacketizer.counters).toEqual({ frames: 1, droppedIncomplete: 1, packetsMalformed: 0 });
  });

  it.for<readonly [string, string, number?]>([
    ['nothing but a length', '0010'],
    ['headers that pass its end', '0100 0018 aabb'],
    ['half a header', '0008 00 aabb'],
    ['no header at all', '0000 aabb'],
    ['a frame of no bytes', '0010 0000 aabb'],
    ['a frame of more bytes than there are, behind another', '0020 0008 0040 aabb'],
    ['a frame larger than any', '0010 f000 aabb', 16],
    ['a fragment of no bytes', '0010 0018'],
  ])('counts %s, and gives nothing wrong out', ([, payload, sizeLength = 13]) => {
    const depacketizer = new AacDepacketizer({ ...HBR, sizeLength, indexLength: 16 - sizeLength });
    const found = take([packet(hex(payload))], depacketizer);

    expect(found.length).toBeLessThanOrEqual(1);
    expect(depacketizer.counters.packetsMalformed).toBe(1);
  });

  test('any frames come out as they went in, however they were put into packets', () => {
    const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 700 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(frames, fc.integer({ min: 20, max: 1400 }), (sent, roomBytes) => {
        const got = take(packetize(sent, roomBytes));

        expect(got.map(({ data }) => [...data])).toEqual(sent.map((each) => [...each]));
        expect(got.map(({ timestamp }) => timestamp)).toEqual(
          sent.map((_, i) => (2 ** 32 - 2048 + i * 1024) % 2 ** 32),
        );
      }),
    );
  });

  test('whatever is lost, no frame comes out that was not sent', () => {
    const frames = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(
        frames,
        fc.integer({ min: 20, max: 400 }),
        fc.infiniteStream(fc.boolean()),
        (sizes, room, fate) => {
          // Each byte tells its frame.
          const sent = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
          const packets = packetize(sent, room).filter(() => fate.next().value !== true);

          for (const { data } of take(packets)) expect(data).toEqual(sent[(data[0] ?? 0) - 1]);
        },
      ),
    );
  });

  test('any bytes at all are taken, and hold no more memory than a frame', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 60 });
    fc.assert(
      fc.property(
        payloads,
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 0, max: 16 }),
        (all, size, index) => {
          const layout = { ...HBR, sizeLength: size, indexLength: index, indexDeltaLength: index };
          const depacketizer = new AacDepacketizer(layout);
          for (const [i, payload] of all.entries()) {
            for (const { data } of depacketizer.push(packet(payload, i, i % 3))) {
              expect(data.byteLength).toBeGreaterThan(0);
              expect(data.byteLength).toBeLessThanOrEqual(8192);
            }
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
