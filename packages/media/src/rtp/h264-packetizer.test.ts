import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { H264RtpPayload } from 'werift';
import { hex } from '../../../../test/support/hex.ts';
import { packetizeH264 } from './h264-packetizer.ts';

/** A NAL unit of `sizeBytes` whose bytes all differ from their neighbours. */
const nalOf = (header: number, sizeBytes: number): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, i) => (i === 0 ? header : (i * 7) & 0xff));

describe('packetizeH264', () => {
  it('aggregates SPS, PPS and what is small before the slice into one STAP-A', () => {
    const payloads = packetizeH264([
      hex('67 42 c0 1f'),
      hex('68 ce 3c 80'),
      hex('06 05 80'),
      nalOf(0x65, 1200),
    ]);

    expect(payloads).toEqual([
      hex(`
        78                # F=0, NRI=3 (the greatest), type 24
        00 04 67 42 c0 1f # SPS
        00 04 68 ce 3c 80 # PPS
        00 03 06 05 80    # SEI
      `),
      nalOf(0x65, 1200),
    ]);
  });

  it('sends a NAL unit that fits alone as it is, without a copy', () => {
    const slice = nalOf(0x41, 1200);

    expect(packetizeH264([slice])[0]).toBe(slice);
  });

  it('cuts a NAL unit one byte too long into two equal halves', () => {
    const [first, second, ...rest] = packetizeH264([nalOf(0x65, 11)], { maxPayloadBytes: 10 });

    expect(first).toEqual(
      hex(`
        7c             # NRI=3, type 28
        85             # start, type 5
        07 0e 15 1c 23 # half of the body
      `),
    );
    expect(second).toEqual(
      hex(`
        7c             # NRI=3, type 28
        45             # end, type 5
        2a 31 38 3f 46 # the other half
      `),
    );
    expect(rest).toEqual([]);
  });

  it('keeps the order of NAL units: a long one ends the aggregate before it', () => {
    const types = packetizeH264(
      [nalOf(0x67, 4), nalOf(0x68, 4), nalOf(0x65, 30), nalOf(0x65, 4), nalOf(0x65, 4)],
      { maxPayloadBytes: 20 },
    ).map((payload) => (payload[0] ?? 0) & 0x1f);

    expect(types).toEqual([24, 28, 28, 24]);
  });

  it('begins another aggregate when one is full', () => {
    const payloads = packetizeH264([nalOf(0x41, 4), nalOf(0x41, 4), nalOf(0x41, 4)], { maxPayloadBytes: 13 });

    expect(payloads.map(({ byteLength }) => byteLength)).toEqual([13, 4]);
  });

  it('gives nothing for no NAL units and leaves empty ones out', () => {
    expect(packetizeH264([])).toEqual([]);
    expect(packetizeH264([new Uint8Array(0), hex('41 9a')])).toEqual([hex('41 9a')]);
  });

  it.each([2, 65_536, 1200.5, Number.NaN])('refuses a limit of %s bytes', (maxPayloadBytes) => {
    expect(() => packetizeH264([], { maxPayloadBytes })).toThrowError(RangeError);
  });

  test('fragments of one NAL unit are of one size but for the last, keep the limit and are as few as can be', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 64 }),
        fc.integer({ min: 1, max: 500 }),
        (maxPayloadBytes, sizeBytes) => {
          fc.pre(sizeBytes > maxPayloadBytes);
          const nal = nalOf(0x65, sizeBytes);

          const sizes = packetizeH264([nal], { maxPayloadBytes }).map(({ byteLength }) => byteLength);

          expect(Math.max(...sizes)).toBeLessThanOrEqual(maxPayloadBytes);
          expect(new Set(sizes.slice(0, -1)).size).toBe(1);
          expect(sizes.at(-1)).toBeGreaterThan(2);
          expect(sizes.at(-1)).toBeLessThanOrEqual(sizes[0] ?? 0);
          expect(sizes).toHaveLength(Math.ceil((sizeBytes - 1) / (maxPayloadBytes - 2)));
          expect(nal).toEqual(nalOf(0x65, sizeBytes));
        },
      ),
    );
  });

  test('all payloads of an access unit that are not views of the input share one buffer', () => {
    const payloads = packetizeH264([nalOf(0x67, 10), nalOf(0x68, 10), nalOf(0x65, 5000), nalOf(0x65, 3000)]);

    expect(new Set(payloads.map(({ buffer }) => buffer)).size).toBe(1);
  });

  test('werift puts the fragments together again', () => {
    const nals = [nalOf(0x67, 20), nalOf(0x68, 8), nalOf(0x65, 4000)];
    let fragment: Buffer | undefined;
    const annexB: Buffer[] = [];
    for (const payload of packetizeH264(nals)) {
      const parsed = H264RtpPayload.deSerialize(Buffer.from(payload), fragment);
      fragment = parsed.fragment;
      if (parsed.payload) annexB.push(parsed.payload);
    }

    const startCode = hex('00 00 00 01');
    expect(Buffer.concat(annexB)).toEqual(Buffer.concat(nals.flatMap((nal) => [startCode, nal])));
  });
});
