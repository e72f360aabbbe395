import { createCipheriv, createHmac, createSecretKey } from 'node:crypto';
import { type SrtcpSessionKeys, srtcpIv, srtcpSessionKeys } from './srtcp-session-keys.ts';
import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';

/** The head of an RTCP packet that is never encrypted: what it is, its length, and who sends it. */
export const RTCP_HEAD_BYTES = 8;
/** The index behind a packet, with its first bit for "encrypted". */
export const INDEX_BYTES = 4;
/** The first bit of it. */
export const ENCRYPTED = 0x8000_0000;
/** Tag of AES-GCM. */
export const GCM_TAG_BYTES = 16;
/** Tag of HMAC-SHA1, cut short. */
export const SHA1_TAG_BYTES = 10;

const MAX_INDEX = 0x7fff_ffff;

/** Encrypts and authenticates RTCP of one direction of one SRTP session. */
export interface SrtcpProtector {
  /**
   * A datagram of RTCP as it travels, in memory of its own; undefined for what is no RTCP, or once all numbers are used up.
   */
  protect(rtcp: Uint8Array): Uint8Array | undefined;
}

/** How one profile protects a packet. */
export type ProtectSrtcp = (
  rtcp: Uint8Array,
  packet: { readonly index: number; readonly ssrc: number },
) => Uint8Array;

/** A protector for the profile that DTLS chose. */
export function openSrtcpProtector(keys: SrtpKeys): SrtcpProtector {
  const session = srtcpSessionKeys(keys);
  const protect =
    keys.profile === SRTP_PROFILE.aeadAes128Gcm ? gcmSrtcpProtector(session) : counterModeProtector(session);
  let index = 0;
  return {
    protect(rtcp) {
      if (rtcp.byteLength < RTCP_HEAD_BYTES || index > MAX_INDEX) return undefined;
      const ssrc = new DataView(rtcp.buffer, rtcp.byteOffset).getUint32(4);
      return protect(rtcp, { index: index++, ssrc });
    },
  };
}

/**
 * ```
 *  head (8) | encrypted | tag (16) | E, index (4)
 * ```
 * @see RFC 7714 §9.1 (IV), §9.2 (associated data: head and index), §17 (test vectors)
 */
export function gcmSrtcpProtector({ encryption, salt }: SrtcpSessionKeys): ProtectSrtcp {
  const key = createSecretKey(encryption);
  return (rtcp, { index, ssrc }) => {
    const datagram = new Uint8Array(rtcp.byteLength + GCM_TAG_BYTES + INDEX_BYTES);
    const indexAt = datagram.byteLength - INDEX_BYTES;
    datagram.set(rtcp.subarray(0, RTCP_HEAD_BYTES));
    new DataView(datagram.buffer).setUint32(indexAt, ENCRYPTED + index);
    const cipher = createCipheriv('aes-128-gcm', key, srtcpIv(salt, { ssrc, index, lengthBytes: 12 }));
    cipher.setAAD(Buffer.concat([datagram.subarray(0, RTCP_HEAD_BYTES), datagram.subarray(indexAt)]));
    datagram.set(cipher.update(rtcp.subarray(RTCP_HEAD_BYTES)), RTCP_HEAD_BYTES);
    cipher.final();
    datagram.set(cipher.getAuthTag(), rtcp.byteLength);
    return datagram;
  };
}

/**
 * ```
 *  head (8) | encrypted | E, index (4) | tag (10)
 * ```
 * @see RFC 3711 §3.4, §4.1.1 (AES-CM), §4.2 (HMAC-SHA1 over all before the tag)
 */
function counterModeProtector({ encryption, authentication, salt }: SrtcpSessionKeys): ProtectSrtcp {
  const key = createSecretKey(encryption);
  const authenticationKey = createSecretKey(authentication);
  return (rtcp, { index, ssrc }) => {
    const datagram = new Uint8Array(rtcp.byteLength + INDEX_BYTES + SHA1_TAG_BYTES);
    const tagAt = datagram.byteLength - SHA1_TAG_BYTES;
    datagram.set(rtcp.subarray(0, RTCP_HEAD_BYTES));
    const cipher = createCipheriv('aes-128-ctr', key, srtcpIv(salt, { ssrc, index, lengthBytes: 16 }));
    datagram.set(cipher.update(rtcp.subarray(RTCP_HEAD_BYTES)), RTCP_HEAD_BYTES);
    new DataView(datagram.buffer).setUint32(rtcp.byteLength, ENCRYPTED + index);
    const tag = createHmac('sha1', authenticationKey).update(datagram.subarray(0, tagAt)).digest();
    datagram.set(tag.subarray(0, SHA1_TAG_BYTES), tagAt);
    return datagram;
  };
}
