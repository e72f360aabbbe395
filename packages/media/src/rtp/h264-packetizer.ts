import {
  FU_A_HEADER_BYTES,
  FU_END,
  FU_START,
  H264_PACKET_TYPE,
  STAP_A_HEADER_BYTES,
  STAP_A_SIZE_BYTES,
} from './h264-payload.ts';

/** How payloads are cut. */
export interface PacketizeOptions {
  /** No payload is longer. 1200 leaves room for RTP, SRTP, UDP, IP and a tunnel within 1280 bytes of IPv6's least MTU. */
  readonly maxPayloadBytes?: number;
}

/** The payload limit unless told otherwise. */
export const DEFAULT_MAX_PAYLOAD_BYTES = 1200;

/** A run of NAL units that shares a packet, or one NAL unit that needs several. */
interface Group {
  readonly from: number;
  readonly to: number;
  readonly fragments: number;
  /** Bytes that must be written for it; 0 for a NAL unit sent as it is. */
  readonly writtenBytes: number;
}

/**
 * Cuts one access unit into RTP payloads for packetization-mode 1: NAL units that fit together share a STAP-A (the
 * parameter sets before a key picture, small slices), one that fits alone is sent as it is, a longer one goes out as
 * FU-A fragments of equal size but for the last, which is shorter: what is of one size goes to the system in one call
 * (UDP_SEGMENT). The last payload's packet carries the marker.
 *
 * The payloads are the same for every viewer; only headers differ. They are views: of `nalUnits` where a NAL unit is
 * sent as it is, else of one buffer allocated for the whole access unit. Neither input nor payloads may change while
 * any is in use. NAL units of no bytes are left out.
 *
 * @throws {RangeError} `maxPayloadBytes` is not an integer from 3 to 65535.
 * @see RFC 6184 §5.6 (single), §5.7.1 (STAP-A), §5.8 (FU-A), §6.3 (mode 1)
 */
export function packetizeH264(
  nalUnits: readonly Uint8Array[],
  { maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES }: PacketizeOptions = {},
): Uint8Array[] {
  if (
    !Number.isInteger(maxPayloadBytes) ||
    maxPayloadBytes <= FU_A_HEADER_BYTES ||
    maxPayloadBytes > 65_535
  ) {
    throw new RangeError(`maxPayloadBytes ${maxPayloadBytes}, need an integer from 3 to 65535`);
  }
  const present = nalUnits.filter((nal) => nal.byteLength > 0);
  const groups = planGroups(present, maxPayloadBytes);
  const buffer = new Uint8Array(groups.reduce((sum, { writtenBytes }) => sum + writtenBytes, 0));
  const payloads: Uint8Array[] = [];
  let at = 0;
  for (const group of groups) {
    const nals = present.slice(group.from, group.to);
    const [nal] = nals;
    if (nal === undefined) continue;
    if (group.fragments > 1) {
      writeFragments(nal, { count: group.fragments, buffer, at, payloads });
    } else if (group.writtenBytes > 0) {
      writeAggregate(nals, buffer.subarray(at, at + group.writtenBytes));
      payloads.push(buffer.subarray(at, at + group.writtenBytes));
    } else {
      payloads.push(nal);
    }
    at += group.writtenBytes;
  }
  return payloads;
}

function planGroups(nals: readonly Uint8Array[], maxPayloadBytes: number): Group[] {
  const groups: Group[] = [];
  let from = 0;
  let aggregateBytes = STAP_A_HEADER_BYTES;
  const closeRun = (to: number): void => {
    const alone = to - from === 1;
    if (to > from) groups.push({ from, to, fragments: 1, writtenBytes: alone ? 0 : aggregateBytes });
    from = to;
    aggregateBytes = STAP_A_HEADER_BYTES;
  };
  for (const [index, { byteLength }] of nals.entries()) {
    if (byteLength > maxPayloadBytes) {
      closeRun(index);
      // The NAL header byte travels inside the FU header.
      const fragments = Math.ceil((byteLength - 1) / (maxPayloadBytes - FU_A_HEADER_BYTES));
      const writtenBytes = byteLength - 1 + fragments * FU_A_HEADER_BYTES;
      groups.push({ from: index, to: index + 1, fragments, writtenBytes });
      from = index + 1;
      continue;
    }
    if (aggregateBytes + STAP_A_SIZE_BYTES + byteLength > maxPayloadBytes) closeRun(index);
    aggregateBytes += STAP_A_SIZE_BYTES + byteLength;
  }
  closeRun(nals.length);
  return groups;
}

function writeAggregate(nals: readonly Uint8Array[], target: Uint8Array): void {
  let forbidden = 0;
  let importance = 0;
  let at = STAP_A_HEADER_BYTES;
  for (const nal of nals) {
    const header = nal[0] ?? 0;
    forbidden |= header & 0x80;
    importance = Math.max(importance, header & 0x60);
    target[at] = nal.byteLength >> 8;
    target[at + 1] = nal.byteLength & 0xff;
    target.set(nal, at + STAP_A_SIZE_BYTES);
    at += STAP_A_SIZE_BYTES + nal.byteLength;
  }
  target[0] = forbidden | importance | H264_PACKET_TYPE.stapA;
}

function writeFragments(
  nal: Uint8Array,
  target: {
    readonly count: number;
    readonly buffer: Uint8Array;
    readonly at: number;
    readonly payloads: Uint8Array[];
  },
): void {
  const { count, buffer, payloads } = target;
  const header = nal[0] ?? 0;
  // As few fragments as possible have been planned: none is left without a byte.
  const eachBytes = Math.ceil((nal.byteLength - 1) / count);
  let at = target.at;
  for (let index = 0; index < count; index++) {
    const from = 1 + index * eachBytes;
    const to = Math.min(from + eachBytes, nal.byteLength);
    const edge = index === 0 ? FU_START : index === count - 1 ? FU_END : 0;
    buffer[at] = (header & 0xe0) | H264_PACKET_TYPE.fuA;
    buffer[at + 1] = edge | (header & 0x1f);
    buffer.set(nal.subarray(from, to), at + FU_A_HEADER_BYTES);
    const end = at + FU_A_HEADER_BYTES + to - from;
    payloads.push(buffer.subarray(at, end));
    at = end;
  }
}
