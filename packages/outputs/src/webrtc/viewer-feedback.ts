import { MalformedError, type Micros, micros } from '@pinhole/core';
import { microsToNtp, ntpMiddle, parseRtcp, type ReceptionReport, type RtcpPacket } from '@pinhole/media/rtp';
import type { PathEstimate } from './delivery/path-estimate.ts';

/** What a viewer's feedback leads to. */
export interface FeedbackHandlers {
  /** Packets to send again, by sequence number. */
  readonly nack: (sequences: readonly number[]) => void;
  readonly keyFrame: () => void;
  /** Sources of the viewer end. */
  readonly bye: () => void;
  /** Takes transport-wide feedback. */
  readonly path: Pick<PathEstimate, 'received' | 'missing' | 'settle' | 'report' | 'estimate'>;
  /** Each other packet that could be read. */
  readonly packet: (packet: RtcpPacket) => void;
}

/** What a viewer reported. */
export interface ViewerFeedbackCounters {
  /** NACK packets. */
  readonly nacksReceived: number;
  /** PLI and FIR. */
  readonly keyFramesRequested: number;
  /** RTCP that could not be read. */
  readonly malformed: number;
  /** Datagrams beyond what a viewer may say in a second; not read. */
  readonly refused: number;
}

/**
 * RTCP that is read within a second: ten times what a viewer has to say of a hundred megabits. Reading costs more than
 * sending it does.
 */
const MOST_BYTES_A_SECOND = 128 * 1024;
const ONE_SECOND = micros(1_000_000);

/** Reads one viewer's RTCP. */
export class ViewerFeedback {
  readonly #ssrcs: { readonly video: number; readonly audio: number };
  readonly #handlers: FeedbackHandlers;
  readonly #counters = { nacksReceived: 0, keyFramesRequested: 0, malformed: 0, refused: 0 };
  #window = { since: micros(Number.NEGATIVE_INFINITY), bytes: 0 };
  #roundTripTime: Micros | undefined;
  #fractionLost: number | undefined;
  #lastFirCommand: number | undefined;
  #videoReported = false;

  /** @param options.ssrcs what is sent; loss is that of the picture where there is one. */
  constructor(options: {
    readonly ssrcs: { readonly video: number; readonly audio: number };
    readonly handlers: FeedbackHandlers;
  }) {
    this.#ssrcs = options.ssrcs;
    this.#handlers = options.handlers;
  }

  get counters(): ViewerFeedbackCounters {
    return this.#counters;
  }

  /** From sender and receiver reports; undefined until the viewer answered one. */
  get roundTripTime(): Micros | undefined {
    return this.#roundTripTime;
  }

  /** As reported last, 0…1. */
  get fractionLost(): number | undefined {
    return this.#fractionLost;
  }

  /** Takes a datagram of RTCP, no longer encrypted. */
  read(datagram: Uint8Array, now: Micros): void {
    if (!this.#mayRead(datagram.byteLength, now)) {
      this.#counters.refused++;
      return;
    }
    try {
      const { path } = this.#handlers;
      const packets = parseRtcp(datagram, { transportCc: path });
      path.settle(now);
      for (const packet of packets) {
        this.#handlers.packet(packet);
        this.#take(packet, now);
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#counters.malformed++;
    }
  }

  #mayRead(bytes: number, now: Micros): boolean {
    if (now - this.#window.since >= ONE_SECOND) this.#window = { since: now, bytes: 0 };
    this.#window.bytes += bytes;
    return this.#window.bytes <= MOST_BYTES_A_SECOND;
  }

  #take(packet: RtcpPacket, now: Micros): void {
    switch (packet.kind) {
      case 'nack':
        if (packet.mediaSsrc !== this.#ssrcs.video) return;
        this.#counters.nacksReceived++;
        this.#handlers.nack(packet.sequences);
        return;
      case 'picture-loss-indication':
        if (packet.mediaSsrc === this.#ssrcs.video) this.#demandKeyFrame();
        return;
      case 'full-intra-request':
        for (const { ssrc, command } of packet.requests) {
          // The same demand comes again until its key frame does (RFC 5104 §4.3.1.2).
          if (ssrc !== this.#ssrcs.video || command === this.#lastFirCommand) continue;
          this.#lastFirCommand = command;
          this.#demandKeyFrame();
        }
        return;
      case 'receiver-report':
      case 'sender-report':
        for (const report of packet.reports) this.#note(report, now);
        return;
      case 'bye':
        this.#handlers.bye();
        return;
      case 'receiver-estimate':
        this.#handlers.path.estimate(packet.bitsPerSecond);
        return;
      case 'source-description':
      case 'transport-cc':
      case 'unknown':
    }
  }

  #demandKeyFrame(): void {
    this.#counters.keyFramesRequested++;
    this.#handlers.keyFrame();
  }

  /** @see RFC 3550 §6.4.1, figure 2 */
  #note(report: ReceptionReport, now: Micros): void {
    const isVideo = report.ssrc === this.#ssrcs.video;
    if (!isVideo && report.ssrc !== this.#ssrcs.audio) return;
    if (isVideo) {
      this.#videoReported = true;
      this.#handlers.path.report(report.fractionLost);
    }
    if (isVideo || !this.#videoReported) this.#fractionLost = report.fractionLost;
    if (report.lastSenderReport === 0) return;
    const sixtyFourThousandths =
      (ntpMiddle(microsToNtp(now)) - report.lastSenderReport - report.delaySinceLastSenderReport) | 0;
    // A little below zero on a fast path, by rounding.
    this.#roundTripTime = micros(Math.max(0, Math.round((sixtyFourThousandths * 1e6) / 65_536)));
  }
}
