import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../test/support/hex.ts';
import { localUfragOf, stunClassOf, transactionOf } from './stun-header.ts';

/** The request of RFC 5769 §2.1, which RFC 8489 keeps for its test vectors. */
const REQUEST = hex(`
  00 01                                            # Binding request
  00 58                                            # 88 bytes follow
  21 12 a4 42                                      # magic cookie
  b7 e7 a7 01 bc 34 d6 86 fa 87 df ae              # transaction
  80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74 # SOFTWARE "STUN test client"
  00 24 00 04 6e 00 01 ff                          # PRIORITY
  80 29 00 08 93 2f f9 b1 51 26 3b 36              # ICE-CONTROLLED
  00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20  # USERNAME "evtj:h6vY", padded with spaces
  00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2 # MESSAGE-INTEGRITY
  80 28 00 04 e5 7a 3b cf                          # FINGERPRINT
`);

function changed(change: (bytes: Uint8Array) => void): Uint8Array {
  const bytes = REQUEST.slice();
  change(bytes);
  return bytes;
}

describe('the header of a STUN message', () => {
  it('tells a request, and whom it is for', () => {
    expect(stunClassOf(REQUEST)).toBe('request');
    expect(localUfragOf(REQUEST)).toBe('evtj');
    expect(Buffer.from(transactionOf(REQUEST), 'latin1').toString('hex')).toBe('b7e7a701bc34d686fa87dfae');
  });

  it.each([
    ['indication', 0x0011],
    ['success', 0x0101],
    ['error', 0x0111],
  ])('tells %s', (kind, type) => {
    const message = changed((bytes) => new DataView(bytes.buffer).setUint16(0, type));

    expect(stunClassOf(message)).toBe(kind);
  });

  it.each([
    ['without the cookie', changed((bytes) => bytes.fill(0, 4, 8))],
    ['with another length than its own', REQUEST.subarray(0, 100)],
    ['shorter than a header', REQUEST.subarray(0, 19)],
    ['with a first byte of RTP', changed((bytes) => bytes.fill(0x80, 0, 1))],
    ['of nothing', new Uint8Array()],
  ])('is none in a datagram %s', (_, datagram) => {
    expect(stunClassOf(datagram)).toBeUndefined();
  });

  it.each([
    ['no USERNAME', changed((bytes) => bytes.fill(0x7f, 60, 62))],
    ['a USERNAME without a colon', changed((bytes) => bytes.fill(0x41, 68, 69))],
    ['a USERNAME that begins with the colon', changed((bytes) => bytes.fill(0x3a, 64, 65))],
    ['an attribute that ends behind the message', changed((bytes) => bytes.fill(0xff, 62, 64))],
  ])('names nobody with %s', (_, request) => {
    expect(localUfragOf(request)).toBeUndefined();
  });

  it('of any bytes is read without a throw', () => {
    for (let i = 0; i < 5000; i++) {
      const bytes = changed((copy) => copy.set(randomBytes(4), 20 + Math.floor(Math.random() * 84)));
      const cut = bytes.subarray(0, 20 + (i % 89));

      expect(() => [stunClassOf(cut), localUfragOf(cut), transactionOf(cut)]).not.toThrow();
    }
  });
});
