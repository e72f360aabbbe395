import { MalformedError } from '@pinhole/core';
import type { RtpPacket } from './rtp-packet.ts';

/** Bytes in front of the payload of a packet that is sent again: the sequence number that it had. */
const ORIGINAL_SEQUENCE_BYTES = 2;

/**
 * The payload of a packet that is sent again in a stream of its own.
 *
 * ```
 * | original sequence number (16) | original payload … |
 * ```
 *
 * @param sequence that of the packet when it was sent first, taken modulo 2^16
 * @returns fresh memory
 * @see RFC 4588 §4
 */
export function rtxPayload(sequence: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(ORIGINAL_SEQUENCE_BYTES + payload.byteLength);
  new DataView(bytes.buffer).setUint16(0, sequence);
  bytes.set(payload, ORIGINAL_SEQUENCE_BYTES);
  return bytes;
}

/**
 * The packet that was lost, out of one that repairs it.
 * @param original whose packets the stream repairs
 * @returns its payload is a view
 * @throws {MalformedError} `rtp/rtx` the payload has no room for a sequence number
 * @see RFC 4588 §4
 */
export function restoreFromRtx(
  packet: RtpPacket,
  original: { readonly ssrc: number; readonly payloadType: number },
): RtpPacket {
  const { payload } = packet;
  if (payload.byteLength < ORIGINAL_SEQUENCE_BYTES) {
    throw new MalformedError(
      'rtp/rtx',
      `payload of ${payload.byteLength} bytes, the original sequence number has ${ORIGINAL_SEQUENCE_BYTES}`,
    );
  }
  const sequence = new DataView(payload.buffer, payload.byteOffset).getUint16(0);
  return { ...packet, ...original, sequence, payload: payload.subarray(ORIGINAL_SEQUENCE_BYTES) };
}
