import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { cipherSuiteOf } from './cipher-suites.ts';
import { masterSecret, pseudoRandom, recordKeys, verifyData } from './key-schedule.ts';

const randoms = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) };
const transcript = hex('01 02 03');
const master = new Uint8Array(48).fill(3);

describe('the pseudo-random function', () => {
  it('gives what its published test vector says', () => {
    // "TLS 1.2 PRF test vectors", posted to the list of the TLS working group
    const output = pseudoRandom('sha256', {
      secret: hex('9b be 43 6b a9 40 f0 17 b1 76 52 84 9a 71 db 35'),
      label: 'test label',
      seed: hex('a0 ba 9f 93 6c da 31 18 27 a6 f7 96 ff d5 19 8c'),
      lengthBytes: 100,
    });

    expect(output).toEqual(
      hex(`
        e3 f2 29 ba 72 7b e1 7b 8d 12 26 20 55 7c d4 53
        c2 aa b2 1d 07 c3 d4 95 32 9b 52 d4 e6 1e db 5a
        6b 30 17 91 e9 0d 35 c9 c9 a4 6b 4e 14 ba f9 af
        0f a0 22 f7 07 7d ef 17 ab fd 37 97 c0 56 4b ab
        4f bc 91 66 6e 9d ef 9b 97 fc e3 4f 79 67 89 ba
        a4 80 82 d1 22 ee 42 c5 a7 2e 5a 51 10 ff f7 01
        87 34 7b 66
      `),
    );
  });
});

describe('the key schedule', () => {
  it('binds the master secret to the handshake where both ends said so', () => {
    const preMaster = new Uint8Array(32).fill(9);
    const of = (bound: Uint8Array | undefined): Uint8Array =>
      masterSecret('sha256', { preMaster, randoms, transcript: bound });

    expect(of(transcript)).toHaveLength(48);
    expect(of(transcript)).not.toEqual(of(hex('01 02 04')));
    expect(of(transcript)).not.toEqual(of(undefined));
  });

  it.each([
    [0xc02b, 16],
    [0xc02c, 32],
  ])('gives both ends the same keys of suite %i, four of them', (code, keyBytes) => {
    const suite = cipherSuiteOf(code);
    if (!suite) throw new Error('no such suite');

    const client = recordKeys(suite, { master, randoms, role: 'client' });
    const server = recordKeys(suite, { master, randoms, role: 'server' });

    expect(client.localKey).toEqual(server.remoteKey);
    expect(client.remoteKey).toEqual(server.localKey);
    expect(client.localSalt).toEqual(server.remoteSalt);
    expect(client.remoteSalt).toEqual(server.localSalt);
    expect([client.localKey.byteLength, client.localSalt.byteLength]).toEqual([keyBytes, 4]);
    expect(client.localKey).not.toEqual(client.remoteKey);
  });

  it('has the ends prove different things', () => {
    const of = (by: 'client' | 'server'): Uint8Array => verifyData('sha256', { master, transcript, by });

    expect(of('client')).toHaveLength(12);
    expect(of('client')).not.toEqual(of('server'));
  });
});
