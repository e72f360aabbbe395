import { nalUnits } from '../h264/annex-b.ts';
import {
  FU_A_HEADER_BYTES,
  FU_END,
  FU_START,
  H264_PACKET_TYPE,
  STAP_A_HEADER_BYTES,
  STAP_A_SIZE_BYTES,
} from './h264-payload.ts';

/** What one RTP payload carries; all bytes are views into it. */
export type H264PayloadPart =
  /** Whole NAL units. */
  | { readonly kind: 'nal-units'; readonly nalUnits: readonly Uint8Array[] }
  /** A piece of one; `header` is the NAL unit's first byte. */
  | {
      readonly kind: 'fragment';
      readonly header: number;
      readonly first: boolean;
      readonly last: boolean;
      readonly body: Uint8Array;
    }
  /** Nothing: a packet of padding, as bandwidth probes send. */
  | { readonly kind: 'empty' }
  /** Cut off or announcing more than it holds. */
  | { readonly kind: 'malformed' }
  /** STAP-B, MTAP or FU-B: packetization-mode 2, which nobody sends. */
  | { readonly kind: 'unsupported' }
  /** A type that RFC 6184 §5.2 wants ignored. */
  | { readonly kind: 'reserved' };

/**
 * Takes one RTP payload apart, as tolerantly as real cameras need: a STAP-A may end in zero padding; a NAL unit may
 * come with Annex B start codes left in, several of them in one "single NAL unit" packet; a FU-A with both edges set,
 * which RFC 6184 §5.8 forbids, is its whole NAL unit.
 */
export function readH264Payload(payload: Uint8Array): H264PayloadPart {
  const [indicator, second] = payload;
  if (indicator === undefined) return { kind: 'empty' };
  const type = indicator & 0x1f;
  if (type === H264_PACKET_TYPE.stapA) return readAggregate(payload);
  if (type === H264_PACKET_TYPE.fuA) {
    if (second === undefined) return { kind: 'malformed' };
    const body = payload.subarray(FU_A_HEADER_BYTES);
    const header = (indicator & 0xe0) | (second & 0x1f);
    return {
      kind: 'fragment',
      header,
      first: (second & FU_START) !== 0,
      last: (second & FU_END) !== 0,
      body,
    };
  }
  if (type > H264_PACKET_TYPE.stapA) return { kind: type < 30 ? 'unsupported' : 'reserved' };
  if (type !== 0) return { kind: 'nal-units', nalUnits: [payload] };
  const inside = splitAtStartCodes(payload);
  return inside.length > 0 ? { kind: 'nal-units', nalUnits: inside } : { kind: 'reserved' };
}

function readAggregate(payload: Uint8Array): H264PayloadPart {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const aggregated: Uint8Array[] = [];
  let at = STAP_A_HEADER_BYTES;
  while (at + STAP_A_SIZE_BYTES <= payload.byteLength) {
    const sizeBytes = view.getUint16(at);
    at += STAP_A_SIZE_BYTES;
    if (sizeBytes === 0) continue;
    if (at + sizeBytes > payload.byteLength) return { kind: 'malformed' };
    aggregated.push(payload.subarray(at, at + sizeBytes));
    at += sizeBytes;
  }
  return aggregated.length > 0 ? { kind: 'nal-units', nalUnits: aggregated } : { kind: 'malformed' };
}

/**
 * NAL units of bytes that begin with an Annex B start code; none when they do not.
 * @returns views, without start codes and the zero bytes round them.
 */
export function splitAtStartCodes(bytes: Uint8Array): Uint8Array[] {
  const ones = bytes[2] === 1 ? 2 : bytes[2] === 0 && bytes[3] === 1 ? 3 : -1;
  return ones !== -1 && bytes[0] === 0 && bytes[1] === 0 ? [...nalUnits(bytes)] : [];
}
