import {
  CHUNK,
  DATA_FLAG,
  type DataChunk,
  type ForwardTsnChunk,
  type InitChunk,
  type SackChunk,
  type SctpParameter,
} from './chunks.ts';
import { packetChecksum } from './crc32c.ts';
import { padded } from './parse-packet.ts';

const COMMON_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 4;

/** Bytes before the payload in a DATA chunk. */
export const DATA_HEADER_BYTES = 16;

/**
 * The largest packet: with DTLS, UDP and IPv6 around it, it fits into the 1280 bytes that every IPv6 path takes.
 * @see RFC 8261 §5 (path MTU)
 */
export const MAX_PACKET_BYTES = 1188;

/** What one DATA chunk can carry. */
export const MAX_PAYLOAD_BYTES = MAX_PACKET_BYTES - COMMON_HEADER_BYTES - DATA_HEADER_BYTES;

/** Which packet chunks go into. */
export interface PacketHeader {
  readonly localPort: number;
  readonly remotePort: number;
  readonly tag: number;
  /** Whether the peer can do without a checksum (RFC 9653). */
  readonly zeroChecksum: boolean;
}

/** A packet of whole chunks. */
export function serializePacket(header: PacketHeader, chunks: readonly Uint8Array[]): Uint8Array {
  const packet = new Uint8Array(
    chunks.reduce((sum, { byteLength }) => sum + byteLength, COMMON_HEADER_BYTES),
  );
  const view = new DataView(packet.buffer);
  view.setUint16(0, header.localPort);
  view.setUint16(2, header.remotePort);
  view.setUint32(4, header.tag);
  let at = COMMON_HEADER_BYTES;
  for (const chunk of chunks) {
    packet.set(chunk, at);
    at += chunk.byteLength;
  }
  if (!header.zeroChecksum) view.setUint32(8, packetChecksum(packet), true);
  return packet;
}

/** A DATA chunk. */
export function serializeData(data: DataChunk): Uint8Array {
  const chunk = new Uint8Array(DATA_HEADER_BYTES + padded(data.payload.byteLength));
  const view = new DataView(chunk.buffer);
  const flags =
    (data.first ? DATA_FLAG.first : 0) |
    (data.last ? DATA_FLAG.last : 0) |
    (data.unordered ? DATA_FLAG.unordered : 0);
  view.setUint16(0, (CHUNK.data << 8) | flags);
  view.setUint16(2, DATA_HEADER_BYTES + data.payload.byteLength);
  view.setUint32(4, data.tsn);
  view.setUint16(8, data.streamId);
  view.setUint16(10, data.ssn);
  view.setUint32(12, data.protocol);
  chunk.set(data.payload, DATA_HEADER_BYTES);
  return chunk;
}

/** A chunk of one kind with these bytes behind its header. */
export function serializeChunk(type: number, body: Uint8Array = new Uint8Array(0)): Uint8Array {
  const chunk = new Uint8Array(padded(CHUNK_HEADER_BYTES + body.byteLength));
  const view = new DataView(chunk.buffer);
  view.setUint8(0, type);
  view.setUint16(2, CHUNK_HEADER_BYTES + body.byteLength);
  chunk.set(body, CHUNK_HEADER_BYTES);
  return chunk;
}

/** An INIT or INIT ACK chunk. */
export function serializeInit(type: number, init: InitChunk): Uint8Array {
  const parameters = serializeParameters(init.parameters);
  const body = new Uint8Array(16 + parameters.byteLength);
  const view = new DataView(body.buffer);
  view.setUint32(0, init.tag);
  view.setUint32(4, init.windowBytes);
  view.setUint16(8, init.outboundStreams);
  view.setUint16(10, init.inboundStreams);
  view.setUint32(12, init.tsn);
  body.set(parameters, 16);
  return serializeChunk(type, body);
}

/** A SACK chunk; it names no duplicates. */
export function serializeSack({ tsn, windowBytes, gaps }: SackChunk): Uint8Array {
  const body = new Uint8Array(12 + 4 * gaps.length);
  const view = new DataView(body.buffer);
  view.setUint32(0, tsn);
  view.setUint32(4, windowBytes);
  view.setUint16(8, gaps.length);
  for (const [index, [first, last]] of gaps.entries()) {
    view.setUint16(12 + 4 * index, first);
    view.setUint16(14 + 4 * index, last);
  }
  return serializeChunk(CHUNK.sack, body);
}

/** A FORWARD TSN chunk. */
export function serializeForwardTsn({ tsn, streams }: ForwardTsnChunk): Uint8Array {
  const body = new Uint8Array(4 + 4 * streams.length);
  const view = new DataView(body.buffer);
  view.setUint32(0, tsn);
  for (const [index, { streamId, ssn }] of streams.entries()) {
    view.setUint16(4 + 4 * index, streamId);
    view.setUint16(6 + 4 * index, ssn);
  }
  return serializeChunk(CHUNK.forwardTsn, body);
}

/** A list of parameters; the padding of the last one belongs to its chunk (RFC 9260 §3.2). */
export function serializeParameters(parameters: readonly SctpParameter[]): Uint8Array {
  const sizes = parameters.map(({ value }) => CHUNK_HEADER_BYTES + value.byteLength);
  const last = sizes.at(-1) ?? 0;
  const bytes = new Uint8Array(sizes.reduce((sum, size) => sum + padded(size), 0) - (padded(last) - last));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { type, value } of parameters) {
    view.setUint16(at, type);
    view.setUint16(at + 2, CHUNK_HEADER_BYTES + value.byteLength);
    bytes.set(value, at + CHUNK_HEADER_BYTES);
    at += padded(CHUNK_HEADER_BYTES + value.byteLength);
  }
  return bytes;
}
