import { createECDH } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { GROUP, openKeyExchange } from './key-exchange.ts';

const ecdh = createECDH('prime256v1');
ecdh.generateKeys();

describe('an exchange of keys', () => {
  it.each([GROUP.x25519, GROUP.secp256r1])('comes to the same secret at both ends (group %i)', (group) => {
    const [one, two] = [openKeyExchange(group), openKeyExchange(group)];

    expect(one.agree(two.publicKey)).toEqual(two.agree(one.publicKey));
    expect(one.agree(two.publicKey)).toHaveLength(32);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', hex('')],
    ['zero', hex('00'.repeat(32))],
    ['one', hex(`01${'00'.repeat(31)}`)],
    ['a point of order 8', hex('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')],
    ['another one', hex('5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157')],
    ['p - 1', hex(`ec${'ff'.repeat(30)}7f`)],
    ['p', hex(`ed${'ff'.repeat(30)}7f`)],
    ['p + 1', hex(`ee${'ff'.repeat(30)}7f`)],
    ['a byte too few', hex('09'.repeat(31))],
    ['a byte too many', hex('09'.repeat(33))],
  ])(
    'by X25519 refuses %s, which makes the secret known to all or is no key (RFC 7748 §6.1)',
    (_name, remote) => {
      expect(() => openKeyExchange(GROUP.x25519).agree(remote)).toThrowError(
        expect.objectContaining({ code: 'dtls/key-exchange' }) as Error,
      );
    },
  );

  it.each<[string, Uint8Array]>([
    ['nothing', hex('')],
    ['the point at infinity', hex('00')],
    ['the origin', hex(`04${'00'.repeat(64)}`)],
    ['a point off the curve', hex(`04${'11'.repeat(64)}`)],
    ['coordinates above p', hex(`04${'ff'.repeat(64)}`)],
    ['a compressed point', ecdh.getPublicKey(null, 'compressed')],
    ['a hybrid point', ecdh.getPublicKey(null, 'hybrid')],
    ['a byte too many', Buffer.concat([ecdh.getPublicKey(), Buffer.alloc(1)])],
  ])('on P-256 refuses %s', (_name, remote) => {
    expect(() => openKeyExchange(GROUP.secp256r1).agree(remote)).toThrowError(
      expect.objectContaining({ code: 'dtls/key-exchange' }) as Error,
    );
  });
});
