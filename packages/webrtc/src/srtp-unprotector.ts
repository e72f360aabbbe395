import { createDecipheriv, createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import { RTP_FIXED_HEADER_BYTES } from '@pinhole/media/rtp';
import { SRTP_PROFILE, type SrtpKeys } from './srtp-keys.ts';
import { deriveKey, LABEL } from './srtp-protector.ts';

const BLOCK_BYTES = 16;
const SHA1_KEY_BYTES = 20;
const SHA1_TAG_BYTES = 10;
const GCM_IV_BYTES = 12;
const GCM_TAG_BYTES = 16;

/** Packets of one source that may still come behind the newest (RFC 3711 §3.3.2 asks for 64): a second of a fast one. */
const REPLAY_WINDOW = 1024;

/** Sources of one peer: pictures, sound, what is sent again of each, and what follows when encoders begin anew. */
const MAX_SOURCES = 64;

/** Checks and decrypts the RTP packets of one direction of one SRTP session. */
export interface SrtpUnprotector {
  /**
   * @returns the packet as it was before protection, in memory of its own; undefined when it is not RTP, not signed by
   *   the peer, came before, or is of one source too many.
   */
  unprotect(datagram: Uint8Array): Uint8Array | undefined;
}

/** What is behind the header and proven, or undefined. */
type OpenPayload = (
  datagram: Uint8Array,
  packet: { readonly headerBytes: number; readonly index: number; readonly ssrc: number },
) => Uint8Array | undefined;

/** An unprotector for what the peer sends, by the profile that DTLS chose. */
export function openSrtpUnprotector(keys: SrtpKeys): SrtpUnprotector {
  const open = keys.profile === SRTP_PROFILE.aeadAes128Gcm ? gcmOpener(keys) : counterModeOpener(keys);
  const sources = new Map<number, ReceivedIndices>();
  return {
    unprotect(datagram) {
      const headerBytes = headerBytesOf(datagram);
      if (headerBytes === undefined) return undefined;
      const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
      const ssrc = view.getUint32(8);
      const known = sources.get(ssrc);
      if (known === undefined && sources.size >= MAX_SOURCES) return undefined;
      const sequence = view.getUint16(2);
      const index = known ? known.of(sequence) : sequence;
      if (index === undefined) return undefined;
      const payload = open(datagram, { headerBytes, index, ssrc });
      if (payload === undefined) return undefined;
      // Only now: what anybody sent makes nothing that stays, and nothing large that does not.
      const indices = known ?? new ReceivedIndices();
      indices.add(index);
      if (known === undefined) sources.set(ssrc, indices);
      const packet = new Uint8Array(headerBytes + payload.byteLength);
      packet.set(datagram.subarray(0, headerBytes));
      packet.set(payload, headerBytes);
      return packet;
    },
  };
}

/** Which packets of one source came, by 65536 × rollover counter + sequence number. */
class ReceivedIndices {
  #highest: number | undefined;
  readonly #seen = new Float64Array(REPLAY_WINDOW).fill(-1);

  /**
   * The index that a sequence number stands for, nearest to the highest one.
   * @returns undefined for one that came already, or too long ago to tell.
   * @see RFC 3711 §3.3.1, appendix A
   */
  of(sequence: number): number | undefined {
    const highest = this.#highest;
    if (highest === undefined) return sequence;
    const ahead = ((sequence - highest + 0x8000) & 0xffff) - 0x8000;
    const index = highest + ahead;
    if (index < 0 || highest - index >= REPLAY_WINDOW) return undefined;
    return this.#seen[index % REPLAY_WINDOW] === index ? undefined : index;
  }

  /** It came, and is genuine. */
  add(index: number): void {
    this.#seen[index % REPLAY_WINDOW] = index;
    this.#highest = Math.max(this.#highest ?? index, index);
  }
}

/** @see RFC 3711 §4.1.1 (AES-CM), §4.2 (HMAC-SHA1 over header, payload and rollover counter) */
function counterModeOpener(keys: SrtpKeys): OpenPayload {
  const encryption = createSecretKey(deriveKey(keys, LABEL.encryption, BLOCK_BYTES));
  const authentication = createSecretKey(deriveKey(keys, LABEL.authentication, SHA1_KEY_BYTES));
  const salt = deriveKey(keys, LABEL.salt, 14);
  const iv = new Uint8Array(BLOCK_BYTES);
  const ivView = new DataView(iv.buffer);
  const rollover = new Uint8Array(4);
  const rolloverView = new DataView(rollover.buffer);
  return (datagram, { headerBytes, index, ssrc }) => {
    const end = datagram.byteLength - SHA1_TAG_BYTES;
    if (end < headerBytes) return undefined;
    const rolloverCounter = Math.floor(index / 0x10000);
    rolloverView.setUint32(0, rolloverCounter);
    const tag = createHmac('sha1', authentication)
      .update(datagram.subarray(0, end))
      .update(rollover)
      .digest();
    if (!timingSafeEqual(tag.subarray(0, SHA1_TAG_BYTES), datagram.subarray(end))) return undefined;
    iv.fill(0);
    iv.set(salt);
    xorU32(ivView, 4, ssrc);
    xorU32(ivView, 8, rolloverCounter);
    ivView.setUint16(12, ivView.getUint16(12) ^ (index & 0xffff));
    return createDecipheriv('aes-128-ctr', encryption, iv).update(datagram.subarray(headerBytes, end));
  };
}

/** @see RFC 7714 §8.1 (IV), §8.2 (associated data: the header) */
function gcmOpener(keys: SrtpKeys): OpenPayload {
  const encryption = createSecretKey(deriveKey(keys, LABEL.encryption, BLOCK_BYTES));
  const salt = deriveKey(keys, LABEL.salt, GCM_IV_BYTES);
  const iv = new Uint8Array(GCM_IV_BYTES);
  const ivView = new DataView(iv.buffer);
  return (datagram, { headerBytes, index, ssrc }) => {
    const end = datagram.byteLength - GCM_TAG_BYTES;
    if (end < headerBytes) return undefined;
    iv.set(salt);
    xorU32(ivView, 2, ssrc);
    xorU32(ivView, 6, Math.floor(index / 0x10000));
    ivView.setUint16(10, ivView.getUint16(10) ^ (index & 0xffff));
    const cipher = createDecipheriv('aes-128-gcm', encryption, iv);
    cipher.setAAD(datagram.subarray(0, headerBytes));
    cipher.setAuthTag(datagram.subarray(end));
    const payload = cipher.update(datagram.subarray(headerBytes, end));
    try {
      cipher.final();
    } catch {
      return undefined;
    }
    return payload;
  };
}

/** Where the payload begins; undefined for what is no RTP packet (RFC 3550 §5.1). */
function headerBytesOf(datagram: Uint8Array): number | undefined {
  const first = datagram[0] ?? 0;
  let bytes = RTP_FIXED_HEADER_BYTES + (first & 0x0f) * 4;
  if (first >> 6 !== 2) return undefined;
  if ((first & 0x10) !== 0) {
    if (bytes + 4 > datagram.byteLength) return undefined;
    bytes += 4 + (((datagram[bytes + 2] ?? 0) << 8) | (datagram[bytes + 3] ?? 0)) * 4;
  }
  return bytes <= datagram.byteLength ? bytes : undefined;
}

const xorU32 = (view: DataView, at: number, value: number): void =>
  view.setUint32(at, (view.getUint32(at) ^ value) >>> 0);
