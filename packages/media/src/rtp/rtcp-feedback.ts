import { MalformedError } from '@pinhole/core';
import { bodyView, type RtcpBlock } from './rtcp-blocks.ts';
import {
  type FullIntraRequest,
  type Nack,
  type PictureLossIndication,
  type ReceiverEstimate,
  RTCP_FORMAT,
} from './rtcp-packet.ts';

/** Sender's and media source's SSRC, at the start of each feedback packet (RFC 4585 §6.1). */
export const FEEDBACK_SSRC_BYTES = 8;

const FIR_ENTRY_BYTES = 8;

const REMB_NAME = 0x52_45_4d_42; // "REMB"

/**
 * Reads a generic NACK: each entry names a packet and, by 16 bits, those after it; numbers wrap past 65535.
 * @throws {MalformedError} `rtcp/body-too-short`
 */
export function parseNack(block: RtcpBlock): Nack {
  const view = bodyView(block, FEEDBACK_SSRC_BYTES);
  const sequences: number[] = [];
  for (let at = FEEDBACK_SSRC_BYTES; at + 4 <= block.body.byteLength; at += 4) {
    const first = view.getUint16(at);
    const following = view.getUint16(at + 2);
    sequences.push(first);
    for (let bit = 0; bit < 16; bit++) {
      if ((following & (1 << bit)) !== 0) sequences.push((first + bit + 1) & 0xffff);
    }
  }
  return { kind: 'nack', senderSsrc: view.getUint32(0), mediaSsrc: view.getUint32(4), sequences };
}

/**
 * Reads payload-specific feedback.
 * @returns undefined for a format that is not known.
 * @throws {MalformedError} `rtcp/body-too-short`
 */
export function parsePayloadFeedback(
  block: RtcpBlock,
): PictureLossIndication | FullIntraRequest | ReceiverEstimate | undefined {
  const view = bodyView(block, FEEDBACK_SSRC_BYTES);
  const senderSsrc = view.getUint32(0);
  switch (block.countOrFormat) {
    case RTCP_FORMAT.pictureLossIndication:
      return { kind: 'picture-loss-indication', senderSsrc, mediaSsrc: view.getUint32(4) };
    case RTCP_FORMAT.fullIntraRequest: {
      const count = Math.floor((block.body.byteLength - FEEDBACK_SSRC_BYTES) / FIR_ENTRY_BYTES);
      const requests = Array.from({ length: count }, (_, index) => {
        const at = FEEDBACK_SSRC_BYTES + index * FIR_ENTRY_BYTES;
        return { ssrc: view.getUint32(at), command: view.getUint8(at + 4) };
      });
      return { kind: 'full-intra-request', senderSsrc, requests };
    }
    case RTCP_FORMAT.applicationLayer:
      return parseReceiverEstimate(block, senderSsrc);
    default:
      return undefined;
  }
}

/**
 * ```
 * | 'R' 'E' 'M' 'B' | count (8) | exponent (6) | mantissa (18) | SSRC × count |
 * ```
 */
function parseReceiverEstimate(block: RtcpBlock, senderSsrc: number): ReceiverEstimate | undefined {
  const named = block.body.byteLength >= FEEDBACK_SSRC_BYTES + 4;
  if (!named || bodyView(block, FEEDBACK_SSRC_BYTES + 4).getUint32(FEEDBACK_SSRC_BYTES) !== REMB_NAME) {
    return undefined;
  }
  const view = bodyView(block, FEEDBACK_SSRC_BYTES + 8);
  const count = view.getUint8(FEEDBACK_SSRC_BYTES + 4);
  const rate = view.getUint32(FEEDBACK_SSRC_BYTES + 4) & 0xff_ffff;
  const ssrcsAt = FEEDBACK_SSRC_BYTES + 8;
  if (ssrcsAt + count * 4 > block.body.byteLength) {
    throw new MalformedError(
      'rtcp/body-too-short',
      `REMB for ${count} SSRCs in ${block.body.byteLength} bytes`,
    );
  }
  return {
    kind: 'receiver-estimate',
    senderSsrc,
    bitsPerSecond: (rate & 0x3ffff) * 2 ** (rate >> 18),
    ssrcs: Array.from({ length: count }, (_, index) => view.getUint32(ssrcsAt + index * 4)),
  };
}
