import { millis } from '@pinhole/core';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import { nalType, nalUnits } from '@pinhole/media/h264';
import { packetizeH264, parseRtcp, serializeRtcp, serializeRtp } from '@pinhole/media/rtp';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { FakeClock } from '../fake-clock.ts';
import { RtpReceiver, type RtpReceiverOptions } from './rtp-receiver.ts';

const SPS = hex('67 42 c0 1f da 01 40 16 e8');
const PPS = hex('68 ce 3c 80');
const KEY = Uint8Array.from({ length: 3000 }, (_, i) =>
  i === 0 ? 0x65 : i === 1 ? 0x88 : ((i * 7) & 0xff) | 1,
);
const delta = (n: number): Uint8Array =>
  Uint8Array.from({ length: 40 }, (_, i) => (i === 0 ? 0x41 : i === 1 ? 0x9a : (n & 0xff) | 1));

/** A receiver and a sender whose packets a test hands over, or does not. */
function setUp(options: Partial<RtpReceiverOptions> = {}) {
  const clock = new FakeClock();
  const units: DemuxedUnit[] = [];
  const seen = { received: 0, bye: 0 };
  const receiver = new RtpReceiver(
    { payloadType: 96, ticksPerSecond: 90_000, parameterSets: [], clock, ...options },
    { write: (unit) => units.push(unit), received: () => seen.received++, bye: () => seen.bye++ },
  );
  let sequence = 65_533;
  let picture = 0;
  const packets = (...nals: readonly Uint8Array[]): Uint8Array[] => {
    const timestamp = 3000 * picture++;
    const payloads = packetizeH264(nals);
    return payloads.map((payload, i) =>
      serializeRtp({
        marker: i === payloads.length - 1,
        payloadType: 96,
        sequence: sequence++ & 0xffff,
        timestamp,
        ssrc: 5,
        payload,
      }),
    );
  };
  const send = (list: readonly Uint8Array[]): void => {
    for (const bytes of list) receiver.rtp(bytes);
  };
  const types = () => units.map((unit) => [...nalUnits(unit.data)].map(nalType));
  return { receiver, clock, units, seen, packets, send, types };
}

describe('RtpReceiver', () => {
  it('hands a picture over at its last packet, numbered and dated', () => {
    const { units, packets, send, clock } = setUp();
    const [last, ...others] = packets(SPS, PPS, KEY).toReversed();

    send(others.toReversed());
    expect(units).toHaveLength(0);
    send(last ? [last] : []);
    expect(units).toHaveLength(1);
    clock.advance(33);
    send(packets(delta(1)));

    expect(units.map(({ key, pts, dts, sequence }) => ({ key, pts, dts, sequence }))).toEqual([
      { key: true, pts: 0, dts: 0, sequence: 0 },
      { key: false, pts: 33_333, dts: 33_333, sequence: 1 },
    ]);
  });

  it('puts what was told beside the stream in front of key pictures, until the stream tells itself', () => {
    const { units, packets, send, types } = setUp({ parameterSets: [SPS, PPS] });
    const newer = hex('67 42 c0 20 da 01 40 16 e8');

    send([...packets(KEY), ...packets(newer, PPS, KEY), ...packets(KEY)]);

    expect(types()).toEqual([
      [7, 8, 5],
      [7, 8, 5],
      [7, 8, 5],
    ]);
    expect([...nalUnits(units[2]?.data ?? SPS)][0]).toEqual(newer);
  });

  it('begins with a key picture', () => {
    const { units, packets, send, receiver, seen } = setUp({ parameterSets: [SPS, PPS] });

    send([...packets(delta(1)), ...packets(delta(2)), ...packets(KEY)]);

    expect(units.map(({ key, sequence }) => [key, sequence])).toEqual([[true, 0]]);
    expect(receiver.counters.droppedBeforeKey).toBe(2);
    expect(seen.received).toBe(3);
  });

  it('passes on nothing from a loss to the next key picture, and numbers so that it shows', () => {
    const { units, packets, send, receiver } = setUp({ parameterSets: [SPS, PPS] });
    send(packets(KEY));
    packets(delta(1)); // lost

    send([...packets(delta(2)), ...packets(delta(3)), ...packets(KEY), ...packets(delta(4))]);

    expect(units.map(({ key, sequence }) => [key, sequence])).toEqual([
      [true, 0],
      [true, 4],
      [false, 5],
    ]);
    expect(receiver.counters).toMatchObject({ droppedAfterLoss: 2, packetsLost: 1 });
  });

  it('leaves a key picture out when its own parameter sets may be what was lost', () => {
    const { units, packets, send } = setUp();
    send(packets(SPS, PPS, KEY));
    const [, ...rest] = packets(SPS, PPS, KEY); // the packet with both sets is lost

    send([...rest, ...packets(delta(1)), ...packets(SPS, PPS, KEY)]);

    expect(units.map(({ key, sequence }) => [key, sequence])).toEqual([
      [true, 0],
      [true, 4],
    ]);
  });

  it('waits for a packet that comes late, not for one that never comes', () => {
    const { units, packets, send, clock, receiver } = setUp({
      parameterSets: [SPS, PPS],
      reorder: { waitMs: millis(25) },
    });
    send(packets(KEY));
    const late = packets(delta(1));
    const following = packets(delta(2));

    send(following);
    expect(units).toHaveLength(1);
    send(late);
    expect(units).toHaveLength(3);

    packets(delta(3)); // lost
    send(packets(KEY));
    expect(units).toHaveLength(3);
    clock.advance(25);
    expect(units.map(({ key }) => key)).toEqual([true, false, false, true]);
    expect(receiver.counters).toMatchObject({ packetsReordered: 1, gapsGivenUp: 1, packetsLost: 1 });
    expect(clock.pending).toBe(0);
  });

  it('passes over other payload types and streams, and counts them', () => {
    const { units, packets, send, receiver } = setUp({ parameterSets: [SPS, PPS] });
    send(packets(KEY));
    const payload = delta(9);

    receiver.rtp(
      serializeRtp({ marker: true, payloadType: 97, sequence: 1, timestamp: 0, ssrc: 5, payload }),
    );
    receiver.rtp(
      serializeRtp({ marker: true, payloadType: 96, sequence: 1, timestamp: 0, ssrc: 6, payload }),
    );
    receiver.rtp(Uint8Array.of(1, 2, 3));

    expect(units).toHaveLength(1);
    expect(receiver.counters).toMatchObject({ packetsForeign: 2, packetsMalformed: 1, packetsLost: 0 });
  });

  it('ends at the BYE of its own stream only', () => {
    const { receiver, packets, send, seen } = setUp();
    send(packets(SPS, PPS, KEY));

    receiver.rtcp(serializeRtcp([{ kind: 'bye', ssrcs: [6] }]));
    expect(seen.bye).toBe(0);
    receiver.rtcp(serializeRtcp([{ kind: 'bye', ssrcs: [5] }]));
    expect(seen.bye).toBe(1);
  });

  it('reports before anything came, and what came', () => {
    const { receiver, packets, send } = setUp();

    expect(parseRtcp(receiver.report())).toMatchObject([
      { kind: 'receiver-report', reports: [] },
      { kind: 'source-description' },
    ]);
    send(packets(SPS, PPS, KEY));
    expect(parseRtcp(receiver.report())).toMatchObject([{ reports: [{ ssrc: 5, packetsLost: 0 }] }, {}]);
  });

  it('keeps no chunk of a connection for a small packet in it', () => {
    const { units, packets, receiver } = setUp();
    const chunk = new Uint8Array(65_536);

    // Each packet lies where the one before lay: a view of that would have changed by the time the picture is whole.
    for (const bytes of packets(SPS, PPS, KEY)) {
      chunk.set(bytes);
      receiver.rtp(chunk.subarray(0, bytes.byteLength));
    }

    expect([...nalUnits(units[0]?.data ?? SPS)]).toEqual([SPS, PPS, KEY]);
  });

  test('any datagrams at all are taken without a throw', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((tail) => Uint8Array.of(0x80, 0xe0, ...tail));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(bytes, fc.uint8Array({ maxLength: 40 })), { maxLength: 30 }),
        fc.boolean(),
        (list, udp) => {
          const { receiver, clock } = setUp(udp ? { reorder: {} } : {});
          for (const datagram of list) {
            receiver.rtp(datagram);
            receiver.rtcp(datagram);
          }
          clock.advance(100);
          receiver.report();
          receiver.close();
          expect(clock.pending).toBe(0);
        },
      ),
      { numRuns: 3000 },
    );
  });
});
