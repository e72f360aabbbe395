import { sign } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCertificate } from './certificate.ts';
import { ClientHandshake } from './client-handshake.ts';
import { CONTENT_TYPE, MESSAGE } from './code-points.ts';
import { DtlsConnection } from './dtls-connection.ts';
import { DtlsRecords } from './dtls-records.ts';
import type { Flight } from './flight.ts';
import type { Handshake, HandshakeStep } from './handshake.ts';
import { type HandshakeMessage, serializeMessage } from './handshake-message.ts';
import { InboundMessages } from './inbound-messages.ts';
import { serializeCertificate, serializeSignature } from './key-messages.ts';
import { plainRecord, recordsOf } from './record.ts';
import { ServerHandshake } from './server-handshake.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const CLIENT = createCertificate();
const SERVER = createCertificate();
const NONE = new Uint8Array(0);

const all = ({ plain, protected: last }: Flight): HandshakeMessage[] =>
  last ? [...plain, last] : [...plain];
const flightOf = ({ flight }: HandshakeStep): HandshakeMessage[] => (flight ? all(flight) : []);
const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'taken';
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error);
  }
};

/** Both ends of one handshake, as far as one of them answered. */
function shake() {
  const client = new ClientHandshake({ certificate: CLIENT, fingerprints: [SERVER.fingerprint] });
  const server = new ServerHandshake({ certificate: SERVER, fingerprints: [CLIENT.fingerprint] });
  const hellos = all(client.open());
  const second = (): HandshakeMessage[] => hellos.flatMap((one) => flightOf(server.handle(one)));
  const third = (): HandshakeMessage[] => second().flatMap((one) => flightOf(client.handle(one)));
  const fourth = (): HandshakeMessage[] => third().flatMap((one) => flightOf(server.handle(one)));
  return { client, server, hellos, second, third, fourth };
}

/** What an end makes of messages: whether it was ever done, and the first refusal. */
function outcome(end: Handshake, messages: readonly HandshakeMessage[]): string {
  for (const one of messages) {
    const code = codeOf(() => {
      if (end.handle(one).done) throw Object.assign(new Error('done'), { code: 'done' });
    });
    if (code !== 'taken') return code;
  }
  return 'waits';
}

function permutations<T>(of: readonly T[]): readonly (readonly T[])[] {
  if (of.length < 2) return [of];
  return of.flatMap((one, at) =>
    permutations(of.filter((_, other) => other !== at)).map((rest) => [one, ...rest]),
  );
}

/** All ways to leave out some. */
const subsets = <T>(of: readonly T[]): readonly (readonly T[])[] =>
  Array.from({ length: 2 ** of.length }, (_, bits) => of.filter((_one, at) => (bits & (1 << at)) !== 0));

describe('a server is done', () => {
  it('by the client’s four messages in their order, and by no other order and no part of them', () => {
    const outcomes = subsets([0, 1, 2, 3])
      .flatMap((chosen) => permutations(chosen))
      .map((order) => {
        const { server, third } = shake();
        const messages = third();
        const sent = order.flatMap((at) => messages[at] ?? []);
        return [order.join(''), outcome(server, sent)] as const;
      });

    expect(outcomes.filter(([, code]) => code === 'done').map(([order]) => order)).toEqual(['0123']);
    expect(outcomes.filter(([, code]) => code === 'waits').map(([order]) => order)).toEqual([
      '',
      '0',
      '01',
      '012',
    ]);
    expect(new Set(outcomes.map(([, code]) => code))).toEqual(
      new Set(['done', 'waits', 'dtls/unexpected-message']),
    );
  });

  it('and takes nothing more: no message of the handshake again, no other one', () => {
    const { server, hellos, fourth } = shake();
    fourth();

    for (const type of [0, ...Object.values(MESSAGE)])
      expect(codeOf(() => server.handle({ type, sequence: 5, body: NONE }))).toBe('dtls/unexpected-message');
    expect(codeOf(() => hellos[0] && server.handle(hellos[0]))).toBe('dtls/unexpected-message');
  });

  it('never by a certificate that is empty, another’s, or not proven by what was offered', () => {
    const { server, third } = shake();
    const [, , verify] = third();
    const empty = { type: MESSAGE.certificate, sequence: 1, body: Uint8Array.of(0, 0, 0) };
    expect(outcome(server, [empty])).toBe('dtls/certificate');
    const others = { ...empty, body: serializeCertificate(SERVER.der) };
    expect(outcome(shakenUntilThird(), [others])).toBe('dtls/fingerprint');
    // Its own behind another's: the first one is who it is (RFC 5246 §7.4.2).
    const chain = { ...empty, body: chainOf(SERVER.der, CLIENT.der) };
    expect(outcome(shakenUntilThird(), [chain])).toBe('dtls/fingerprint');
    for (const scheme of [0x0203, 0x0201, 0x0101, 0x0807, 0x0804, 0x0401, 0x0000]) {
      const again = shake();
      const [one, two] = again.third();
      const bytes = sign('sha1', Buffer.from('anything'), CLIENT.privateKey);
      const proof = {
        type: MESSAGE.certificateVerify,
        sequence: 3,
        body: serializeSignature({ scheme, bytes }),
      };
      expect(
        outcome(
          again.server,
          [one, two, proof].flatMap((message) => message ?? []),
        ),
      ).toBe('dtls/signature');
    }
    // A proof of another handshake.
    const again = shake();
    const [first, key] = again.third();
    expect(
      outcome(
        again.server,
        [first, key, verify].flatMap((message) => message ?? []),
      ),
    ).toBe('dtls/signature');
  });
});

function shakenUntilThird(): ServerHandshake {
  const { server, third } = shake();
  third();
  return server;
}

/** A Certificate message of several. */
function chainOf(...ders: readonly Uint8Array[]): Uint8Array {
  const members = ders.map((der) => serializeCertificate(der).subarray(3));
  const length = members.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return Buffer.concat([Uint8Array.of(length >> 16, (length >> 8) & 0xff, length & 0xff), ...members]);
}

describe('a client is done', () => {
  it('by the server’s messages in their order; only the question who it is may be absent', () => {
    const outcomes = subsets([0, 1, 2, 3, 4]).flatMap((chosen) =>
      permutations(chosen).map((order) => {
        const { client, second } = shake();
        const messages = second();
        return [
          order.join(''),
          outcome(
            client,
            order.flatMap((at) => messages[at] ?? []),
          ),
        ] as const;
      }),
    );

    const waits = outcomes.filter(([, code]) => code === 'waits').map(([order]) => order);
    expect(waits.sort()).toEqual(['', '0', '01', '012', '0123', '01234', '0124']);
    expect(outcomes.some(([, code]) => code === 'done')).toBe(false);
  });

  it('not by Finished of itself, of another handshake, or too early', () => {
    const early = shake();
    const last = shake().fourth();
    expect(outcome(early.client, last)).toBe('dtls/unexpected-message');

    const other = shake();
    other.third();
    expect(outcome(other.client, last)).toBe('dtls/finished');
    const echoed = shake();
    const own = echoed.third().slice(-1);
    expect(outcome(echoed.client, own)).toBe('dtls/finished');
  });

  it('and takes nothing more', () => {
    const { client, fourth } = shake();
    expect(outcome(client, fourth())).toBe('done');

    for (const type of [0, ...Object.values(MESSAGE)])
      expect(codeOf(() => client.handle({ type, sequence: 6, body: NONE }))).toBe('dtls/unexpected-message');
  });
});

/** A client that says what a test wants, to a server of ours. */
function hostileClient() {
  const heard: string[] = [];
  let heardWhenDone = -1;
  const sent: Uint8Array[] = [];
  const connection = new DtlsConnection({ certificate: SERVER, send: (datagram) => sent.push(datagram) });
  const result = connection
    .handshake({
      role: 'server',
      fingerprints: [CLIENT.fingerprint],
      closed: () => heard.push('(closed)'),
      plain: (payload) => heard.push(Buffer.from(payload).toString()),
    })
    .then(() => {
      heardWhenDone = heard.length;
      return 'done';
    })
    .catch(({ code }: { readonly code: string }) => code);
  const client = new ClientHandshake({ certificate: CLIENT, fingerprints: [SERVER.fingerprint] });
  let sequence = 0;
  const plain = (type: number, payload: Uint8Array): void =>
    connection.receive(plainRecord(type, payload, sequence++));
  const say = (message: HandshakeMessage): void => plain(CONTENT_TYPE.handshake, serializeMessage(message));
  for (const hello of all(client.open())) say(hello);
  const inbound = new InboundMessages();
  const steps = sent
    .flatMap((datagram) => [...recordsOf(datagram)])
    .flatMap(({ payload }) => inbound.add(payload, 0).messages)
    .map((message) => client.handle(message));
  const messages = steps.flatMap(flightOf);
  const keys = steps.flatMap((step) => step.keys ?? [])[0];
  if (!keys) throw new Error('the server did not answer');
  const records = new DtlsRecords(keys);
  const sealed = (type: number, payload: Uint8Array): Uint8Array => records.seal(type, payload);
  const seal = (type: number, payload: Uint8Array): void => connection.receive(sealed(type, payload));
  return {
    connection,
    heard,
    sent,
    result,
    messages,
    plain,
    say,
    seal,
    sealed,
    heardWhenDone: () => heardWhenDone,
  };
}

describe('a server that is spoken to out of order', () => {
  it('hears nothing of a client that did not prove who it is, however early it speaks', async () => {
    const { connection, heard, sent, result, messages, say, seal } = hostileClient();
    const [certificate, exchange] = messages;
    if (certificate) say(certificate);
    if (exchange) say(exchange);

    for (let i = 0; i < 100; i++) seal(CONTENT_TYPE.applicationData, Buffer.from('before the proof'));
    await vi.advanceTimersByTimeAsync(31_000);

    expect(await result).toBe('dtls/timeout');
    expect(heard).toEqual([]);
    expect(connection.refused).toBe(84);
    expect(sent.length).toBeLessThan(80);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('hears what came before Finished once it knows who says it, and not twice', async () => {
    const { heard, result, messages, say, seal } = hostileClient();
    const [certificate, exchange, verify, finished] = messages;
    for (const one of [certificate, exchange, verify]) if (one) say(one);
    seal(CONTENT_TYPE.applicationData, Buffer.from('early'));
    if (finished) seal(CONTENT_TYPE.handshake, serializeMessage(finished));

    expect(await result).toBe('done');
    expect(heard).toEqual(['early']);
  });

  it('tells of the handshake before what came with the end of it, in one datagram', async () => {
    const { connection, heard, heardWhenDone, result, messages, say, sealed } = hostileClient();
    for (const one of messages.slice(0, -1)) say(one);
    const finished = messages.at(-1);
    connection.receive(
      Buffer.concat([
        sealed(CONTENT_TYPE.applicationData, Buffer.from('one')),
        finished ? sealed(CONTENT_TYPE.handshake, serializeMessage(finished)) : NONE,
        sealed(CONTENT_TYPE.applicationData, Buffer.from('two')),
      ]),
    );

    expect(await result).toBe('done');
    expect(heardWhenDone()).toBe(0);
    expect(heard).toEqual(['one', 'two']);
  });

  it('takes no Finished in the clear, and no other message that is protected', async () => {
    const { result, connection, messages, say, seal } = hostileClient();
    const [certificate, exchange, verify, finished] = messages;
    for (const one of [certificate, exchange, verify, finished]) if (one) say(one);
    expect(connection.refused).toBe(1);
    if (verify) seal(CONTENT_TYPE.handshake, serializeMessage({ ...verify, sequence: 4 }));
    expect(connection.refused).toBe(2);
    if (finished) seal(CONTENT_TYPE.handshake, serializeMessage(finished));

    expect(await result).toBe('done');
  });

  it('is the same as before when all is said again in the clear, and answers nothing to it', async () => {
    const { heard, sent, result, messages, plain, say, seal } = hostileClient();
    for (const one of messages.slice(0, -1)) say(one);
    const finished = messages.at(-1);
    if (finished) seal(CONTENT_TYPE.handshake, serializeMessage(finished));
    await result;
    const before = sent.length;

    for (let i = 0; i < 20; i++) {
      await vi.advanceTimersByTimeAsync(100);
      for (const type of [0, ...Object.values(MESSAGE)])
        for (const number of [0, 5, 6]) say({ type, sequence: number, body: NONE });
      for (const one of messages) say(one);
      plain(CONTENT_TYPE.alert, Uint8Array.of(2, 40));
      plain(CONTENT_TYPE.changeCipherSpec, Uint8Array.of(1));
      plain(CONTENT_TYPE.applicationData, Buffer.from('in the clear'));
    }
    expect(sent.length).toBe(before);

    // Renegotiation, by the peer itself: it is not taken up.
    seal(CONTENT_TYPE.handshake, serializeMessage({ type: MESSAGE.clientHello, sequence: 5, body: NONE }));
    seal(CONTENT_TYPE.handshake, serializeMessage({ type: 0, sequence: 6, body: NONE }));
    seal(CONTENT_TYPE.applicationData, Buffer.from('still here'));
    expect(heard).toEqual(['still here']);
  });

  it('never uses a nonce twice, however often it sends its flights again', async () => {
    const { sent, result, messages, say, seal } = hostileClient();
    for (const one of messages.slice(0, -1)) say(one);
    const finished = messages.at(-1);
    for (let i = 0; i < 30; i++) {
      if (finished) seal(CONTENT_TYPE.handshake, serializeMessage(finished));
      await vi.advanceTimersByTimeAsync(100);
    }
    await result;

    const numbers = sent
      .flatMap((datagram) => [...recordsOf(datagram)])
      .map(({ epoch, bytes }) => `${epoch} ${Buffer.from(bytes).toString('hex', 3, 11)}`);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.filter((one) => one.startsWith('1 ')).length).toBeGreaterThan(10);
  });
});
