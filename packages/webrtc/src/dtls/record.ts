import { VERSION } from './code-points.ts';

/** What stands before the payload of a record. */
export const RECORD_HEADER_BYTES = 13;

/** A record as it came. */
export interface ReceivedRecord {
  readonly type: number;
  readonly epoch: number;
  /** Header and payload: a view. */
  readonly bytes: Uint8Array;
  /** What is behind the header, encrypted or not: a view. */
  readonly payload: Uint8Array;
}

/** What a header says but for the length, which the record has. */
export interface RecordHeader {
  readonly type: number;
  readonly version: number;
  readonly epoch: number;
  /** 48 bits. */
  readonly sequence: number;
}

/** The first byte of all versions of DTLS. */
const MAJOR_VERSION = 0xfe;

/**
 * The whole records of a datagram, up to the first that is none: what is behind it cannot be told.
 *
 * ```
 *  0               1               2               3
 * +---------------+-------------------------------+---------------+
 * | content type  |            version            |  epoch ...    |
 * +---------------+-------------------------------+---------------+
 * | ...           |          sequence number (48 bits) ...        |
 * +---------------+-------------------------------+---------------+
 * | ...                           |             length            |
 * +-------------------------------+-------------------------------+
 * ```
 * @yields views into `datagram`
 * @see RFC 6347 §4.1
 */
export function* recordsOf(datagram: Uint8Array): Generator<ReceivedRecord, void, void> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (let at = 0; at + RECORD_HEADER_BYTES <= datagram.byteLength; ) {
    const end = at + RECORD_HEADER_BYTES + view.getUint16(at + 11);
    if (end > datagram.byteLength || view.getUint8(at + 1) !== MAJOR_VERSION) return;
    yield {
      type: view.getUint8(at),
      epoch: view.getUint16(at + 3),
      bytes: datagram.subarray(at, end),
      payload: datagram.subarray(at + RECORD_HEADER_BYTES, end),
    };
    at = end;
  }
}

/** Writes the header of a record that is as long as `record`. */
export function writeRecordHeader(
  record: Uint8Array,
  { type, version, epoch, sequence }: RecordHeader,
): void {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  view.setUint8(0, type);
  view.setUint16(1, version);
  view.setUint16(3, epoch);
  view.setUint16(5, Math.floor(sequence / 2 ** 32));
  view.setUint32(7, sequence >>> 0);
  view.setUint16(11, record.byteLength - RECORD_HEADER_BYTES);
}

/** A record that is not protected, of epoch 0. */
export function plainRecord(type: number, payload: Uint8Array, sequence: number): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER_BYTES + payload.byteLength);
  writeRecordHeader(record, { type, version: VERSION.dtls12, epoch: 0, sequence });
  record.set(payload, RECORD_HEADER_BYTES);
  return record;
}
