import { describe, expect, it } from 'vitest';
import { RtpPacket, SrtpSession } from 'werift';
import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';
import { deriveKey, openSrtpProtector } from './srtp-protector.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));

const SSRC = 0xcafebabe;

/** A packet of 12 header bytes; only what SRTP looks at is set. */
function protectedPacket(
  keys: SrtpKeys,
  packet: { readonly index: number; readonly payload: Uint8Array },
): Uint8Array {
  const protector = openSrtpProtector(keys);
  const datagram = new Uint8Array(12 + packet.payload.byteLength + protector.overheadBytes);
  const view = new DataView(datagram.buffer);
  view.setUint16(0, 0x8060);
  view.setUint16(2, packet.index & 0xffff);
  view.setUint32(8, SSRC);
  protector.protect(datagram, { ...packet, headerBytes: 12, ssrc: SSRC });
  return datagram;
}

describe('deriveKey', () => {
  // RFC 3711 appendix B.3
  const keys = {
    masterKey: bytes('E1F97A0D3E018BE0D64FA32C06DE4139'),
    masterSalt: bytes('0EC675AD498AFEEBB6960B3AABE6'),
  };

  it.each([
    ['encryption', 0, 'C61E7A93744F39EE10734AFE3FF7A087'],
    ['salt', 2, '30CBBC08863D8C85D49DB34A9AE1'],
    ['authentication', 1, 'CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'],
  ])('makes the %s key of the RFC', (_name, label, expected) => {
    expect(deriveKey(keys, label, expected.length / 2)).toEqual(bytes(expected));
  });
});

describe.each([
  ['AES-CM with HMAC-SHA1', SRTP_PROFILE.aes128CmHmacSha1, 14],
  ['AES-GCM', SRTP_PROFILE.aeadAes128Gcm, 12],
] as const)('a packet protected with %s', (_name, profile, saltBytes) => {
  const keys: SrtpKeys = {
    profile,
    masterKey: Uint8Array.from({ length: 16 }, (_, i) => i * 7),
    masterSalt: Uint8Array.from({ length: saltBytes }, (_, i) => 200 - i),
  };
  const openViewer = (): SrtpSession => {
    const [masterKey, masterSalt] = [Buffer.from(keys.masterKey), Buffer.from(keys.masterSalt)];
    return new SrtpSession({
      profile,
      keys: {
        localMasterKey: masterKey,
        localMasterSalt: masterSalt,
        remoteMasterKey: masterKey,
        remoteMasterSalt: masterSalt,
      },
    });
  };

  it('is read by another implementation, over two wraps of the sequence number', () => {
    const viewer = openViewer();
    const indexes = [65_530, 65_535, 65_536, 65_540, 100_000, 131_071, 131_072, 131_080];

    for (const index of indexes) {
      const payload = Uint8Array.from({ length: 1200 }, (_, i) => (i * index) & 0xff);
      const clear = viewer.decrypt(Buffer.from(protectedPacket(keys, { index, payload })));

      expect(new Uint8Array(RtpPacket.deSerialize(clear).payload)).toEqual(payload);
    }
  });

  it('is refused when a bit of its header was changed', () => {
    const datagram = Buffer.from(protectedPacket(keys, { index: 7, payload: bytes('65 88 84') }));
    datagram[1] = 0xe0;

    expect(() => openViewer().decrypt(datagram)).toThrowError(/authenticate/);
  });

  it('is the same bytes when it is protected again', () => {
    const packet = { index: 70_000, payload: bytes('65 88 84') };

    expect(protectedPacket(keys, packet)).toEqual(protectedPacket(keys, packet));
  });
});
