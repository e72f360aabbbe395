import { randomBytes } from 'node:crypto';
import { MalformedError, type Micros, type Millis, millis } from '@pinhole/core';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import {
  type DepacketizedUnit,
  H264Depacketizer,
  ntpToMicros,
  parseRtcp,
  parseRtp,
  type RtpPacket,
  serializeRtcp,
} from '@pinhole/media/rtp';
import { CaptureTimes, type ClockOffsets } from '../capture-times.ts';
import type { SourceClock } from '../clock.ts';
import { PresentationTimes } from './presentation-times.ts';
import { ReceptionStatistics } from './reception-statistics.ts';
import { ReorderBuffer, type ReorderLimits } from './reorder-buffer.ts';
import type { RtpCounters } from './rtp-counters.ts';
import { SsrcChoice } from './ssrc-choice.ts';
import { UnitMaker } from './unit-maker.ts';

const MAX_BALLAST = 4;

/** What an RTP receiver is told of its stream. */
export interface RtpReceiverOptions {
  readonly payloadType: number;
  readonly ticksPerSecond: number;
  /** SPS and PPS that were told beside the stream. */
  readonly parameterSets: readonly Uint8Array[];
  /** Of the sender, when it said so. */
  readonly ssrc?: number | undefined;
  /** Puts packets in order: for UDP. */
  readonly reorder?: ReorderLimits;
  /** Our own name in reports; a random one unless told. */
  readonly own?: RtcpName;
  readonly clock: SourceClock;
}

/** Who we are in RTCP. */
export interface RtcpName {
  readonly ssrc: number;
  readonly cname: string;
}

/** A name that nobody else has. @see RFC 7022 §4.2 */
export const randomRtcpName = (): RtcpName => ({
  ssrc: randomBytes(4).readUInt32BE(),
  cname: randomBytes(12).toString('base64'),
});

/** Where an RTP receiver puts what it makes. */
export interface RtpReceiverSink {
  write(unit: DemuxedUnit): void;
  /** A whole picture came, passed on or not. */
  received(): void;
  /** The sender left. */
  bye(): void;
}

/**
 * Receives one H.264 stream by RTP: packets in, dated units out, each at the last packet of its picture. Nothing in it
 * throws for any packet: what cannot be read is counted.
 */
export class RtpReceiver {
  readonly #options: RtpReceiverOptions;
  readonly #sink: RtpReceiverSink;
  readonly #clock: SourceClock;
  readonly #ssrc: SsrcChoice;
  readonly #reorder: ReorderBuffer<RtpPacket> | undefined;
  readonly #depacketizer = new H264Depacketizer();
  readonly #times: PresentationTimes;
  readonly #captureTimes = new CaptureTimes();
  readonly #units: UnitMaker;
  readonly #own: RtcpName;
  #statistics: ReceptionStatistics | undefined;
  #cancelExpiry: (() => void) | undefined;
  #packetsMalformed = 0;
  #packetsForeign = 0;
  #capturesTold = false;

  constructor(options: RtpReceiverOptions, sink: RtpReceiverSink) {
    this.#options = options;
    this.#sink = sink;
    this.#clock = options.clock;
    this.#own = options.own ?? randomRtcpName();
    this.#ssrc = new SsrcChoice(options.ssrc);
    this.#reorder = options.reorder && new ReorderBuffer(options.reorder);
    this.#times = new PresentationTimes(options.ticksPerSecond);
    this.#units = new UnitMaker({
      parameterSets: options.parameterSets,
      captureTimes: this.#captureTimes,
    });
  }

  /** What became of the packets and pictures so far. */
  get counters(): RtpCounters {
    const { packetsLost, packetsLate, packetsUnsupported, ...depacketized } = this.#depacketizer.counters;
    return {
      ...this.#units.counters,
      droppedIncomplete: depacketized.droppedIncomplete,
      droppedOversize: depacketized.droppedOversize,
      packetsLost,
      packetsLate: packetsLate + (this.#reorder?.counters.doubled ?? 0),
      packetsMalformed: this.#packetsMalformed + depacketized.packetsMalformed + packetsUnsupported,
      packetsForeign: this.#packetsForeign,
      packetsReordered: this.#reorder?.counters.reordered ?? 0,
      gapsGivenUp: this.#reorder?.counters.gapsGivenUp ?? 0,
    };
  }

  /** Whose clock dated the last picture. */
  get datedBy(): 'camera' | 'arrival' {
    return this.#captureTimes.by;
  }

  /** What its time line reads on the clocks of camera and arrival. */
  get offsets(): ClockOffsets {
    return this.#captureTimes.offsets;
  }

  /** The stream that packets are taken of now; undefined before the first packet. */
  get ssrc(): number | undefined {
    return this.#ssrc.current;
  }

  /** Whether no picture is passed on before the next key picture: the sender may be asked for one. */
  get waitsForKey(): boolean {
    return this.#units.waitsForKey;
  }

  /** Takes what came where RTP is expected; nobody may change its bytes later. */
  rtp(bytes: Uint8Array): void {
    const packet = this.#readable(() => parseRtp(withoutBallast(bytes)));
    if (packet !== undefined) this.packet(packet);
  }

  /**
   * Takes a packet; nobody may change its bytes later.
   * @returns whether it is of our stream.
   */
  packet(packet: RtpPacket): boolean {
    const now = this.#clock.monotonicNow();
    const choice =
      packet.payloadType === this.#options.payloadType ? this.#ssrc.choose(packet.ssrc, now) : 'foreign';
    if (choice === 'foreign') {
      this.#packetsForeign++;
      return false;
    }
    if (choice === 'changed') {
      this.#depacketize(this.#reorder?.flush() ?? []);
      this.#statistics = undefined;
    }
    const { ticksPerSecond } = this.#options;
    this.#statistics ??= new ReceptionStatistics({ ssrc: packet.ssrc, ticksPerSecond });
    this.#statistics.packet(packet, this.#clock.utcNow());
    this.#take(packet, now);
    return true;
  }

  /** Takes a packet that was lost, and sent again by a stream of its own: statistics count it as lost (RFC 4588 §4). */
  restored(packet: RtpPacket): void {
    if (this.#ssrc.is(packet.ssrc)) this.#take(packet, this.#clock.monotonicNow());
  }

  /** Learns when the picture of a time stamp was taken by the sender's clock; sender reports tell no more from then on. */
  captured(captureTime: Micros, timestamp: number): void {
    const pts = this.#times.near(timestamp);
    if (pts === undefined) return;
    this.#capturesTold = true;
    this.#captureTimes.senderReport(captureTime, pts);
  }

  /** Takes what came where RTCP is expected. */
  rtcp(bytes: Uint8Array): void {
    for (const packet of this.#readable(() => parseRtcp(bytes)) ?? []) {
      if (packet.kind === 'sender-report' && this.#ssrc.is(packet.ssrc)) {
        const pts = this.#times.near(packet.rtpTimestamp);
        if (pts !== undefined && !this.#capturesTold)
          this.#captureTimes.senderReport(ntpToMicros(packet.ntp), pts);
        this.#statistics?.senderReport(packet, this.#clock.utcNow());
      } else if (packet.kind === 'bye' && packet.ssrcs.some((ssrc) => this.#ssrc.is(ssrc))) {
        this.#depacketize(this.#reorder?.flush() ?? []);
        this.#sink.bye();
      }
    }
  }

  /** A receiver report to be sent now; it opens a way through a NAT even when nothing came yet. */
  report(): Uint8Array {
    const report = this.#statistics?.report(this.#clock.utcNow());
    return serializeRtcp([
      { kind: 'receiver-report', ssrc: this.#own.ssrc, reports: report === undefined ? [] : [report] },
      { kind: 'source-description', sources: [this.#own] },
    ]);
  }

  /** Ends its timer; what waits is forgotten. */
  close(): void {
    this.#cancelExpiry?.();
  }

  #take(packet: RtpPacket, now: Millis): void {
    this.#depacketize(this.#reorder?.push(packet, now) ?? [packet]);
    this.#waitForGap();
  }

  #readable<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      this.#packetsMalformed++;
      return undefined;
    }
  }

  #depacketize(packets: readonly RtpPacket[]): void {
    if (packets.length === 0) return;
    const arrival = this.#clock.utcNow();
    for (const packet of packets) {
      for (const unit of this.#depacketizer.push(packet)) {
        this.#write(unit, arrival);
      }
    }
  }

  #write(picture: DepacketizedUnit, arrival: Micros): void {
    const unit = this.#units.unit(picture, { pts: this.#times.of(picture.timestamp, arrival), arrival });
    this.#sink.received();
    if (unit !== undefined) this.#sink.write(unit);
  }

  #waitForGap(): void {
    const deadline = this.#reorder?.deadline;
    if (deadline === undefined || this.#cancelExpiry !== undefined) return;
    const now = this.#clock.monotonicNow();
    this.#cancelExpiry = this.#clock.after(millis(Math.max(0, deadline - now)), () => {
      this.#cancelExpiry = undefined;
      this.#depacketize(this.#reorder?.expire(this.#clock.monotonicNow()) ?? []);
      this.#waitForGap();
    });
  }
}

/** A copy where a small packet would keep a large chunk of the connection in memory until its picture is whole. */
const withoutBallast = (bytes: Uint8Array): Uint8Array =>
  bytes.buffer.byteLength > bytes.byteLength * MAX_BALLAST ? bytes.slice() : bytes;
