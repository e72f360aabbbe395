import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { ReplayWindow } from '../replay-window.ts';
import { CONTENT_TYPE, VERSION } from './code-points.ts';
import { RECORD_HEADER_BYTES, writeRecordHeader } from './record.ts';

/** The keys of one DTLS session, with AES in Galois/counter mode, as all suites that are offered have it. */
export interface DtlsKeys {
  readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm';
  readonly localKey: Uint8Array;
  readonly remoteKey: Uint8Array;
  /** The first 4 bytes of each nonce (RFC 5288 §3). */
  readonly localSalt: Uint8Array;
  readonly remoteSalt: Uint8Array;
}

/** The epoch of protected records: there is no second handshake in a session. */
export const PROTECTED_EPOCH = 1;

/** What a record said. */
export interface DtlsRecord {
  readonly type: number;
  /** In memory of its own. */
  readonly payload: Uint8Array;
}

const EXPLICIT_NONCE_BYTES = 8;
const TAG_BYTES = 16;
const OVERHEAD_BYTES = RECORD_HEADER_BYTES + EXPLICIT_NONCE_BYTES + TAG_BYTES;
const NONCE_BYTES = 12;
const SALT_BYTES = 4;
/** Records that may come behind the newest one. */
const REPLAY_WINDOW = 1024;

/**
 * Protected records of DTLS 1.2: a few thousand a second of a file that is being downloaded go through here. Between
 * the header and what is encrypted stands the part of the nonce that changes, 8 bytes.
 * @see RFC 6347 §4.1 (record), §4.1.2.6 (replay), RFC 5288 §3 (nonce), RFC 5246 §6.2.3.3 (additional data)
 */
export class DtlsRecords {
  readonly #keys: DtlsKeys;
  readonly #localKey: KeyObject;
  readonly #remoteKey: KeyObject;
  #sequence = 0;
  readonly #received = new ReplayWindow(REPLAY_WINDOW);

  constructor(keys: DtlsKeys) {
    this.#keys = keys;
    this.#localKey = createSecretKey(keys.localKey);
    this.#remoteKey = createSecretKey(keys.remoteKey);
  }

  /** A whole record, under a number that no other one had. */
  seal(type: number, payload: Uint8Array): Uint8Array {
    const { algorithm, localSalt } = this.#keys;
    const record = new Uint8Array(OVERHEAD_BYTES + payload.byteLength);
    writeRecordHeader(record, {
      type,
      version: VERSION.dtls12,
      epoch: PROTECTED_EPOCH,
      sequence: this.#sequence++,
    });
    // Epoch and number never come twice, which is all that a nonce needs.
    record.copyWithin(RECORD_HEADER_BYTES, 3, 3 + EXPLICIT_NONCE_BYTES);
    const cipher = createCipheriv(algorithm, this.#localKey, nonceOf(localSalt, record));
    cipher.setAAD(additionalData(record, payload.byteLength));
    record.set(cipher.update(payload), RECORD_HEADER_BYTES + EXPLICIT_NONCE_BYTES);
    cipher.final();
    record.set(cipher.getAuthTag(), record.byteLength - TAG_BYTES);
    return record;
  }

  /** What a whole record says; undefined for one that the peer did not seal, or that came before: of a handshake a copy is no harm. */
  open(record: Uint8Array): DtlsRecord | undefined {
    const { algorithm, remoteSalt } = this.#keys;
    if (record.byteLength < OVERHEAD_BYTES) return undefined;
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    const sequence = view.getUint16(5) * 2 ** 32 + view.getUint32(7);
    const type = view.getUint8(0);
    // Messages of a handshake have numbers of their own. That they take none of these lets peers be heard that begin to
    // count anew behind them, as werift does.
    const counts = type !== CONTENT_TYPE.handshake;
    if (view.getUint16(3) !== PROTECTED_EPOCH || (counts && !this.#received.isNew(sequence)))
      return undefined;
    const sealed = record.subarray(RECORD_HEADER_BYTES + EXPLICIT_NONCE_BYTES, record.byteLength - TAG_BYTES);
    const cipher = createDecipheriv(algorithm, this.#remoteKey, nonceOf(remoteSalt, record));
    cipher.setAAD(additionalData(record, sealed.byteLength));
    cipher.setAuthTag(record.subarray(record.byteLength - TAG_BYTES));
    const payload = cipher.update(sealed);
    try {
      cipher.final();
    } catch {
      return undefined;
    }
    if (counts) this.#received.add(sequence);
    return { type, payload };
  }
}

function nonceOf(salt: Uint8Array, record: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  nonce.set(salt);
  nonce.set(record.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + EXPLICIT_NONCE_BYTES), SALT_BYTES);
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
