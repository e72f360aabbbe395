import type { RtpPacket } from '@pinhole/media/rtp';

const ORIGINAL_SEQUENCE_BYTES = 2;

/**
 * The packet that a retransmission packet carries.
 * @returns undefined for one that carries none: bandwidth is probed with such.
 * @see RFC 4588 §4
 */
export function originalOf(
  packet: RtpPacket,
  original: { readonly payloadType: number; readonly ssrc: number },
): RtpPacket | undefined {
  const { payload } = packet;
  if (payload.byteLength <= ORIGINAL_SEQUENCE_BYTES) return undefined;
  return {
    ...packet,
    ...original,
    sequence: ((payload[0] ?? 0) << 8) | (payload[1] ?? 0),
    payload: payload.subarray(ORIGINAL_SEQUENCE_BYTES),
  };
}
