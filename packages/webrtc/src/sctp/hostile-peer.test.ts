import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Inbound, type Reception } from './inbound.ts';
import { tsnAfter } from './serial.ts';
import { type LinkFaults, mulberry32, SimulatedLink } from './simulated-link.ts';

const BINARY = 53;

const bytes = (sizeBytes: number, seed = 1): Uint8Array => {
  const random = mulberry32(seed);
  return Uint8Array.from({ length: sizeBytes }, () => Math.floor(random() * 256));
};

const connected = (options: { readonly seed?: number; readonly faults?: LinkFaults } = {}): SimulatedLink => {
  const link = new SimulatedLink(options);
  link.connect();
  return link;
};

const send = (
  link: SimulatedLink,
  payload: Uint8Array,
  options: { readonly streamId?: number; readonly ordered?: boolean; readonly maxRetransmits?: number } = {},
): void => {
  const { streamId = 0, ordered = true, maxRetransmits } = options;
  link.a.association.send({ streamId, protocol: BINARY, ordered, maxRetransmits, payload });
};

describe('a hostile peer', () => {
  it('can send anything: nothing throws, and what is no packet is counted', () => {
    const link = connected();
    const packets: Uint8Array[] = [];
    const { association } = link.b;

    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (packet) => {
        expect(association.receive(packet)).toBe(false);
        packets.push(packet);
      }),
    );
    expect(association.isUp).toBe(true);
  });

  it('is sent away by a message that is longer than was agreed on', () => {
    const link = connected();

    send(link, bytes(262_145));
    link.run(link.nowMs + 10_000);

    expect(link.b.messages).toEqual([]);
    expect([link.a.state.down, link.b.state.down]).toEqual([1, 1]);
  });

  it('cannot make it hold more than the window, nor more pieces than a few thousand', () => {
    const inbound = new Inbound({
      firstTsn: 0xffff_fff0,
      limits: { messageBytes: 262_144, windowBytes: 2 ** 20 },
      deliver: () => {},
    });
    const chunk = { streamId: 1, ssn: 0, protocol: BINARY, first: true, last: false, unordered: false };
    const receive = (ahead: number, sizeBytes: number): Reception =>
      inbound.receive({ ...chunk, tsn: tsnAfter(0xffff_fff0, ahead), payload: new Uint8Array(sizeBytes) });

    const large = Array.from({ length: 1000 }, (_, i) => receive(i + 1, 1160));
    const small = Array.from({ length: 5000 }, (_, i) => receive(i + 2000, 1));

    expect(large.filter((reception) => reception === 'taken')).toHaveLength(Math.floor(2 ** 20 / 1160));
    expect(small.filter((reception) => reception === 'taken').length).toBeLessThan(4096);
    expect(inbound.sack.windowBytes).toBeGreaterThanOrEqual(0);
    // Nothing else would ever make room.
    expect(receive(0, 1160)).toBe('violation');
  });

  it('harms nobody by packets that were changed on the way, with a checksum that cannot tell', () => {
    const link = new SimulatedLink({ faults: { delayMs: [5, 15], loss: 0.05 }, seed: 4 });
    const packets: Uint8Array[] = [];
    link.tap = (packet) => packets.push(packet.slice());
    link.connect();
    for (let i = 0; i < 20; i++) send(link, bytes(3000, i), { streamId: i % 4, ordered: i % 3 > 0 });
    link.a.association.end(3);
    link.run(link.nowMs + 20_000);

    fc.assert(
      fc.property(
        fc.nat(packets.length - 1),
        fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (index, changes) => {
          const packet = packets[index]?.slice() ?? new Uint8Array(0);
          for (const [at, value] of changes) if (at + 12 < packet.byteLength) packet[at + 12] = value;
          packet.fill(0, 8, 12);
          link.b.association.receive(packet);
          link.a.association.receive(packet);
          link.run(link.nowMs + 10);
        },
      ),
      { numRuns: 2000 },
    );

    expect(link.b.messages.length).toBeGreaterThan(15);
  });
});
