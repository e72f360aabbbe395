import { MalformedError, micros, millis } from '@pinhole/core';
import type { AudioFrame, AudioParameters } from '@pinhole/engine';
import { ntpToMicros, parseRtcp, type RtpPacket, serializeRtcp } from '@pinhole/media/rtp';
import { CaptureTimes } from '../capture-times.ts';
import type { SourceClock } from '../clock.ts';
import { opusDuration } from './opus-duration.ts';
import { PresentationTimes } from './presentation-times.ts';
import { ReceptionStatistics } from './reception-statistics.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import type { RtcpName } from './rtp-receiver.ts';
import { SsrcChoice } from './ssrc-choice.ts';

/** The RTP clock of Opus, whatever it was recorded with (RFC 7587 §4.1). */
const TICKS_PER_SECOND = 48_000;

/** Late sound is worth less than late pictures: it is not asked for again. */
const REORDER = { packets: 64, waitMs: millis(25) };

const MAX_FRAME_BYTES = 4000;

/** As it stands in SDP, always (RFC 7587 §7); each packet tells by itself whether it is mono. */
const PARAMETERS: AudioParameters = { codec: 'opus', sampleRate: TICKS_PER_SECOND, channels: 2 };

/** What became of the packets of sound. */
export interface OpusCounters {
  readonly frames: number;
  /** Packets that came too late, or twice. */
  readonly late: number;
  /** Packets that are no Opus. */
  readonly malformed: number;
}

/**
 * Receives one Opus stream by RTP. Each packet is dated by itself, so that silence of which nothing is sent (DTX) leaves
 * a gap and moves nothing. Times are on its own line, from 0 at the first packet.
 */
export class OpusReceiver {
  readonly #clock: SourceClock;
  readonly #own: RtcpName;
  readonly #write: (frame: AudioFrame) => void;
  readonly #ssrc = new SsrcChoice(undefined);
  readonly #times = new PresentationTimes(TICKS_PER_SECOND);
  readonly #captureTimes = new CaptureTimes();
  #reorder = new ReorderBuffer<RtpPacket>(REORDER);
  #statistics: ReceptionStatistics | undefined;
  #lastPts = Number.NEGATIVE_INFINITY;
  #cancelExpiry: (() => void) | undefined;
  readonly #counters = { frames: 0, late: 0, malformed: 0 };

  constructor(options: {
    readonly clock: SourceClock;
    readonly own: RtcpName;
    readonly write: (frame: AudioFrame) => void;
  }) {
    this.#clock = options.clock;
    this.#own = options.own;
    this.#write = options.write;
  }

  get counters(): OpusCounters {
    return this.#counters;
  }

  /** Takes a packet; nobody may change its bytes later. */
  packet(packet: RtpPacket): void {
    const now = this.#clock.monotonicNow();
    const choice = this.#ssrc.choose(packet.ssrc, now);
    if (choice === 'foreign') return;
    if (choice === 'changed') {
      this.#reorder = new ReorderBuffer(REORDER);
      this.#statistics = undefined;
    }
    this.#statistics ??= new ReceptionStatistics({ ssrc: packet.ssrc, ticksPerSecond: TICKS_PER_SECOND });
    this.#statistics.packet(packet, this.#clock.utcNow());
    for (const ready of this.#reorder.push(packet, now)) this.#take(ready);
    this.#waitForGap();
  }

  /** Takes RTCP of the peer. */
  rtcp(datagram: Uint8Array): void {
    try {
      for (const packet of parseRtcp(datagram)) {
        if (packet.kind !== 'sender-report' || !this.#ssrc.is(packet.ssrc)) continue;
        const pts = this.#times.near(packet.rtpTimestamp);
        if (pts !== undefined) this.#captureTimes.senderReport(ntpToMicros(packet.ntp), pts);
        this.#statistics?.senderReport(packet, this.#clock.utcNow());
      }
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      this.#counters.malformed++;
    }
  }

  /** A receiver report to be sent now; undefined before the first packet. */
  report(): Uint8Array | undefined {
    const report = this.#statistics?.report(this.#clock.utcNow());
    return (
      report &&
      serializeRtcp([
        { kind: 'receiver-report', ssrc: this.#own.ssrc, reports: [report] },
        { kind: 'source-description', sources: [this.#own] },
      ])
    );
  }

  /** Ends its timer. */
  close(): void {
    this.#cancelExpiry?.();
  }

  #take({ payload, timestamp }: RtpPacket): void {
    // Padding alone.
    if (payload.byteLength === 0) return;
    const duration = payload.byteLength <= MAX_FRAME_BYTES ? opusDuration(payload) : undefined;
    if (duration === undefined) {
      this.#counters.malformed++;
      return;
    }
    const arrival = this.#clock.utcNow();
    const pts = this.#times.of(timestamp, arrival);
    if (pts <= this.#lastPts) {
      this.#counters.late++;
      return;
    }
    this.#lastPts = pts;
    this.#counters.frames++;
    // What comes when its last sample was heard was begun to be heard before.
    const captureTime = this.#captureTimes.date(pts, micros(arrival - duration));
    this.#write({ data: payload, captureTime, pts, duration, parameters: PARAMETERS });
  }

  #waitForGap(): void {
    const { deadline } = this.#reorder;
    if (deadline === undefined || this.#cancelExpiry !== undefined) return;
    const waitMs = millis(Math.max(0, deadline - this.#clock.monotonicNow()));
    this.#cancelExpiry = this.#clock.after(waitMs, () => {
      this.#cancelExpiry = undefined;
      for (const ready of this.#reorder.expire(this.#clock.monotonicNow())) this.#take(ready);
      this.#waitForGap();
    });
  }
}
