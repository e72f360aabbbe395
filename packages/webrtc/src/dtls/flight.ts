import { CONTENT_TYPE } from './code-points.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import { MESSAGE_HEADER_BYTES, serializeFragment } from './handshake-message.ts';

/** What is sent at once and again until the peer answers (RFC 6347 §4.2.4); `protected` follows on ChangeCipherSpec. */
export interface Flight {
  readonly plain: readonly HandshakeMessage[];
  readonly protected?: HandshakeMessage;
}

/** Makes a record of the epoch wanted, with a number of its own. */
export interface RecordWriter {
  plain(type: number, payload: Uint8Array): Uint8Array;
  protected(type: number, payload: Uint8Array): Uint8Array;
}

/** No datagram is longer, so that none is cut on its way; what a VPN and IPv6 leave of Ethernet. */
export const MAX_DATAGRAM_BYTES = 1200;

/** Header, explicit nonce and tag at most. */
const RECORD_OVERHEAD_BYTES = 37;
const MAX_PART_BYTES = MAX_DATAGRAM_BYTES - RECORD_OVERHEAD_BYTES - MESSAGE_HEADER_BYTES;
const CHANGE_CIPHER_SPEC = Uint8Array.of(1);

/** The datagrams of a flight, each as full as it may be; the records are new ones each time. */
export function datagramsOf(flight: Flight, writer: RecordWriter): Uint8Array[] {
  const records = flight.plain
    .flatMap(partsOf)
    .map((payload) => writer.plain(CONTENT_TYPE.handshake, payload));
  if (flight.protected) {
    records.push(writer.plain(CONTENT_TYPE.changeCipherSpec, CHANGE_CIPHER_SPEC));
    for (const part of partsOf(flight.protected))
      records.push(writer.protected(CONTENT_TYPE.handshake, part));
  }
  return packed(records);
}

function partsOf(message: HandshakeMessage): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  do {
    const end = Math.min(at + MAX_PART_BYTES, message.body.byteLength);
    parts.push(serializeFragment(message, { at, end }));
    at = end;
  } while (at < message.body.byteLength);
  return parts;
}

function packed(records: readonly Uint8Array[]): Uint8Array[] {
  const datagrams: Uint8Array[][] = [];
  let room = 0;
  for (const record of records) {
    const last = datagrams.at(-1);
    if (!last || record.byteLength > room) {
      datagrams.push([record]);
      room = MAX_DATAGRAM_BYTES - record.byteLength;
    } else {
      last.push(record);
      room -= record.byteLength;
    }
  }
  return datagrams.map((members) => new Uint8Array(Buffer.concat(members)));
}
