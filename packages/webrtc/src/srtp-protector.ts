import { createCipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';

/** What a session key is derived for (RFC 3711 §4.3.1). */
export const LABEL = { encryption: 0, authentication: 1, salt: 2 } as const;
const BLOCK_BYTES = 16;
const SHA1_TAG_BYTES = 10;
const GCM_TAG_BYTES = 16;
const SHA1_KEY_BYTES = 20;
const GCM_IV_BYTES = 12;

/** Encrypts and authenticates RTP packets of one direction of one SRTP session. */
export interface SrtpProtector {
  /** Bytes that protection adds to a packet. */
  readonly overheadBytes: number;
  /**
   * Protects the packet of which `datagram` holds the header, `headerBytes` long; writes the encrypted payload and the
   * tag behind it. `datagram` is as long as all three.
   * @param index 65536 × rollover counter + sequence number
   */
  protect(
    datagram: Uint8Array,
    packet: {
      readonly headerBytes: number;
      readonly payload: Uint8Array;
      readonly index: number;
      readonly ssrc: number;
    },
  ): void;
}

/** A protector for the profile that DTLS chose. */
export function openSrtpProtector(keys: SrtpKeys): SrtpProtector {
  return keys.profile === SRTP_PROFILE.aeadAes128Gcm ? gcmProtector(keys) : counterModeProtector(keys);
}

/** @see RFC 3711 §4.1.1 (AES-CM), §4.2 (HMAC-SHA1 over header, payload and rollover counter) */
function counterModeProtector(keys: SrtpKeys): SrtpProtector {
  const encryption = createSecretKey(deriveKey(keys, LABEL.encryption, BLOCK_BYTES));
  const authentication = createSecretKey(deriveKey(keys, LABEL.authentication, SHA1_KEY_BYTES));
  const salt = deriveKey(keys, LABEL.salt, 14);
  const iv = new Uint8Array(BLOCK_BYTES);
  const ivView = new DataView(iv.buffer);
  const rollover = new Uint8Array(4);
  const rolloverView = new DataView(rollover.buffer);
  return {
    overheadBytes: SHA1_TAG_BYTES,
    protect(datagram, { headerBytes, payload, index, ssrc }) {
      const rolloverCounter = Math.floor(index / 0x10000);
      iv.fill(0);
      iv.set(salt);
      xorU32(ivView, 4, ssrc);
      xorU32(ivView, 8, rolloverCounter);
      ivView.setUint16(12, ivView.getUint16(12) ^ (index & 0xffff));
      const end = headerBytes + payload.byteLength;
      datagram.set(createCipheriv('aes-128-ctr', encryption, iv).update(payload), headerBytes);
      rolloverView.setUint32(0, rolloverCounter);
      const tag = hmac(authentication, datagram.subarray(0, end), rollover);
      datagram.set(tag.subarray(0, SHA1_TAG_BYTES), end);
    },
  };
}

/** @see RFC 7714 §8.1 (IV), §8.2 (associated data: the header) */
function gcmProtector(keys: SrtpKeys): SrtpProtector {
  const encryption = createSecretKey(deriveKey(keys, LABEL.encryption, BLOCK_BYTES));
  const salt = deriveKey(keys, LABEL.salt, GCM_IV_BYTES);
  const iv = new Uint8Array(GCM_IV_BYTES);
  const ivView = new DataView(iv.buffer);
  return {
    overheadBytes: GCM_TAG_BYTES,
    protect(datagram, { headerBytes, payload, index, ssrc }) {
      iv.set(salt);
      xorU32(ivView, 2, ssrc);
      xorU32(ivView, 6, Math.floor(index / 0x10000));
      ivView.setUint16(10, ivView.getUint16(10) ^ (index & 0xffff));
      const cipher = createCipheriv('aes-128-gcm', encryption, iv);
      cipher.setAAD(datagram.subarray(0, headerBytes));
      datagram.set(cipher.update(payload), headerBytes);
      cipher.final();
      datagram.set(cipher.getAuthTag(), headerBytes + payload.byteLength);
    },
  };
}

/**
 * One session key of a master key, at key derivation rate 0.
 * @see RFC 3711 §4.3.1, appendix B.3 (test vectors); RFC 7714 §11 (a 12-byte salt is followed by zeros)
 */
export function deriveKey(
  { masterKey, masterSalt }: Omit<SrtpKeys, 'profile'>,
  label: number,
  lengthBytes: number,
): Uint8Array {
  const iv = new Uint8Array(BLOCK_BYTES);
  iv.set(masterSalt);
  iv[7] = (iv[7] ?? 0) ^ label;
  return new Uint8Array(createCipheriv('aes-128-ctr', masterKey, iv).update(new Uint8Array(lengthBytes)));
}

const hmac = (key: KeyObject, packet: Uint8Array, rollover: Uint8Array): Uint8Array =>
  createHmac('sha1', key).update(packet).update(rollover).digest();

const xorU32 = (view: DataView, at: number, value: number): void =>
  view.setUint32(at, (view.getUint32(at) ^ value) >>> 0);
