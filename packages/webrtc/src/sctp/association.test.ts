import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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

describe('an association', () => {
  it('comes up when both ends open it at once', () => {
    const link = connected();

    expect([link.a.state, link.b.state]).toMatchObject([
      { up: 1, refused: 0 },
      { up: 1, refused: 0 },
    ]);
  });

  it('comes up when one end only waits', () => {
    const link = new SimulatedLink();

    link.a.association.start();
    link.run(5000);

    expect(link.a.association.isUp && link.b.association.isUp).toBe(true);
  });

  it('comes up on a path that loses most', () => {
    const link = connected({ faults: { loss: 0.6 }, seed: 7 });

    expect(link.a.association.isUp && link.b.association.isUp).toBe(true);
  });

  it('ends at both ends when one says so', () => {
    const link = connected();

    link.a.association.abort();
    link.a.association.abort();
    link.run(link.nowMs + 1000);

    expect([link.a.state.down, link.b.state.down]).toEqual([1, 1]);
  });
});

describe('messages', () => {
  it('keep their bounds, their stream and their protocol', () => {
    const link = connected();
    const payloads = [1, 1159, 1160, 1161, 65_536, 262_144].map((size) => bytes(size, size));

    for (const [streamId, payload] of payloads.entries()) send(link, payload, { streamId });
    link.run(link.nowMs + 60_000, () => link.b.messages.length === payloads.length);

    const byStream = link.b.messages.toSorted((one, other) => one.streamId - other.streamId);
    expect(byStream.map(({ streamId }) => streamId)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(
      byStream.every(({ payload }, index) => Buffer.compare(payload, payloads[index] ?? bytes(0)) === 0),
    ).toBe(true);
    expect(byStream[0]?.protocol).toBe(BINARY);
  });

  it('arrive whole and in order whatever the path does', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer({ min: 1, max: 1e6 }),
          loss: fc.double({ min: 0, max: 0.3, noNaN: true }),
          duplicates: fc.double({ min: 0, max: 0.2, noNaN: true }),
          jitter: fc.integer({ min: 0, max: 40 }),
          sizes: fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 25 }),
        }),
        ({ seed, loss, duplicates, jitter, sizes }) => {
          const link = connected({ seed, faults: { loss, duplicates, delayMs: [5, 5 + jitter] } });
          for (const [index, size] of sizes.entries())
            send(link, bytes(size, index), { streamId: index % 2 });
          link.run(link.nowMs + 600_000, () => link.a.association.idle);

          for (const streamId of [0, 1]) {
            const sent = sizes.flatMap((size, index) => (index % 2 === streamId ? [bytes(size, index)] : []));
            const got = link.b.messages.filter((message) => message.streamId === streamId);
            expect(got.map(({ payload }) => Buffer.from(payload).toString('hex'))).toEqual(
              sent.map((payload) => Buffer.from(payload).toString('hex')),
            );
          }
          expect(link.a.association.bufferedOf(0) + link.a.association.bufferedOf(1)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of a long transfer do not hold up those of another stream', () => {
    const link = connected({ faults: { delayMs: [10, 10], rate: 1000 } });

    for (let i = 0; i < 16; i++) send(link, bytes(65_536, i), { streamId: 0 });
    send(link, bytes(10), { streamId: 1 });
    link.run(link.nowMs + 60_000, () => link.b.messages.some(({ streamId }) => streamId === 1));

    expect(link.b.messages.length).toBeLessThan(6);
  });

  it('on the way are counted until the peer has them', () => {
    const link = connected();
    const { association } = link.a;
    const seen: number[] = [];
    link.a.lighter = () => seen.push(association.bufferedOf(3));

    send(link, bytes(100_000), { streamId: 3 });
    const before = association.bufferedOf(3);
    link.run(link.nowMs + 10_000, () => association.idle);

    expect(before).toBe(100_000);
    expect(seen.length).toBeGreaterThan(3);
    expect(seen).toEqual(seen.toSorted((one, other) => other - one));
    expect(seen.at(-1)).toBe(0);
  });

  it('go on at once on another path when the one before is dead', () => {
    const link = connected({ faults: { delayMs: [10, 10] } });
    for (let i = 0; i < 8; i++) send(link, bytes(65_536, i));
    link.faults = { loss: 1 };
    link.run(link.nowMs + 20_000);
    const before = link.b.messages.length;

    link.faults = { delayMs: [10, 10] };
    const since = link.nowMs;
    link.a.association.changePath();
    link.run(since + 60_000, () => link.b.messages.length === 8);

    expect(before).toBeLessThan(8);
    expect(link.nowMs - since).toBeLessThan(1000);
  });

  it('fill a path with losses to a good part of what it can carry', () => {
    const link = connected({ faults: { loss: 0.005, delayMs: [10, 10], rate: 2000 }, seed: 3 });
    const { association } = link.a;
    const total = 4 * 2 ** 20;
    let sent = 0;
    const fill = (): void => {
      while (sent < total && association.bufferedOf(0) < 2 ** 20) {
        send(link, bytes(16_384));
        sent += 16_384;
      }
    };
    link.a.lighter = fill;
    const since = link.nowMs;
    fill();
    link.run(since + 120_000, () => association.idle);

    const milliseconds = link.nowMs - since;
    expect(link.b.messages.length).toBe(total / 16_384);
    // 2000 bytes a millisecond would be 2.1 s.
    expect(milliseconds).toBeLessThan(8000);
  });
});

describe('messages that may be given up', () => {
  it('are not sent again, and those after them are not held up for long', () => {
    const link = connected({ faults: { loss: 0.2, delayMs: [10, 12] }, seed: 5 });
    const { association } = link.a;

    for (let i = 0; i < 300; i++) {
      send(link, Uint8Array.of(i >> 8, i & 0xff), { streamId: 1, maxRetransmits: 0 });
      link.run(link.nowMs + 5);
    }
    link.run(link.nowMs + 20_000, () => association.idle);

    const numbers = link.b.messages.map(({ payload }) => ((payload[0] ?? 0) << 8) | (payload[1] ?? 0));
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.length).toBeGreaterThan(180);
    expect(numbers.length).toBeLessThan(290);
    expect(association.bufferedOf(1)).toBe(0);
  });

  it('of several chunks leave nothing half behind', () => {
    const link = connected({ faults: { loss: 0.1, delayMs: [10, 12] }, seed: 11 });

    for (let i = 0; i < 60; i++) {
      send(link, bytes(5000, i), { streamId: 1, maxRetransmits: 0, ordered: false });
      send(link, bytes(3000, i), { streamId: 2 });
      link.run(link.nowMs + 20);
    }
    link.run(link.nowMs + 60_000, () => link.a.association.idle);

    const lossy = link.b.messages.filter(({ streamId }) => streamId === 1);
    const sent = Array.from({ length: 60 }, (_, i) => Buffer.from(bytes(5000, i)).toString('hex'));
    expect(lossy.length).toBeGreaterThan(10);
    expect(lossy.length).toBeLessThan(60);
    expect(lossy.every(({ payload }) => sent.includes(Buffer.from(payload).toString('hex')))).toBe(true);
    expect(link.b.messages.filter(({ streamId }) => streamId === 2)).toHaveLength(60);
  });
});

describe('a stream that ends', () => {
  it('ends at both ends once what was sent on it is there, and can be used again', () => {
    const link = connected({ faults: { loss: 0.1, delayMs: [10, 20] }, seed: 2 });
    for (let i = 0; i < 5; i++) send(link, bytes(20_000, i), { streamId: 4 });

    link.a.association.end(4);
    link.run(link.nowMs + 30_000, () => link.a.ended.length > 0 && link.b.ended.length > 0);
    expect(link.b.messages).toHaveLength(5);
    expect([link.a.ended, link.b.ended]).toEqual([[4], [4]]);

    send(link, bytes(10), { streamId: 4 });
    link.run(link.nowMs + 10_000, () => link.b.messages.length === 6);
    expect(link.b.messages).toHaveLength(6);
  });
});
