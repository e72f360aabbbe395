import { createDecipheriv, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { ReplayWindow } from './replay-window.ts';
import { ENCRYPTED, GCM_TAG_BYTES, INDEX_BYTES, RTCP_HEAD_BYTES, SHA1_TAG_BYTES } from './srtcp-protector.ts';
import { type SrtcpSessionKeys, srtcpIv, srtcpSessionKeys } from './srtcp-session-keys.ts';
import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';

/** Packets that may come behind the newest one (RFC 3711 §3.3.2 asks for 64). */
const REPLAY_WINDOW = 128;

/** Senders of one peer: one for each stream of either direction, and what follows when they begin anew. */
const MAX_SENDERS = 64;

/** Checks and decrypts RTCP of one direction of one SRTP session. */
export interface SrtcpUnprotector {
  /**
   * @returns the datagram as it was before protection, in memory of its own; undefined when the peer did not sign it, it came
   *   before, is not encrypted, or is of one sender too many.
   */
  unprotect(datagram: Uint8Array): Uint8Array | undefined;
}

/** How one profile is opened. */
export interface SrtcpOpener {
  /** Where the index stands, counted from the end. */
  readonly indexFromEnd: number;
  readonly overheadBytes: number;
  /** What is behind the head and proven, or undefined. */
  open(
    datagram: Uint8Array,
    packet: { readonly index: number; readonly ssrc: number },
  ): Uint8Array | undefined;
}

/** An unprotector for what the peer sends, by the profile that DTLS chose. */
export function openSrtcpUnprotector(keys: SrtpKeys): SrtcpUnprotector {
  const session = srtcpSessionKeys(keys);
  const opener =
    keys.profile === SRTP_PROFILE.aeadAes128Gcm ? gcmSrtcpOpener(session) : counterModeOpener(session);
  const senders = new Map<number, ReplayWindow>();
  return {
    unprotect(datagram) {
      if (datagram.byteLength < RTCP_HEAD_BYTES + opener.overheadBytes) return undefined;
      const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
      const word = view.getUint32(datagram.byteLength - opener.indexFromEnd);
      // RFC 8827 §6.5 allows nothing that is not encrypted.
      if (word < ENCRYPTED) return undefined;
      const index = word - ENCRYPTED;
      const ssrc = view.getUint32(4);
      const known = senders.get(ssrc);
      if (known ? !known.isNew(index) : senders.size >= MAX_SENDERS) return undefined;
      const rest = opener.open(datagram, { index, ssrc });
      if (rest === undefined) return undefined;
      const received = known ?? new ReplayWindow(REPLAY_WINDOW);
      received.add(index);
      if (!known) senders.set(ssrc, received);
      const rtcp = new Uint8Array(RTCP_HEAD_BYTES + rest.byteLength);
      rtcp.set(datagram.subarray(0, RTCP_HEAD_BYTES));
      rtcp.set(rest, RTCP_HEAD_BYTES);
      return rtcp;
    },
  };
}

/** @see RFC 7714 §9.1 (IV), §9.2 (associated data: head and index), §17 (test vectors) */
export function gcmSrtcpOpener({ encryption, salt }: SrtcpSessionKeys): SrtcpOpener {
  const key = createSecretKey(encryption);
  return {
    indexFromEnd: INDEX_BYTES,
    overheadBytes: GCM_TAG_BYTES + INDEX_BYTES,
    open(datagram, { index, ssrc }) {
      const indexAt = datagram.byteLength - INDEX_BYTES;
      const tagAt = indexAt - GCM_TAG_BYTES;
      const iv = srtcpIv(salt, { ssrc, index, lengthBytes: 12 });
      const cipher = createDecipheriv('aes-128-gcm', key, iv);
      cipher.setAAD(Buffer.concat([datagram.subarray(0, RTCP_HEAD_BYTES), datagram.subarray(indexAt)]));
      cipher.setAuthTag(datagram.subarray(tagAt, indexAt));
      const rest = cipher.update(datagram.subarray(RTCP_HEAD_BYTES, tagAt));
      try {
        cipher.final();
      } catch {
        return undefined;
      }
      return rest;
    },
  };
}

/** @see RFC 3711 §3.4, §4.1.1 (AES-CM), §4.2 (HMAC-SHA1 over all before the tag) */
function counterModeOpener({ encryption, authentication, salt }: SrtcpSessionKeys): SrtcpOpener {
  const key = createSecretKey(encryption);
  const authenticationKey = createSecretKey(authentication);
  return {
    indexFromEnd: INDEX_BYTES + SHA1_TAG_BYTES,
    overheadBytes: INDEX_BYTES + SHA1_TAG_BYTES,
    open(datagram, { index, ssrc }) {
      const tagAt = datagram.byteLength - SHA1_TAG_BYTES;
      const tag = createHmac('sha1', authenticationKey).update(datagram.subarray(0, tagAt)).digest();
      if (!timingSafeEqual(tag.subarray(0, SHA1_TAG_BYTES), datagram.subarray(tagAt))) return undefined;
      const iv = srtcpIv(salt, { ssrc, index, lengthBytes: 16 });
      return createDecipheriv('aes-128-ctr', key, iv).update(
        datagram.subarray(RTCP_HEAD_BYTES, tagAt - INDEX_BYTES),
      );
    },
  };
}
