import { describe, expect, it } from 'vitest';
import { loadAddon } from './addon.ts';

const loaded = loadAddon();
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');

describe.skipIf('missing' in loaded)('what the native part encrypts', () => {
  const { addon } = loaded as Exclude<typeof loaded, { missing: string }>;

  it('is the packet of RFC 7714 §16.1.1', () => {
    const packet = bytes(`8040f17b 8041f8d3 5501a0b2
      47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573`);

    expect(
      hex(
        addon.protect(
          7,
          bytes('000102030405060708090a0b0c0d0e0f'),
          bytes('51756964 2070726f 2071756f'),
          new Uint8Array(20),
          packet,
          12,
          0xf17b,
          0x5501a0b2,
        ),
      ),
    ).toBe(
      hex(
        bytes(`8040f17b 8041f8d3 5501a0b2
          f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833
          899d7f27 beb16a91 52cf765e e4390cce`),
      ),
    );
  });

  it('is the key stream of RFC 3711 appendix B.2', () => {
    const zeros = new Uint8Array(12 + 48);

    const packet = addon.protect(
      1,
      bytes('2B7E151628AED2A6ABF7158809CF4F3C'),
      bytes('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'),
      new Uint8Array(20),
      zeros,
      12,
      0,
      0,
    );

    expect(hex(packet.subarray(12, 60)).toUpperCase()).toBe(
      'E03EAD0935C95E80E166B16DD92B4EB4D23513162B02D0F72A43A2FE4A5F97AB41E95B3BB0A2E8DD477901E4FCA894C0',
    );
  });
});
