import type { Micros } from '@pinhole/core';
import type { NtpTimestamp } from './ntp.ts';

/** RTCP packet types (RFC 3550 §12.1, RFC 4585 §6.1). */
export const RTCP_TYPE = {
  senderReport: 200,
  receiverReport: 201,
  sourceDescription: 202,
  bye: 203,
  transportFeedback: 205,
  payloadFeedback: 206,
} as const;

/** Formats within the two feedback types. */
export const RTCP_FORMAT = {
  /** RFC 4585 §6.2.1, in transport feedback. */
  nack: 1,
  /** draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1, in transport feedback. */
  transportCc: 15,
  /** RFC 4585 §6.3.1, in payload feedback. */
  pictureLossIndication: 1,
  /** RFC 5104 §4.3.1, in payload feedback. */
  fullIntraRequest: 4,
  /** RFC 4585 §6.4 with draft-alvestrand-rmcat-remb-03 §2.2, in payload feedback. */
  applicationLayer: 15,
} as const;

/** How one source was received (RFC 3550 §6.4.1). */
export interface ReceptionReport {
  readonly ssrc: number;
  /** Share of packets lost since the report before, 0…1 in steps of 1/256. */
  readonly fractionLost: number;
  /** Since the start; negative when packets came twice. */
  readonly packetsLost: number;
  /** 32 bits: count of wraps, then sequence number. */
  readonly highestSequence: number;
  /** In ticks of the payload's clock. */
  readonly jitterTicks: number;
  /** Middle 32 bits of the NTP time of the sender report received last; 0 when there was none. */
  readonly lastSenderReport: number;
  /** Time since it came, in 1/65536 s. */
  readonly delaySinceLastSenderReport: number;
}

/** RTP time of a moment on the sender's clock, and what was sent (RFC 3550 §6.4.1). */
export interface SenderReport {
  readonly kind: 'sender-report';
  readonly ssrc: number;
  readonly ntp: NtpTimestamp;
  /** The same moment as `ntp`, on the RTP clock; wraps. */
  readonly rtpTimestamp: number;
  readonly packetsSent: number;
  /** Payload bytes. Both counts are sent modulo 2^32. */
  readonly bytesSent: number;
  readonly reports: readonly ReceptionReport[];
}

/** What a receiver that sends nothing reports (RFC 3550 §6.4.2). */
export interface ReceiverReport {
  readonly kind: 'receiver-report';
  readonly ssrc: number;
  readonly reports: readonly ReceptionReport[];
}

/** Who sources are; of all items only CNAME is read (RFC 3550 §6.5.1). */
export interface SourceDescription {
  readonly kind: 'source-description';
  readonly sources: readonly { readonly ssrc: number; readonly cname?: string }[];
}

/** Sources that leave (RFC 3550 §6.6). */
export interface Bye {
  readonly kind: 'bye';
  readonly ssrcs: readonly number[];
  readonly reason?: string;
}

/** Packets to send again (RFC 4585 §6.2.1). */
export interface Nack {
  readonly kind: 'nack';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** Sequence numbers, 0…65535. */
  readonly sequences: readonly number[];
}

/** The decoder needs a key frame (RFC 4585 §6.3.1). */
export interface PictureLossIndication {
  readonly kind: 'picture-loss-indication';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
}

/** A key frame is demanded (RFC 5104 §4.3.1). */
export interface FullIntraRequest {
  readonly kind: 'full-intra-request';
  readonly senderSsrc: number;
  /** `command` rises by one (0…255) with each new demand; a repeat has the same. */
  readonly requests: readonly { readonly ssrc: number; readonly command: number }[];
}

/** What the receiver believes the path carries (draft-alvestrand-rmcat-remb-03). */
export interface ReceiverEstimate {
  readonly kind: 'receiver-estimate';
  readonly senderSsrc: number;
  readonly bitsPerSecond: number;
  readonly ssrcs: readonly number[];
}

/** When packets came, by transport-wide sequence number (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1). */
export interface TransportCcFeedback {
  readonly kind: 'transport-cc';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** Counts up by one a feedback packet, 0…255. */
  readonly feedbackCount: number;
  readonly firstSequence: number;
  /** So many packets from `firstSequence` on are spoken of; those not in `received` did not come. */
  readonly packetCount: number;
  /** In the order of their sequence numbers; `arrival` on the receiver's clock, to 250 µs. */
  readonly received: readonly { readonly sequence: number; readonly arrival: Micros }[];
}

/** Any other packet, as it came. */
export interface UnknownRtcp {
  readonly kind: 'unknown';
  /** 0…255. */
  readonly packetType: number;
  /** The five bits that are a count or a format, 0…31. */
  readonly countOrFormat: number;
  /** After the four header bytes, padding left out; a view. */
  readonly body: Uint8Array;
}

/** One packet of a compound RTCP datagram. */
export type RtcpPacket =
  | SenderReport
  | ReceiverReport
  | SourceDescription
  | Bye
  | Nack
  | PictureLossIndication
  | FullIntraRequest
  | ReceiverEstimate
  | TransportCcFeedback
  | UnknownRtcp;
