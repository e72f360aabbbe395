import { describe, expect, it } from 'vitest';
import { SrtcpSession } from 'werift';
import { hex } from '../../../test/support/hex.ts';
import { gcmSrtcpProtector, openSrtcpProtector } from './srtcp-protector.ts';
import { gcmSrtcpOpener, openSrtcpUnprotector } from './srtcp-unprotector.ts';
import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';

describe('SRTCP by AES-GCM', () => {
  // RFC 7714 §17, §17.1
  const session = {
    encryption: hex('00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f'),
    salt: hex('51 75 69 64 20 70 72 6f 20 71 75 6f'),
    authentication: new Uint8Array(0),
  };
  const packet = { index: 0x5d4, ssrc: 0x4d617273 };
  const rtcp = hex(`
    81c8000d 4d617273                              # head: sender report of "Mars"
    4e545031 4e545032 52545020 0000042a 0000e930   # times and counts
    4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef
  `);
  const datagram = hex(`
    81c8000d 4d617273                              # head
    63e94885 dcdab67c a727d766 2f6b7e99 7ff5c0f7 6c06f32d c676a5f1 730d6fda 4ce09b46 86303ded 0bb9275b
    c84aa458 96cf4d2f c5abf872 45d9eade            # tag
    800005d4                                       # E, index
  `);

  it('makes the datagram of the RFC', () => {
    expect(gcmSrtcpProtector(session)(rtcp, packet)).toEqual(datagram);
  });

  it('reads the datagram of the RFC', () => {
    expect(gcmSrtcpOpener(session).open(datagram, packet)).toEqual(Buffer.from(rtcp.subarray(8)));
  });
});

describe.each([
  ['AES-CM with HMAC-SHA1', SRTP_PROFILE.aes128CmHmacSha1, 14],
  ['AES-GCM', SRTP_PROFILE.aeadAes128Gcm, 12],
] as const)('RTCP protected with %s', (_name, profile, saltBytes) => {
  const keys: SrtpKeys = {
    profile,
    masterKey: Uint8Array.from({ length: 16 }, (_, i) => i * 7),
    masterSalt: Uint8Array.from({ length: saltBytes }, (_, i) => 200 - i),
  };
  const openOther = (): SrtcpSession => {
    const [masterKey, masterSalt] = [Buffer.from(keys.masterKey), Buffer.from(keys.masterSalt)];
    return new SrtcpSession({
      profile,
      keys: {
        localMasterKey: masterKey,
        localMasterSalt: masterSalt,
        remoteMasterKey: masterKey,
        remoteMasterSalt: masterSalt,
      },
    });
  };
  /** A receiver report without blocks, and a goodbye. */
  const rtcp = hex('80c90001 cafebabe 81cb0001 cafebabe');
  const protectedTimes = (count: number): Uint8Array[] => {
    const protector = openSrtcpProtector(keys);
    return Array.from({ length: count }, () => protector.protect(rtcp) ?? new Uint8Array(0));
  };

  it('is read by another implementation', () => {
    const other = openOther();

    for (const datagram of protectedTimes(300))
      expect(new Uint8Array(other.decrypt(Buffer.from(datagram)))).toEqual(rtcp);
  });

  it('is read when another implementation made it', () => {
    const other = openOther();
    const unprotector = openSrtcpUnprotector(keys);

    for (let i = 0; i < 300; i++)
      expect(unprotector.unprotect(new Uint8Array(other.encrypt(Buffer.from(rtcp))))).toEqual(rtcp);
  });

  it('is taken once, in any order of a short while', () => {
    const sent = protectedTimes(300);
    const unprotector = openSrtcpUnprotector(keys);
    const taken = (at: number): boolean => unprotector.unprotect(sent[at] ?? rtcp) !== undefined;

    expect([0, 200, 73, 72, 200, 73, 201].map(taken)).toEqual([true, true, true, false, false, false, true]);
  });

  it('is refused when any bit was changed, and when cut short', () => {
    const [datagram = rtcp] = protectedTimes(1);
    const unprotector = openSrtcpUnprotector(keys);

    for (let at = 0; at < datagram.byteLength; at++) {
      const changed = datagram.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x80;
      expect(unprotector.unprotect(changed)).toBeUndefined();
      expect(unprotector.unprotect(datagram.subarray(0, at))).toBeUndefined();
    }
    expect(unprotector.unprotect(datagram)).toEqual(rtcp);
  });

  it('keeps the numbers of so many senders and no more', () => {
    const unprotector = openSrtcpUnprotector(keys);
    const protector = openSrtcpProtector(keys);
    const of = (sender: number): Uint8Array | undefined => {
      const one = rtcp.slice();
      one[7] = sender;
      return protector.protect(one);
    };

    const taken = Array.from({ length: 65 }, (_, sender) => unprotector.unprotect(of(sender) ?? rtcp));

    expect(taken.filter((one) => one !== undefined)).toHaveLength(64);
    expect(unprotector.unprotect(of(3) ?? rtcp)).toBeDefined();
  });

  it('is nothing when it is too short for RTCP', () => {
    expect(openSrtcpProtector(keys).protect(rtcp.subarray(0, 7))).toBeUndefined();
  });
});
