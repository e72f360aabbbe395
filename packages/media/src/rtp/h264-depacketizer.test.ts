import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { type DepacketizedUnit, H264Depacketizer } from './h264-depacketizer.ts';
import { packetizeH264 } from './h264-packetizer.ts';

interface Packet {
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

const SPS = hex('67 42 c0 1f da 01 40 16 e8');
const PPS = hex('68 ce 3c 80');
/** First byte after the header: first_mb_in_slice = 0 where its top bit is set. */
const slice = (header: number, sizeBytes: number, second = 0x88): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, i) => (i === 0 ? header : i === 1 ? second : (i * 13) & 0xff));

/** The packets of consecutive access units, 3000 ticks apart. */
function packetsOf(
  units: readonly (readonly Uint8Array[])[],
  { firstSequence = 65_530, maxPayloadBytes = 100 } = {},
) {
  const packets: Packet[] = [];
  for (const [index, nalUnits] of units.entries()) {
    const payloads = packetizeH264(nalUnits, { maxPayloadBytes });
    for (const [i, payload] of payloads.entries()) {
      const sequence = (firstSequence + packets.length) % 65_536;
      packets.push({ sequence, timestamp: index * 3000, marker: i === payloads.length - 1, payload });
    }
  }
  return packets;
}

const depacketize = (packets: readonly Packet[], depacketizer = new H264Depacketizer()): DepacketizedUnit[] =>
  packets.flatMap((packet) => depacketizer.push(packet));

describe('H264Depacketizer', () => {
  const key = [SPS, PPS, slice(0x65, 450)];
  const delta = [slice(0x41, 30), slice(0x41, 250, 0x40)];

  it('gives each unit at its marker', () => {
    const units = depacketize(packetsOf([key, delta]));

    expect(units).toEqual([
      { nalUnits: key, timestamp: 0, afterLoss: false },
      { nalUnits: delta, timestamp: 3000, afterLoss: false },
    ]);
  });

  it('gives a unit without marker when the time stamp changes', () => {
    const packets = packetsOf([key, delta, key]).map((packet) => ({ ...packet, marker: false }));

    expect(depacketize(packets).map(({ nalUnits }) => nalUnits)).toEqual([key, delta]);
  });

  it('joins parameter sets that come with a marker and time stamp of their own to their picture', () => {
    const units = depacketize([
      { sequence: 1, timestamp: 1, marker: true, payload: SPS },
      { sequence: 2, timestamp: 2, marker: true, payload: PPS },
      { sequence: 3, timestamp: 3, marker: true, payload: slice(0x65, 9) },
    ]);

    expect(units).toEqual([{ nalUnits: [SPS, PPS, slice(0x65, 9)], timestamp: 3, afterLoss: false }]);
  });

  it('stops trusting a marker that is set on each slice', () => {
    const depacketizer = new H264Depacketizer();
    const packets = [0, 3000, 6000].flatMap((timestamp, i) => [
      { sequence: 2 * i, timestamp, marker: true, payload: slice(0x41, 20) },
      { sequence: 2 * i + 1, timestamp, marker: true, payload: slice(0x41, 20, 0x40) },
    ]);

    const units = depacketize(packets, depacketizer);

    expect(units.map(({ timestamp, nalUnits }) => [timestamp, nalUnits.length])).toEqual([
      [0, 1],
      [0, 1],
      [3000, 2],
    ]);
    expect(depacketizer.counters.unitsSplit).toBe(1);
  });

  it('drops a unit with a hole and tells the next one', () => {
    const packets = packetsOf([key, delta, delta]);
    const hole = packets.findIndex(({ timestamp }) => timestamp === 3000) + 1;
    const depacketizer = new H264Depacketizer();

    const units = depacketize(packets.toSpliced(hole, 1), depacketizer);

    expect(units.map(({ timestamp, afterLoss }) => [timestamp, afterLoss])).toEqual([
      [0, false],
      [6000, true],
    ]);
    expect(depacketizer.counters).toMatchObject({ units: 2, droppedIncomplete: 1, packetsLost: 1 });
  });

  it('drops a unit whose last packet was lost', () => {
    const packets = packetsOf([key, delta]);
    const last = packets.findIndex(({ marker }) => marker);

    const units = depacketize(packets.toSpliced(last, 1));

    expect(units.map(({ timestamp, afterLoss }) => [timestamp, afterLoss])).toEqual([[3000, true]]);
  });

  it('drops a unit whose first slice was lost, keeps one that begins with macroblock 0', () => {
    const depacketizer = new H264Depacketizer();

    const units = depacketize(
      [
        { sequence: 0, timestamp: 0, marker: true, payload: slice(0x41, 20) },
        { sequence: 2, timestamp: 3000, marker: true, payload: slice(0x41, 20, 0x40) },
        { sequence: 5, timestamp: 6000, marker: true, payload: slice(0x41, 20) },
      ],
      depacketizer,
    );

    expect(units.map(({ timestamp, afterLoss }) => [timestamp, afterLoss])).toEqual([
      [0, false],
      [6000, true],
    ]);
    expect(depacketizer.counters).toMatchObject({ packetsLost: 3, droppedIncomplete: 1 });
  });

  it('leaves out packets that come twice or late', () => {
    const packets = packetsOf([key, delta]);
    const depacketizer = new H264Depacketizer();

    const units = depacketize(
      packets.flatMap((packet) => [packet, packet]),
      depacketizer,
    );

    expect(units).toHaveLength(2);
    expect(depacketizer.counters).toMatchObject({ packetsLate: packets.length, packetsLost: 0 });
  });

  it.each([
    { where: 'far away', firstSequence: 40_000, late: 0 },
    { where: 'a little behind', firstSequence: 65_000, late: 100 },
  ])('goes on when the sender begins anew $where', ({ firstSequence, late }) => {
    const depacketizer = new H264Depacketizer();
    depacketize(packetsOf([key]), depacketizer);
    const restarted = packetsOf(
      Array.from({ length: late + 2 }, () => [slice(0x41, 20)]),
      { firstSequence },
    );

    const units = depacketize(restarted, depacketizer);

    expect(units.map(({ afterLoss }) => afterLoss)).toEqual([true, false]);
    expect(depacketizer.counters).toMatchObject({ packetsLate: late, sequenceRestarts: 1 });
  });

  it.each([
    [
      'a STAP-A with zero padding',
      [hex('78 0004 68ce3c80 0002 6588 0000 00')],
      [hex('68ce3c80'), hex('6588')],
    ],
    ['a FU-A that is first and last', [hex('7c c5 88 01')], [hex('65 88 01')]],
    ['start codes left in', [hex('00000001 68ce3c80 000001 6588')], [hex('68ce3c80'), hex('6588')]],
    ['start codes left in fragments', [hex('1c 80 000001 6588'), hex('1c 40 09')], [hex('658809')]],
    ['a last fragment that does not say so', [hex('7c 85 88'), hex('7c 05 99')], [hex('658899')]],
    ['an empty packet', [hex(''), hex('65 88')], [hex('65 88')]],
    ['a reserved type', [hex('1f 00'), hex('65 88')], [hex('65 88')]],
  ])('takes %s', (_, payloads, nalUnits) => {
    const packets = payloads.map((payload, i) => ({
      sequence: i,
      timestamp: 0,
      marker: i === payloads.length - 1,
      payload,
    }));

    expect(depacketize(packets).map((unit) => unit.nalUnits)).toEqual([nalUnits]);
  });

  it.each([
    ['packetsMalformed', hex('78 0009 65 88')],
    ['packetsMalformed', hex('78 00')],
    ['packetsMalformed', hex('7c')],
    ['packetsUnsupported', hex('79 0000 0002 6588')],
  ] as const)('counts %s and drops the unit', (counter, payload) => {
    const depacketizer = new H264Depacketizer();

    depacketizer.push({ sequence: 0, timestamp: 0, marker: false, payload: slice(0x65, 20) });
    const units = depacketizer.push({ sequence: 1, timestamp: 0, marker: true, payload });

    expect(units).toEqual([]);
    expect(depacketizer.counters).toMatchObject({ [counter]: 1, droppedIncomplete: 1, units: 0 });
  });

  it('drops a unit that passes a limit, and only that', () => {
    const depacketizer = new H264Depacketizer({ maxUnitBytes: 400 });

    const units = depacketize(packetsOf([delta, key, delta]), depacketizer);

    expect(units.map(({ timestamp }) => timestamp)).toEqual([0, 6000]);
    expect(depacketizer.counters).toMatchObject({ droppedOversize: 1, droppedIncomplete: 0 });
  });

  it('drops a unit of too many NAL units', () => {
    const depacketizer = new H264Depacketizer({ maxNalUnits: 2 });

    depacketize(packetsOf([key]), depacketizer);

    expect(depacketizer.counters.droppedOversize).toBe(1);
  });

  const nal = fc.integer({ min: 1, max: 5 }).chain((type) =>
    fc
      // The limit is 100: sizes round one, two and three packets matter.
      .oneof(
        fc.integer({ min: 2, max: 700 }),
        fc.constantFrom(97, 98, 99, 100, 101, 102, 196, 197, 198, 294, 295),
      )
      .map((sizeBytes) => slice(0x60 | type, sizeBytes)),
  );
  const unit = fc.array(nal, { minLength: 1, maxLength: 6 });

  test('gives back what was packetized, for any sizes, and changes no payload', () => {
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 5 }), (units) => {
        const packets = packetsOf(units);
        const before = Buffer.concat(packets.map(({ payload }) => payload));

        // As text: comparing arrays of arrays of bytes element by element would take seconds.
        const asText = (nalUnits: readonly Uint8Array[]) =>
          nalUnits.map((n) => Buffer.from(n).toString('hex'));
        expect(depacketize(packets).map(({ nalUnits }) => asText(nalUnits))).toEqual(units.map(asText));
        expect(Buffer.concat(packets.map(({ payload }) => payload)).equals(before)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('whatever packets are lost, a unit that comes out is one that went in', () => {
    const units = fc.array(unit, { minLength: 2, maxLength: 6 });
    const kept = fc.infiniteStream(fc.integer({ min: 0, max: 9 }).map((n) => n > 1));
    fc.assert(
      fc.property(units, kept, (sent, keep) => {
        // One slice a unit, so that a lost slice cannot go unseen between two that begin with macroblock 0.
        const whole = sent.map(([first], i) => [...(i % 2 === 0 ? [SPS, PPS] : []), first ?? SPS]);
        const survivors = packetsOf(whole).filter(() => keep.next().value);

        for (const { timestamp, nalUnits } of depacketize(survivors)) {
          const slices = (nals: readonly Uint8Array[] | undefined) =>
            nals?.filter((n) => (n[0] ?? 0) % 32 < 6);
          expect(slices(nalUnits)).toEqual(slices(whole[timestamp / 3000]));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('any payloads at all are taken without a throw', () => {
    const packet = fc.record({
      sequence: fc.integer({ min: 0, max: 12 }),
      timestamp: fc.integer({ min: 0, max: 3 }),
      marker: fc.boolean(),
      payload: fc
        .tuple(fc.constantFrom(0x78, 0x7c, 0x65, 0x67, 0x79, 0x00, 0x1f), fc.uint8Array({ maxLength: 20 }))
        .map(([first, rest]) => Uint8Array.of(first, ...rest)),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 30 }), (packets) => {
        for (const { nalUnits } of depacketize(packets)) expect(nalUnits.length).toBeGreaterThan(0);
      }),
      { numRuns: 3000 },
    );
  });
});
