import { ByteWriter, encodeUtf8 } from '@pinhole/core';
import { packNack } from './pack-nack.ts';
import {
  type Bye,
  type FullIntraRequest,
  type Nack,
  type PictureLossIndication,
  type ReceiverReport,
  type ReceptionReport,
  RTCP_FORMAT,
  RTCP_TYPE,
  type SenderReport,
  type SourceDescription,
  type TransportCcFeedback,
} from './rtcp-packet.ts';
import { writeTransportCc } from './serialize-transport-cc.ts';

/** What `serializeRtcp` can write. */
export type WritableRtcp =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Bye
  | Nack
  | PictureLossIndication
  | FullIntraRequest
  | TransportCcFeedback;

/** SDES item type of the canonical name (RFC 3550 §6.5.1). */
const SDES_CNAME = 1;

/**
 * Writes a compound RTCP datagram of these packets, in this order. A full compound begins with a report and has a
 * source description with CNAME (RFC 3550 §6.1); what is given alone is written alone (RFC 5506).
 * @returns fresh memory, whole 32-bit words.
 * @throws {RangeError} a packet with more than 31 reports, sources or SSRCs, a text above 255 bytes, or feedback that
 *   cannot be told (see `writeTransportCc`).
 * @see RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1
 */
export function serializeRtcp(packets: readonly WritableRtcp[]): Uint8Array {
  const writer = new ByteWriter(128);
  for (const packet of packets) {
    const start = writer.length;
    // Count or format, type and length are known once the body is written.
    writer.u32(0);
    const { countOrFormat, packetType } = writeBody(writer, packet);
    if (countOrFormat > 31) throw new RangeError(`${packet.kind} with ${countOrFormat} entries, 31 fit`);
    const words = (writer.length - start) / 4;
    writer.patchU32(start, (0x80 | countOrFormat) * 2 ** 24 + packetType * 2 ** 16 + words - 1);
  }
  return writer.finish().slice();
}

/** Writes a sender report alone; see `serializeRtcp`. */
export const serializeSenderReport = (report: Omit<SenderReport, 'kind'>): Uint8Array =>
  serializeRtcp([{ ...report, kind: 'sender-report' }]);

interface Head {
  readonly packetType: number;
  readonly countOrFormat: number;
}

function writeBody(writer: ByteWriter, packet: WritableRtcp): Head {
  switch (packet.kind) {
    case 'sender-report':
      writer.u32(packet.ssrc);
      writer.u32(Number(packet.ntp >> 32n)).u32(Number(packet.ntp & 0xffff_ffffn));
      writer.u32(packet.rtpTimestamp).u32(packet.packetsSent).u32(packet.bytesSent);
      return { packetType: RTCP_TYPE.senderReport, countOrFormat: writeReports(writer, packet.reports) };
    case 'receiver-report':
      writer.u32(packet.ssrc);
      return { packetType: RTCP_TYPE.receiverReport, countOrFormat: writeReports(writer, packet.reports) };
    case 'source-description':
      for (const source of packet.sources) writeSource(writer, source);
      return { packetType: RTCP_TYPE.sourceDescription, countOrFormat: packet.sources.length };
    case 'bye':
      for (const ssrc of packet.ssrcs) writer.u32(ssrc);
      if (packet.reason !== undefined) {
        writeText(writer, packet.reason);
        padToWord(writer);
      }
      return { packetType: RTCP_TYPE.bye, countOrFormat: packet.ssrcs.length };
    case 'nack':
      writer.u32(packet.senderSsrc).u32(packet.mediaSsrc);
      for (const { first, following } of packNack(packet.sequences)) writer.u16(first).u16(following);
      return { packetType: RTCP_TYPE.transportFeedback, countOrFormat: RTCP_FORMAT.nack };
    case 'picture-loss-indication':
      writer.u32(packet.senderSsrc).u32(packet.mediaSsrc);
      return { packetType: RTCP_TYPE.payloadFeedback, countOrFormat: RTCP_FORMAT.pictureLossIndication };
    case 'full-intra-request':
      // The media source's SSRC is 0: the entries name the sources (RFC 5104 §4.3.1.2).
      writer.u32(packet.senderSsrc).u32(0);
      for (const { ssrc, command } of packet.requests) writer.u32(ssrc).u8(command).u24(0);
      return { packetType: RTCP_TYPE.payloadFeedback, countOrFormat: RTCP_FORMAT.fullIntraRequest };
    case 'transport-cc':
      writeTransportCc(writer, packet);
      return { packetType: RTCP_TYPE.transportFeedback, countOrFormat: RTCP_FORMAT.transportCc };
  }
}

function writeReports(writer: ByteWriter, reports: readonly ReceptionReport[]): number {
  for (const report of reports) {
    const lost = Math.max(-0x80_0000, Math.min(0x7f_ffff, report.packetsLost));
    writer.u32(report.ssrc);
    writer.u8(Math.max(0, Math.min(255, Math.floor(report.fractionLost * 256)))).u24(lost & 0xff_ffff);
    writer.u32(report.highestSequence).u32(report.jitterTicks);
    writer.u32(report.lastSenderReport).u32(report.delaySinceLastSenderReport);
  }
  return reports.length;
}

function writeSource(writer: ByteWriter, { ssrc, cname }: SourceDescription['sources'][number]): void {
  writer.u32(ssrc);
  if (cname !== undefined) {
    writer.u8(SDES_CNAME);
    writeText(writer, cname);
  }
  writer.u8(0);
  padToWord(writer);
}

function writeText(writer: ByteWriter, text: string): void {
  const bytes = encodeUtf8(text);
  if (bytes.byteLength > 255) throw new RangeError(`text of ${bytes.byteLength} bytes, RTCP carries 255`);
  writer.u8(bytes.byteLength).bytes(bytes);
}

function padToWord(writer: ByteWriter): void {
  while (writer.length % 4 !== 0) writer.u8(0);
}
