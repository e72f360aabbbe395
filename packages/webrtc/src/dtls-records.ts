import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { ReplayWindow } from './replay-window.ts';

/** Content types that come once the handshake is over (RFC 6347 §4.1). */
export const CONTENT_TYPE = { alert: 21, applicationData: 23 } as const;

/** The keys of one DTLS session, with AES in Galois/counter mode, as all suites that are offered have it. */
export interface DtlsKeys {
  readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm';
  readonly localKey: Uint8Array;
  readonly remoteKey: Uint8Array;
  /** The first 4 bytes of each nonce (RFC 5288 §3). */
  readonly localSalt: Uint8Array;
  readonly remoteSalt: Uint8Array;
  /** The epoch of the protected records. */
  readonly epoch: number;
  /** Both bytes as in the records' header. */
  readonly version: number;
}

/** What a record said. */
export interface DtlsRecord {
  readonly type: number;
  /** In memory of its own. */
  readonly payload: Uint8Array;
}

const HEADER_BYTES = 13;
const EXPLICIT_NONCE_BYTES = 8;
const TAG_BYTES = 16;
const OVERHEAD_BYTES = HEADER_BYTES + EXPLICIT_NONCE_BYTES + TAG_BYTES;
const NONCE_BYTES = 12;
const SALT_BYTES = 4;
/** Records that may come behind the newest one. */
const REPLAY_WINDOW = 1024;

/**
 * The record layer of DTLS 1.2 after the handshake: a few thousand records a second of a file that is being downloaded
 * go through here.
 *
 * ```
 *  0               1               2               3
 * +---------------+-------------------------------+---------------+
 * | content type  |            version            |  epoch ...    |
 * +---------------+-------------------------------+---------------+
 * | ...           |          sequence number (48 bits) ...        |
 * +---------------+-------------------------------+---------------+
 * | ...                           |     length    |  nonce (8) …  |
 * +-------------------------------+---------------+---------------+
 * ```
 * @see RFC 6347 §4.1 (record), §4.1.2.6 (replay), RFC 5288 §3 (nonce), RFC 5246 §6.2.3.3 (additional data)
 */
export class DtlsRecords {
  readonly #keys: DtlsKeys;
  readonly #localKey: KeyObject;
  readonly #remoteKey: KeyObject;
  readonly #nextSequence: () => number;
  readonly #received = new ReplayWindow(REPLAY_WINDOW);

  /** @param nextSequence gives a record number that no record of this epoch had. */
  constructor(keys: DtlsKeys, nextSequence: () => number) {
    this.#keys = keys;
    this.#localKey = createSecretKey(keys.localKey);
    this.#remoteKey = createSecretKey(keys.remoteKey);
    this.#nextSequence = nextSequence;
  }

  /** A datagram of one record. */
  seal(type: number, payload: Uint8Array): Uint8Array {
    const { algorithm, localSalt, epoch, version } = this.#keys;
    const datagram = new Uint8Array(OVERHEAD_BYTES + payload.byteLength);
    const view = new DataView(datagram.buffer);
    const sequence = this.#nextSequence();
    view.setUint8(0, type);
    view.setUint16(1, version);
    view.setUint16(3, epoch);
    view.setUint16(5, Math.floor(sequence / 2 ** 32));
    view.setUint32(7, sequence >>> 0);
    view.setUint16(11, datagram.byteLength - HEADER_BYTES);
    // Epoch and number never come twice, which is all that a nonce needs.
    datagram.copyWithin(HEADER_BYTES, 3, 3 + EXPLICIT_NONCE_BYTES);
    const cipher = createCipheriv(algorithm, this.#localKey, nonceOf(localSalt, datagram));
    cipher.setAAD(additionalData(datagram, payload.byteLength));
    datagram.set(cipher.update(payload), HEADER_BYTES + EXPLICIT_NONCE_BYTES);
    cipher.final();
    datagram.set(cipher.getAuthTag(), datagram.byteLength - TAG_BYTES);
    return datagram;
  }

  /** What a whole record says; undefined for one that the peer did not seal, or that came before. */
  open(record: Uint8Array): DtlsRecord | undefined {
    const { algorithm, remoteSalt, epoch } = this.#keys;
    if (record.byteLength < OVERHEAD_BYTES) return undefined;
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    const sequence = view.getUint16(5) * 2 ** 32 + view.getUint32(7);
    if (view.getUint16(3) !== epoch || !this.#received.isNew(sequence)) return undefined;
    const sealed = record.subarray(HEADER_BYTES + EXPLICIT_NONCE_BYTES, record.byteLength - TAG_BYTES);
    const cipher = createDecipheriv(algorithm, this.#remoteKey, nonceOf(remoteSalt, record));
    cipher.setAAD(additionalData(record, sealed.byteLength));
    cipher.setAuthTag(record.subarray(record.byteLength - TAG_BYTES));
    const payload = cipher.update(sealed);
    try {
      cipher.final();
    } catch {
      return undefined;
    }
    this.#received.add(sequence);
    return { type: view.getUint8(0), payload };
  }
}

function nonceOf(salt: Uint8Array, record: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(salt);
  nonce.set(record.subarray(HEADER_BYTES, HEADER_BYTES + EXPLICIT_NONCE_BYTES), SALT_BYTES);
  return nonce;
}

/** Epoch and number, content type, version, and the length before encryption. */
function additionalData(record: Uint8Array, payloadBytes: number): Uint8Array {
  const data = new Uint8Array(13);
  data.set(record.subarray(3, 11));
  data.set(record.subarray(0, 3), 8);
  new DataView(data.buffer).setUint16(11, payloadBytes);
  return data;
}
