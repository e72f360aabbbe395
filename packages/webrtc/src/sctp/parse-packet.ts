import { CHUNK, DATA_FLAG, type SctpChunk, type SctpPacket, type SctpParameter } from './chunks.ts';
import { packetChecksum } from './crc32c.ts';

const COMMON_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 4;

/** Chunks in one packet; peers bundle a few. */
const MAX_CHUNKS = 64;

/**
 * Reads one SCTP packet: views, nothing is copied.
 * @param options.zeroChecksum whether a checksum of zero stands for none (RFC 9653)
 * @returns undefined for what is not one: too short, another checksum, chunks or parameters that do not fit into it.
 * @see RFC 9260 §3 (packets), §3.2.1 (parameters)
 */
export function parsePacket(
  bytes: Uint8Array,
  { zeroChecksum }: { readonly zeroChecksum: boolean },
): SctpPacket | undefined {
  if (bytes.byteLength < COMMON_HEADER_BYTES + CHUNK_HEADER_BYTES) return undefined;
  const view = viewOf(bytes);
  const checksum = view.getUint32(8, true);
  if (!(zeroChecksum && checksum === 0) && checksum !== packetChecksum(bytes)) return undefined;
  const chunks: SctpChunk[] = [];
  for (let at = COMMON_HEADER_BYTES; at + CHUNK_HEADER_BYTES <= bytes.byteLength; ) {
    const sizeBytes = view.getUint16(at + 2);
    if (sizeBytes < CHUNK_HEADER_BYTES || at + sizeBytes > bytes.byteLength) return undefined;
    const chunk = parseChunk(bytes.subarray(at, at + sizeBytes));
    if (chunk === undefined || chunks.push(chunk) > MAX_CHUNKS) return undefined;
    at += padded(sizeBytes);
  }
  return { tag: view.getUint32(4), chunks };
}

/** The parameters in a list of them; undefined when they do not fit. */
export function parseParameters(bytes: Uint8Array): readonly SctpParameter[] | undefined {
  const view = viewOf(bytes);
  const parameters: SctpParameter[] = [];
  for (let at = 0; at + CHUNK_HEADER_BYTES <= bytes.byteLength; ) {
    const sizeBytes = view.getUint16(at + 2);
    if (sizeBytes < CHUNK_HEADER_BYTES || at + sizeBytes > bytes.byteLength) return undefined;
    parameters.push({
      type: view.getUint16(at),
      value: bytes.subarray(at + CHUNK_HEADER_BYTES, at + sizeBytes),
    });
    at += padded(sizeBytes);
  }
  return parameters;
}

/** Chunks and parameters begin at multiples of four bytes. */
export const padded = (sizeBytes: number): number => (sizeBytes + 3) & ~3;

/** Chunks of which the type is all that we want to know. */
const BODILESS = {
  [CHUNK.heartbeatAck]: 'heartbeat-ack',
  [CHUNK.abort]: 'abort',
  [CHUNK.shutdown]: 'shutdown',
  [CHUNK.shutdownAck]: 'shutdown-ack',
  [CHUNK.error]: 'error',
  [CHUNK.cookieAck]: 'cookie-ack',
  [CHUNK.shutdownComplete]: 'shutdown-complete',
} as const;

const isBodiless = (type: number): type is keyof typeof BODILESS => Object.hasOwn(BODILESS, type);

function parseChunk(chunk: Uint8Array): SctpChunk | undefined {
  const type = chunk[0] ?? 0;
  switch (type) {
    case CHUNK.data:
      return parseData(chunk);
    case CHUNK.init:
      return parseInit(chunk, 'init');
    case CHUNK.initAck:
      return parseInit(chunk, 'init-ack');
    case CHUNK.sack:
      return parseSack(chunk);
    case CHUNK.forwardTsn:
      return parseForwardTsn(chunk);
    case CHUNK.heartbeat: {
      const body = chunk.subarray(CHUNK_HEADER_BYTES);
      // Whoever sent it gets it back, and may trust its lengths.
      return parseParameters(body) && { kind: 'heartbeat', body };
    }
    case CHUNK.cookieEcho:
      return { kind: 'cookie-echo', body: chunk.subarray(CHUNK_HEADER_BYTES) };
    case CHUNK.reconfig: {
      const parameters = parseParameters(chunk.subarray(CHUNK_HEADER_BYTES));
      return parameters && { kind: 'reconfig', parameters };
    }
    default:
      return isBodiless(type) ? { kind: BODILESS[type] } : { kind: 'unknown', type };
  }
}

function parseData(chunk: Uint8Array): SctpChunk | undefined {
  // One without a byte of payload is an error (RFC 9260 §6.2).
  if (chunk.byteLength < 17) return undefined;
  const view = viewOf(chunk);
  const flags = view.getUint8(1);
  return {
    kind: 'data',
    tsn: view.getUint32(4),
    streamId: view.getUint16(8),
    ssn: view.getUint16(10),
    protocol: view.getUint32(12),
    first: (flags & DATA_FLAG.first) !== 0,
    last: (flags & DATA_FLAG.last) !== 0,
    unordered: (flags & DATA_FLAG.unordered) !== 0,
    immediate: (flags & DATA_FLAG.immediate) !== 0,
    payload: chunk.subarray(16),
  };
}

function parseInit(chunk: Uint8Array, kind: 'init' | 'init-ack'): SctpChunk | undefined {
  if (chunk.byteLength < 20) return undefined;
  const view = viewOf(chunk);
  const parameters = parseParameters(chunk.subarray(20));
  return (
    parameters && {
      kind,
      tag: view.getUint32(4),
      windowBytes: view.getUint32(8),
      outboundStreams: view.getUint16(12),
      inboundStreams: view.getUint16(14),
      tsn: view.getUint32(16),
      parameters,
    }
  );
}

function parseSack(chunk: Uint8Array): SctpChunk | undefined {
  if (chunk.byteLength < 16) return undefined;
  const view = viewOf(chunk);
  const count = view.getUint16(12);
  if (chunk.byteLength < 16 + 4 * (count + view.getUint16(14))) return undefined;
  const gaps: (readonly [number, number])[] = [];
  for (let at = 16; at < 16 + 4 * count; at += 4) {
    const gap = [view.getUint16(at), view.getUint16(at + 2)] as const;
    // In order and apart from each other, as RFC 9260 §3.3.4 has them: else somebody makes us work for nothing.
    if (gap[0] > gap[1] || gap[0] <= (gaps.at(-1)?.[1] ?? 0)) return undefined;
    gaps.push(gap);
  }
  return { kind: 'sack', tsn: view.getUint32(4), windowBytes: view.getUint32(8), gaps };
}

function parseForwardTsn(chunk: Uint8Array): SctpChunk | undefined {
  if (chunk.byteLength < 8) return undefined;
  const view = viewOf(chunk);
  const streams: { streamId: number; ssn: number }[] = [];
  for (let at = 8; at + 4 <= chunk.byteLength; at += 4) {
    streams.push({ streamId: view.getUint16(at), ssn: view.getUint16(at + 2) });
  }
  return { kind: 'forward-tsn', tsn: view.getUint32(4), streams };
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
