import { decodeUtf8, MalformedError } from '@pinhole/core';
import { bodyView, type RtcpBlock, splitCompound } from './rtcp-blocks.ts';
import { parseNack, parsePayloadFeedback } from './rtcp-feedback.ts';
import {
  type Bye,
  type ReceptionReport,
  RTCP_FORMAT,
  RTCP_TYPE,
  type RtcpPacket,
  type SourceDescription,
} from './rtcp-packet.ts';
import { parseTransportCc, readTransportCc, type TransportCcTaker } from './transport-cc.ts';

/** Bytes of one reception report (RFC 3550 §6.4.1). */
const RECEPTION_REPORT_BYTES = 24;

const SENDER_FIELDS_BYTES = 24;

/** SDES item type of the canonical name (RFC 3550 §6.5.1). */
const SDES_CNAME = 1;

/**
 * Parses one RTCP datagram, compound or reduced-size (RFC 5506). No packet in it is read past its own end.
 * @param options.transportCc takes transport-wide feedback instead of its being parsed
 * @returns its packets in their order; types that are not known are kept as `unknown`.
 * @throws {MalformedError} `rtcp/*` — for any input whatsoever, this is the only throw.
 * @see RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1
 */
export function parseRtcp(
  datagram: Uint8Array,
  { transportCc }: { readonly transportCc?: TransportCcTaker } = {},
): RtcpPacket[] {
  const blocks = splitCompound(datagram);
  if (!transportCc) return blocks.map(parseBlock);
  const packets: RtcpPacket[] = [];
  for (const block of blocks) {
    if (isTransportCc(block)) readTransportCc(block, transportCc);
    else packets.push(parseBlock(block));
  }
  return packets;
}

const isTransportCc = ({ packetType, countOrFormat }: RtcpBlock): boolean =>
  packetType === RTCP_TYPE.transportFeedback && countOrFormat === RTCP_FORMAT.transportCc;

function parseBlock(block: RtcpBlock): RtcpPacket {
  switch (block.packetType) {
    case RTCP_TYPE.senderReport: {
      const view = bodyView(block, SENDER_FIELDS_BYTES);
      return {
        kind: 'sender-report',
        ssrc: view.getUint32(0),
        ntp: view.getBigUint64(4),
        rtpTimestamp: view.getUint32(12),
        packetsSent: view.getUint32(16),
        bytesSent: view.getUint32(20),
        reports: parseReports(block, SENDER_FIELDS_BYTES),
      };
    }
    case RTCP_TYPE.receiverReport:
      return {
        kind: 'receiver-report',
        ssrc: bodyView(block, 4).getUint32(0),
        reports: parseReports(block, 4),
      };
    case RTCP_TYPE.sourceDescription:
      return parseSourceDescription(block);
    case RTCP_TYPE.bye:
      return parseBye(block);
    case RTCP_TYPE.transportFeedback:
      if (block.countOrFormat === RTCP_FORMAT.nack) return parseNack(block);
      if (block.countOrFormat === RTCP_FORMAT.transportCc) return parseTransportCc(block);
      break;
    case RTCP_TYPE.payloadFeedback: {
      const feedback = parsePayloadFeedback(block);
      if (feedback !== undefined) return feedback;
    }
  }
  return { kind: 'unknown', ...block };
}

function parseReports(block: RtcpBlock, startBytes: number): ReceptionReport[] {
  const count = block.countOrFormat;
  const view = bodyView(block, startBytes + count * RECEPTION_REPORT_BYTES);
  return Array.from({ length: count }, (_, index) => {
    const at = startBytes + index * RECEPTION_REPORT_BYTES;
    return {
      ssrc: view.getUint32(at),
      fractionLost: view.getUint8(at + 4) / 256,
      // Signed 24 bits: the shift drops fractionLost and keeps the sign.
      packetsLost: (view.getInt32(at + 4) << 8) >> 8,
      highestSequence: view.getUint32(at + 8),
      jitterTicks: view.getUint32(at + 12),
      lastSenderReport: view.getUint32(at + 16),
      delaySinceLastSenderReport: view.getUint32(at + 20),
    };
  });
}

function parseSourceDescription(block: RtcpBlock): SourceDescription {
  const { body, countOrFormat } = block;
  const sources: { ssrc: number; cname?: string }[] = [];
  let at = 0;
  for (let i = 0; i < countOrFormat; i++) {
    const ssrc = bodyView(block, at + 4).getUint32(at);
    at += 4;
    let cname: string | undefined;
    for (let type = body[at]; type !== undefined && type !== 0; type = body[at]) {
      const start = at + 2;
      const end = start + (body[at + 1] ?? 0);
      if (end > body.byteLength || start > body.byteLength) {
        throw new MalformedError(
          'rtcp/sdes-item',
          `item of type ${type} at byte ${at} passes the packet's end`,
        );
      }
      if (type === SDES_CNAME) cname = decodeUtf8(body.subarray(start, end));
      at = end;
    }
    sources.push({ ssrc, ...(cname !== undefined && { cname }) });
    // At least one zero byte ends a source, then zeros up to the next whole word.
    at = (Math.floor(at / 4) + 1) * 4;
  }
  return { kind: 'source-description', sources };
}

function parseBye(block: RtcpBlock): Bye {
  const count = block.countOrFormat;
  const view = bodyView(block, count * 4);
  const ssrcs = Array.from({ length: count }, (_, index) => view.getUint32(index * 4));
  const lengthAt = count * 4;
  if (lengthAt >= block.body.byteLength) return { kind: 'bye', ssrcs };
  const lengthBytes = view.getUint8(lengthAt);
  bodyView(block, lengthAt + 1 + lengthBytes);
  const reason = decodeUtf8(block.body.subarray(lengthAt + 1, lengthAt + 1 + lengthBytes));
  return { kind: 'bye', ssrcs, reason };
}
