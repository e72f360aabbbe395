import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCertificate, fingerprintValue } from './certificate.ts';
import type { DtlsConnection } from './dtls-connection.ts';
import { plainRecord, recordsOf } from './record.ts';
import { type SimulatedEnd, seededRandom, simulatedPair, type Weather } from './simulated-pair.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type Pair = ReturnType<typeof simulatedPair>;

/** Lets both shake hands. */
async function connect({ client, server }: Pair, withinMs = 10_000) {
  const both = Promise.all([client.shakeHands(), server.shakeHands()]);
  await vi.advanceTimersByTimeAsync(withinMs);
  return await both;
}

/** What came of a handshake of either end: `done`, the code of the error, or `waits`. */
async function outcomes(pair: Pair, expected: { client?: SimulatedEnd; server?: SimulatedEnd } = {}) {
  const found = { client: 'waits', server: 'waits' };
  for (const end of ['client', 'server'] as const)
    pair[end].shakeHands(expected[end]?.certificate.fingerprint).then(
      () => {
        found[end] = 'done';
      },
      (error: { code: string }) => {
        found[end] = error.code;
      },
    );
  await vi.advanceTimersByTimeAsync(60_000);
  return found;
}

describe('two ends of DTLS', () => {
  it('come to the same keys, each the other way round, within two round trips', async () => {
    const [ours, theirs] = await connect(simulatedPair(), 45);

    expect(ours.srtp.local).toEqual(theirs.srtp.remote);
    expect(ours.srtp.remote).toEqual(theirs.srtp.local);
    expect(ours.srtp.local.masterKey).not.toEqual(ours.srtp.remote.masterKey);
    expect(ours.srtp.local).toMatchObject({ profile: 7 });
  });

  it('send two flights each, one datagram a flight', async () => {
    const pair = simulatedPair();
    await connect(pair);

    expect([pair.client.sent.length, pair.server.sent.length]).toEqual([2, 2]);
  });

  it('hear what the other says, and that it says no more', async () => {
    const pair = simulatedPair();
    await connect(pair);

    pair.client.connection.sendPlain(Buffer.from('to the server'));
    pair.server.connection.sendPlain(Buffer.from('to the client'));
    await vi.advanceTimersByTimeAsync(20);
    pair.client.connection.sayClosed();
    await vi.advanceTimersByTimeAsync(20);

    expect(pair.server.heard).toEqual(['to the server', '(closed)']);
    expect(pair.client.heard).toEqual(['to the client']);
  });

  it('leave no timer behind, whether they connect or not', async () => {
    const pair = simulatedPair();
    await connect(pair);
    const lonely = simulatedPair({ weather: () => [] });
    lonely.client.shakeHands().catch(() => {});
    lonely.client.connection.sayClosed();

    expect(vi.getTimerCount()).toBe(0);
  });

  it('keep a first flight that comes before the other end is asked to begin', async () => {
    const pair = simulatedPair();
    const ours = pair.client.shakeHands();
    await vi.advanceTimersByTimeAsync(30);
    const theirs = pair.server.shakeHands();
    await vi.advanceTimersByTimeAsync(30);

    expect((await ours).srtp.local).toEqual((await theirs).srtp.remote);
    expect(pair.client.sent).toHaveLength(2);
  });
});

describe('on a network that loses, doubles and reorders, two ends of DTLS', () => {
  /** Each datagram is lost with this probability, doubled with it, and late by up to 120 ms. */
  const bad = (seed: number, share: number): Weather => {
    const next = seededRandom(seed);
    return () => {
      const copies = next() < share ? 0 : next() < share ? 2 : 1;
      return Array.from({ length: copies }, () => 5 + next() * 120);
    };
  };

  it.each(Array.from({ length: 40 }, (_, seed) => seed))('connect all the same (%i)', async (seed) => {
    const [ours, theirs] = await connect(simulatedPair({ weather: bad(seed, 0.3) }), 20_000);

    expect(ours.srtp.local).toEqual(theirs.srtp.remote);
  });

  it.each([
    ['the first', 'server', 0],
    ['the second', 'client', 0],
    ['the third', 'server', 1],
    ['the last', 'client', 1],
  ] as const)('take no longer than a few round trips when %s flight is lost', async (_name, to, lost) => {
    const weather: Weather = (_datagram, way) => (way.to === to && way.nth === lost ? [] : [10]);
    const [ours] = await connect(simulatedPair({ weather }), 150);

    expect(ours.srtp.local.masterKey).toHaveLength(16);
  });

  it('put messages together that come in many parts, last part first', async () => {
    const certificate = createCertificate();
    // As long as a chain of several certificates: five datagrams.
    const der = Buffer.concat([certificate.der, Buffer.alloc(4000)]);
    const weather: Weather = (_datagram, { nth }) => [100 - nth];
    const pair = simulatedPair({ weather, server: { ...certificate, der } });

    expect(await outcomes(pair)).toMatchObject({ client: 'dtls/fingerprint' });
    expect(pair.server.sent.length).toBeGreaterThan(4);
    expect(Math.max(...pair.server.sent.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(1200);
  });

  it('give up when nobody answers, and say so', async () => {
    const { client } = simulatedPair({ weather: () => [] });
    const failure = client.shakeHands().catch(({ code }: { code: string }) => code);
    await vi.advanceTimersByTimeAsync(31_000);

    expect(await failure).toBe('dtls/timeout');
    // After 50, 100, 200, 400 and 800 ms, then once a second; and the alert.
    expect(client.sent.length).toBeLessThan(40);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an end of DTLS trusts nobody who', () => {
  it.each(['client', 'server'] as const)('shows another certificate than was announced (%s)', async (end) => {
    const pair = simulatedPair();
    const stranger = simulatedPair().client;

    expect(await outcomes(pair, { [end]: stranger })).toMatchObject({ [end]: 'dtls/fingerprint' });
  });

  it('shows a certificate, as a server, and signs by another key', async () => {
    const server = { ...createCertificate(), privateKey: createCertificate().privateKey };

    expect(await outcomes(simulatedPair({ server }))).toMatchObject({ client: 'dtls/signature' });
  });

  it('shows a certificate, as a client, and signs by another key', async () => {
    const client = { ...createCertificate(), privateKey: createCertificate().privateKey };

    expect(await outcomes(simulatedPair({ client }))).toEqual({
      client: 'dtls/timeout',
      server: 'dtls/signature',
    });
  });

  it('shows something that is no certificate', async () => {
    const der = Buffer.from('no certificate');
    const fingerprint = { algorithm: 'sha-256', value: fingerprintValue('sha256', der) };
    const pair = simulatedPair({ server: { ...createCertificate(), der, fingerprint } });

    expect(await outcomes(pair)).toMatchObject({ client: 'dtls/certificate' });
  });

  it('announces itself by a hash that proves nothing', async () => {
    const pair = simulatedPair();
    const found = pair.client
      .shakeHands({ algorithm: 'sha-1', value: '00' })
      .catch((error: { code: string }) => error.code);
    pair.server.shakeHands().catch(() => {});
    await vi.advanceTimersByTimeAsync(40_000);

    expect(await found).toBe('dtls/fingerprint');
  });

  it.each(
    (['server', 'client'] as const).flatMap((to) =>
      [0, 1].flatMap((nth) => [3, 40, 150].map((at) => ({ to, nth, at }))),
    ),
  )('changes a bit of what is said on its way: $to, $nth, $at', async ({ to, nth, at }) => {
    const weather: Weather = (datagram, way) => {
      if (way.to !== to || way.nth < nth) return [10];
      const said = placesOfMessages(datagram);
      const place = said[at % said.length] ?? 0;
      datagram[place] = (datagram[place] ?? 0) ^ 1;
      return [10];
    };

    const found = await outcomes(simulatedPair({ weather }));

    expect(Object.values(found)).not.toEqual(['done', 'done']);
  });
});

/** Where the bodies of messages are in a datagram, headers apart. */
function placesOfMessages(datagram: Uint8Array): readonly number[] {
  return [...recordsOf(datagram)].flatMap(({ type, payload }) =>
    type === 22
      ? Array.from(payload.keys())
          .slice(12)
          .map((at) => payload.byteOffset - datagram.byteOffset + at)
      : [],
  );
}

describe('an end of DTLS believes nothing that anybody could have sent', () => {
  const fatal = plainRecord(21, Uint8Array.of(2, 40), 99);
  const closeNotify = plainRecord(21, Uint8Array.of(1, 0), 99);

  it('while it shakes hands: alerts in the clear end nothing, but are told of when nobody answers', async () => {
    const pair = simulatedPair();
    const both = Promise.all([pair.client.shakeHands(), pair.server.shakeHands()]);
    pair.client.connection.receive(fatal);
    pair.server.connection.receive(closeNotify);
    await vi.advanceTimersByTimeAsync(100);
    const lonely = simulatedPair({ weather: () => [] }).client;
    const alone = lonely.shakeHands().catch(({ message }: Error) => message);
    lonely.connection.receive(fatal);
    await vi.advanceTimersByTimeAsync(31_000);

    expect(await both).toHaveLength(2);
    expect(await alone).toContain('it may have said handshake_failure (40)');
  });

  it('once it is connected: nothing in the clear, nothing twice, nothing changed', async () => {
    const pair = simulatedPair();
    await connect(pair);
    pair.client.connection.sendPlain(Buffer.from('once'));
    await vi.advanceTimersByTimeAsync(20);
    const record = pair.client.sent.at(-1) ?? fatal;
    const changed = record.slice();
    changed[20] = (changed[20] ?? 0) ^ 1;

    for (const one of [fatal, closeNotify, record, changed, plainRecord(23, Buffer.from('plain'), 7)])
      pair.server.connection.receive(one);

    expect(pair.server.heard).toEqual(['once']);
    expect(pair.server.connection.refused).toBe(2);
  });

  it('and sends its last flight again a few times at most', async () => {
    const pair = simulatedPair();
    await connect(pair);
    const before = pair.server.sent.length;
    const finished = pair.client.sent[1] ?? fatal;

    for (let i = 0; i < 200; i++) {
      pair.server.connection.receive(finished);
      await vi.advanceTimersByTimeAsync(30);
    }

    expect(pair.server.sent.length - before).toBe(16);
  });

  it('whatever comes, nothing is thrown, and what is kept is bounded', async () => {
    const next = seededRandom(7);
    const recorded = simulatedPair();
    await connect(recorded);
    const seen = [...recorded.client.sent, ...recorded.server.sent];

    for (let round = 0; round < 60; round++) {
      const pair = simulatedPair({ weather: () => [] });
      const ends: DtlsConnection[] = [pair.client.connection, pair.server.connection];
      if (round % 3 > 0) {
        pair.client.shakeHands().catch(() => {});
        pair.server.shakeHands().catch(() => {});
      }
      for (let i = 0; i < 40; i++) {
        const datagram = mangled(seen[Math.floor(next() * seen.length)] ?? fatal, next);
        for (const end of ends) expect(() => end.receive(datagram)).not.toThrow();
      }
      for (const end of ends) end.sayClosed();
    }
    expect(vi.getTimerCount()).toBe(0);
  });
});

/** A datagram with a few bytes changed, cut, or made up. */
function mangled(datagram: Uint8Array, next: () => number): Uint8Array {
  const copy = datagram.slice(0, next() < 0.3 ? Math.floor(next() * datagram.byteLength) : undefined);
  const changes = Math.floor(next() * 6);
  for (let i = 0; i < changes && copy.byteLength > 0; i++)
    copy[Math.floor(next() * copy.byteLength)] = Math.floor(next() * 256);
  return copy;
}
