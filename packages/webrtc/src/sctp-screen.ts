/** The part of werift's association that tells how much it holds of a peer's; its types keep it to itself. */
export interface SctpHoldings {
  /** Undefined before the peer's INIT. */
  readonly lastReceivedTsn?: number;
  /** Bytes of the receive window that are left. werift announces them, and takes whatever comes all the same. */
  readonly advertisedRwnd: number;
  /** By stream: the chunks that wait for others. */
  readonly inboundStreams: Readonly<Record<number, { readonly reassembly: readonly unknown[] }>>;
  /** What waits for the peer's acknowledgements. */
  readonly outboundQueue: readonly unknown[];
}

const COMMON_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 4;

/** Chunk types (RFC 9260 §3.2, RFC 6525 §3.1, RFC 3758 §3.2). */
const CHUNK = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  error: 9,
  reconfig: 130,
  forwardTsn: 192,
} as const;

/** Where the list of parameters begins in the chunks that have one. */
const PARAMETERS_AT: ReadonlyMap<number, number> = new Map([
  [CHUNK.init, 20],
  [CHUNK.initAck, 20],
  [CHUNK.heartbeat, CHUNK_HEADER_BYTES],
  [CHUNK.heartbeatAck, CHUNK_HEADER_BYTES],
  [CHUNK.abort, CHUNK_HEADER_BYTES],
  [CHUNK.error, CHUNK_HEADER_BYTES],
  [CHUNK.reconfig, CHUNK_HEADER_BYTES],
]);

const DATA_HEADER_BYTES = 16;
const SACK_HEADER_BYTES = 16;
const FORWARD_TSN_HEADER_BYTES = 8;

/** Chunks in one packet; browsers bundle a few. */
const MAX_CHUNKS = 64;
/** How far ahead of the last chunk in order one may be: werift sorts all that are ahead at each that comes. */
const TSN_WINDOW = 256;
/** Chunks of one stream that may wait for others; the longest message comes in about sixty. */
const MAX_REASSEMBLY = 256;
/** Streams that a peer may use; it needs one. */
const MAX_STREAMS = 32;
/** Chunks that a SACK may tell of beyond the first gap: werift looks at each. We never have so many on the way. */
const MAX_GAP_SPAN = 1024;
/** Answers that may wait for a peer which acknowledges none. */
const MAX_OUTBOUND = 256;

/**
 * Counts the chunks of an SCTP packet before werift reads it, which trusts every length and every promise in it: a chunk
 * of length zero never ends there, and what a peer sends beyond the receive window stays in memory.
 *
 * The checksum, the verification tag and what is inside the parameters stay with werift.
 *
 * @returns undefined for a packet that werift must not see: its chunks or parameters do not fit into it, or they ask for
 *   more memory or work than an honest peer needs. SCTP sends again what was dropped for want of room.
 * @see RFC 9260 §3.2 (chunks), §3.2.1 (parameters), §6.2 (receive window)
 */
export function countSctpChunks(packet: Uint8Array, held: SctpHoldings): number | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  let chunks = 0;
  for (let at = COMMON_HEADER_BYTES; at + CHUNK_HEADER_BYTES <= view.byteLength; ) {
    const sizeBytes = view.getUint16(at + 2);
    if (sizeBytes < CHUNK_HEADER_BYTES || at + sizeBytes > view.byteLength) return undefined;
    const chunk = new DataView(packet.buffer, packet.byteOffset + at, sizeBytes);
    if (++chunks > MAX_CHUNKS || !admits(chunk, held)) return undefined;
    at += padded(sizeBytes);
  }
  return chunks === 0 ? undefined : chunks;
}

function admits(chunk: DataView, held: SctpHoldings): boolean {
  const type = chunk.getUint8(0);
  if (type === CHUNK.data) return admitsData(chunk, held);
  if (type === CHUNK.sack) return admitsSack(chunk);
  if (type === CHUNK.forwardTsn) return admitsForwardTsn(chunk, held);
  const parametersAt = PARAMETERS_AT.get(type);
  return parametersAt === undefined || parametersFit(chunk, parametersAt);
}

function admitsData(chunk: DataView, held: SctpHoldings): boolean {
  const dataBytes = chunk.byteLength - DATA_HEADER_BYTES;
  if (dataBytes < 1 || held.lastReceivedTsn === undefined) return false;
  const ahead = (chunk.getUint32(4) - held.lastReceivedTsn) >>> 0;
  // One that came before, as a lost acknowledgement makes it: werift acknowledges it again and keeps nothing.
  if (ahead === 0 || ahead > 2 ** 31) return true;
  if (ahead > TSN_WINDOW || dataBytes > held.advertisedRwnd || held.outboundQueue.length > MAX_OUTBOUND)
    return false;
  const stream = held.inboundStreams[chunk.getUint16(8)];
  return stream === undefined ? hasRoomForStream(held) : stream.reassembly.length < MAX_REASSEMBLY;
}

function admitsSack(chunk: DataView): boolean {
  if (chunk.byteLength < SACK_HEADER_BYTES) return false;
  const gaps = chunk.getUint16(12);
  if (chunk.byteLength !== SACK_HEADER_BYTES + 4 * (gaps + chunk.getUint16(14))) return false;
  let span = 0;
  for (let gap = 0; gap < gaps; gap++) {
    const at = SACK_HEADER_BYTES + 4 * gap;
    const [first, last] = [chunk.getUint16(at), chunk.getUint16(at + 2)];
    span += last - first + 1;
    if (last < first || span > MAX_GAP_SPAN) return false;
  }
  return true;
}

/** Each stream that it names comes to be, if it was not there. */
function admitsForwardTsn(chunk: DataView, held: SctpHoldings): boolean {
  const streamsBytes = chunk.byteLength - FORWARD_TSN_HEADER_BYTES;
  if (streamsBytes < 0 || streamsBytes % 4 !== 0 || streamsBytes / 4 > MAX_STREAMS) return false;
  return streamsBytes === 0 || hasRoomForStream(held);
}

const hasRoomForStream = ({ inboundStreams }: SctpHoldings): boolean =>
  Object.keys(inboundStreams).length < MAX_STREAMS;

function parametersFit(chunk: DataView, from: number): boolean {
  if (chunk.byteLength < from) return false;
  for (let at = from; at + CHUNK_HEADER_BYTES <= chunk.byteLength; ) {
    const sizeBytes = chunk.getUint16(at + 2);
    if (sizeBytes < CHUNK_HEADER_BYTES || at + sizeBytes > chunk.byteLength) return false;
    at += padded(sizeBytes);
  }
  return true;
}

/** Chunks and parameters begin at multiples of four bytes. */
const padded = (sizeBytes: number): number => Math.ceil(sizeBytes / 4) * 4;
