import { createHash } from 'node:crypto';
import { serializeRtp } from '@pinhole/media/rtp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtpPacket, SrtpSession } from 'werift';
import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';
import { openSrtpUnprotector } from './srtp-unprotector.ts';

const secret = (name: string, bytes: number): Buffer =>
  createHash('sha256').update(name).digest().subarray(0, bytes);

const SSRC = 0xcafebabe;

interface Rig {
  readonly keys: SrtpKeys;
  /** What werift, as the sender, makes of a packet. */
  readonly protect: (packet: Uint8Array) => Uint8Array;
}

function openRig(profile: SrtpKeys['profile']): Rig {
  const saltBytes = profile === SRTP_PROFILE.aeadAes128Gcm ? 12 : 14;
  const keys = { profile, masterKey: secret('key', 16), masterSalt: secret('salt', saltBytes) };
  const session = new SrtpSession({
    profile,
    keys: {
      localMasterKey: keys.masterKey,
      localMasterSalt: keys.masterSalt,
      remoteMasterKey: secret('other key', 16),
      remoteMasterSalt: secret('other salt', saltBytes),
    },
  });
  return {
    keys,
    protect: (packet) => {
      const { header, payload } = RtpPacket.deSerialize(Buffer.from(packet));
      return new Uint8Array(session.encrypt(payload, header));
    },
  };
}

const packetOf = (sequence: number, changes: { readonly ssrc?: number; readonly text?: string } = {}) =>
  serializeRtp({
    marker: false,
    payloadType: 96,
    sequence,
    timestamp: 90_000,
    ssrc: changes.ssrc ?? SSRC,
    payload: Buffer.from(changes.text ?? `picture ${sequence}`),
  });

describe.each([
  ['AES-CM with HMAC-SHA1', SRTP_PROFILE.aes128CmHmacSha1],
  ['AES-GCM', SRTP_PROFILE.aeadAes128Gcm],
])('%s', (_, profile) => {
  it('reads what werift protected, past the wrap of the sequence number', () => {
    const { keys, protect } = openRig(profile);
    const unprotector = openSrtpUnprotector(keys);

    for (let index = 65_530; index < 65_545; index++) {
      const packet = packetOf(index & 0xffff);
      expect(unprotector.unprotect(protect(packet))).toEqual(new Uint8Array(packet));
    }
  });

  it('reads packets in any order, each once', () => {
    const { keys, protect } = openRig(profile);
    const unprotector = openSrtpUnprotector(keys);
    const sent = [100, 101, 102, 103].map((sequence) => protect(packetOf(sequence)));

    const order = [0, 3, 1, 3, 2, 0];
    const came = order.map((at) => unprotector.unprotect(sent[at] ?? new Uint8Array()) !== undefined);

    expect(came).toEqual([true, true, true, false, true, false]);
  });

  it('passes over what is not signed by the peer, and then still reads what is', () => {
    const { keys, protect } = openRig(profile);
    const unprotector = openSrtpUnprotector(keys);
    const good = protect(packetOf(7));
    const forged = good.slice();
    forged[13] = (forged[13] ?? 0) ^ 1;
    const jumped = good.slice();
    new DataView(jumped.buffer, jumped.byteOffset).setUint16(2, 40_000);

    expect(unprotector.unprotect(forged)).toBeUndefined();
    expect(unprotector.unprotect(jumped)).toBeUndefined();
    expect(unprotector.unprotect(good)).toEqual(new Uint8Array(packetOf(7)));
  });

  it('knows no more sources than a peer can have', () => {
    const { keys, protect } = openRig(profile);
    const unprotector = openSrtpUnprotector(keys);

    const came = Array.from({ length: 70 }, (_, ssrc) =>
      unprotector.unprotect(protect(packetOf(1, { ssrc: ssrc + 1 }))),
    );

    expect(came.filter((packet) => packet !== undefined)).toHaveLength(64);
  });

  it('takes any bytes without harm', () => {
    const unprotector = openSrtpUnprotector(openRig(profile).keys);

    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(unprotector.unprotect(bytes)).toBeUndefined();
        bytes[0] = 0x90;
        expect(unprotector.unprotect(bytes)).toBeUndefined();
      }),
    );
  });
});
