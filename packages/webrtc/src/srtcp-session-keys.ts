import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';
import { deriveKey } from './srtp-protector.ts';

/** What a session key of SRTCP is derived for (RFC 3711 §4.3.2). */
const LABEL = { encryption: 3, authentication: 4, salt: 5 } as const;

const KEY_BYTES = 16;
const SHA1_KEY_BYTES = 20;

/** The keys of SRTCP in one direction, derived from the master keys. */
export interface SrtcpSessionKeys {
  readonly encryption: Uint8Array;
  /** Of no use with GCM. */
  readonly authentication: Uint8Array;
  /** 14 bytes, 12 with GCM. */
  readonly salt: Uint8Array;
}

/** @see RFC 3711 §4.3.2, RFC 7714 §11 */
export const srtcpSessionKeys = (keys: SrtpKeys): SrtcpSessionKeys => ({
  encryption: deriveKey(keys, LABEL.encryption, KEY_BYTES),
  authentication: deriveKey(keys, LABEL.authentication, SHA1_KEY_BYTES),
  salt: deriveKey(keys, LABEL.salt, keys.profile === SRTP_PROFILE.aeadAes128Gcm ? 12 : 14),
});

/**
 * What a packet is encrypted with besides the key: 12 bytes for GCM; for AES-CM 16, the last two of which count blocks.
 * @see RFC 3711 §4.1.1, RFC 7714 §9.1: sender and index stand at other places
 */
export function srtcpIv(
  salt: Uint8Array,
  {
    ssrc,
    index,
    lengthBytes,
  }: { readonly ssrc: number; readonly index: number; readonly lengthBytes: 12 | 16 },
): Uint8Array {
  const iv = new Uint8Array(lengthBytes);
  iv.set(salt);
  const view = new DataView(iv.buffer);
  const [ssrcAt, indexAt] = lengthBytes === 12 ? [2, 8] : [4, 10];
  view.setUint32(ssrcAt, (view.getUint32(ssrcAt) ^ ssrc) >>> 0);
  view.setUint32(indexAt, (view.getUint32(indexAt) ^ index) >>> 0);
  return iv;
}
