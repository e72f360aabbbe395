import { MalformedError, micros, millis } from '@pinhole/core';
import type { AudioParameters, SourceAudioFrame } from '@pinhole/engine';
import { ntpToMicros, parseRtcp, parseRtp, type RtpPacket, serializeRtcp } from '@pinhole/media/rtp';
import { CaptureTimes, type ClockOffsets } from '../capture-times.ts';
import type { SourceClock } from '../clock.ts';
import { PresentationTimes } from './presentation-times.ts';
import { ReceptionStatistics } from './reception-statistics.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import type { RtcpName } from './rtp-receiver.ts';
import type { ReceivedSound, SoundDepacketizer } from './sound-depacketizer.ts';
import { SsrcChoice } from './ssrc-choice.ts';

/** Late sound is worth less than late pictures: it is not asked for again. */
const REORDER = { packets: 64, waitMs: millis(25) };

/** What became of the packets of sound. */
export interface AudioCounters {
  readonly frames: number;
  /** Packets that came too late, or twice. */
  readonly late: number;
  /** Packets that are no sound of the codec that was told, and frames that lack a part. */
  readonly malformed: number;
  /** Packets of another stream or payload type. */
  readonly foreign: number;
}

/** None of anything. */
export const NO_AUDIO_COUNTERS: AudioCounters = { frames: 0, late: 0, malformed: 0, foreign: 0 };

/** Both together. */
export const addAudioCounters = (a: AudioCounters, b: AudioCounters): AudioCounters => ({
  frames: a.frames + b.frames,
  late: a.late + b.late,
  malformed: a.malformed + b.malformed,
  foreign: a.foreign + b.foreign,
});

/** What an audio receiver is told of its stream. */
export interface AudioReceiverOptions {
  readonly depacketizer: SoundDepacketizer;
  readonly clock: SourceClock;
  /** Our own name in reports. */
  readonly own: RtcpName;
  /** Others are left out; any will do unless told. */
  readonly payloadType?: number;
  /** Of the sender, when it said so. */
  readonly ssrc?: number | undefined;
  readonly write: (frame: SourceAudioFrame) => void;
}

/**
 * Receives one stream of sound by RTP. Each packet is dated by itself, so that silence of which nothing is sent leaves
 * a gap and moves nothing. Times are on its own line, from 0 at the first packet. Nothing in it throws for any packet.
 */
export class AudioReceiver {
  readonly #options: AudioReceiverOptions;
  readonly #clock: SourceClock;
  readonly #ssrc: SsrcChoice;
  readonly #times: PresentationTimes;
  readonly #captureTimes = new CaptureTimes();
  #reorder = new ReorderBuffer<RtpPacket>(REORDER);
  #statistics: ReceptionStatistics | undefined;
  #lastPts = Number.NEGATIVE_INFINITY;
  #cancelExpiry: (() => void) | undefined;
  readonly #counters = { frames: 0, late: 0, malformed: 0, foreign: 0 };

  constructor(options: AudioReceiverOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#ssrc = new SsrcChoice(options.ssrc);
    this.#times = new PresentationTimes(options.depacketizer.ticksPerSecond);
  }

  get counters(): AudioCounters {
    const { malformed, ...counters } = this.#counters;
    return { ...counters, malformed: malformed + this.#options.depacketizer.malformed };
  }

  /** What its time line reads on the clocks of camera and arrival. */
  get offsets(): ClockOffsets {
    return this.#captureTimes.offsets;
  }

  /** Takes what came where RTP is expected; nobody may change its bytes later. */
  rtp(bytes: Uint8Array): void {
    const packet = this.#readable(() => parseRtp(bytes));
    if (packet !== undefined) this.packet(packet);
  }

  /** Takes a packet; nobody may change its bytes later. */
  packet(packet: RtpPacket): void {
    const now = this.#clock.monotonicNow();
    const { payloadType = packet.payloadType } = this.#options;
    const choice = packet.payloadType === payloadType ? this.#ssrc.choose(packet.ssrc, now) : 'foreign';
    if (choice === 'foreign') {
      this.#counters.foreign++;
      return;
    }
    if (choice === 'changed') {
      this.#reorder = new ReorderBuffer(REORDER);
      this.#statistics = undefined;
    }
    const { ticksPerSecond } = this.#options.depacketizer;
    this.#statistics ??= new ReceptionStatistics({ ssrc: packet.ssrc, ticksPerSecond });
    this.#statistics.packet(packet, this.#clock.utcNow());
    for (const ready of this.#reorder.push(packet, now)) this.#take(ready);
    this.#waitForGap();
  }

  /** Takes RTCP of the peer. */
  rtcp(datagram: Uint8Array): void {
    for (const packet of this.#readable(() => parseRtcp(datagram)) ?? []) {
      if (packet.kind !== 'sender-report' || !this.#ssrc.is(packet.ssrc)) continue;
      const pts = this.#times.near(packet.rtpTimestamp);
      if (pts !== undefined) this.#captureTimes.senderReport(ntpToMicros(packet.ntp), pts);
      this.#statistics?.senderReport(packet, this.#clock.utcNow());
    }
  }

  /** A receiver report to be sent now; undefined before the first packet. */
  report(): Uint8Array | undefined {
    const report = this.#statistics?.report(this.#clock.utcNow());
    const { own } = this.#options;
    return (
      report &&
      serializeRtcp([
        { kind: 'receiver-report', ssrc: own.ssrc, reports: [report] },
        { kind: 'source-description', sources: [own] },
      ])
    );
  }

  /** Ends its timer. */
  close(): void {
    this.#cancelExpiry?.();
  }

  #readable<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      this.#counters.malformed++;
      return undefined;
    }
  }

  #take(packet: RtpPacket): void {
    // Padding alone.
    if (packet.payload.byteLength === 0) return;
    const sounds = this.#options.depacketizer.push(packet);
    // What comes when its last sample was heard was begun to be heard before, the first of several the longest.
    let age = sounds.reduce((sum, { duration }) => sum + duration, 0);
    for (const sound of sounds) {
      this.#write(sound, age);
      age -= sound.duration;
    }
  }

  #write({ data, timestamp, duration }: ReceivedSound, age: number): void {
    const arrival = this.#clock.utcNow();
    const pts = this.#times.of(timestamp, arrival);
    if (pts <= this.#lastPts) {
      this.#counters.late++;
      return;
    }
    this.#lastPts = pts;
    this.#counters.frames++;
    const captureTime = this.#captureTimes.date(pts, micros(arrival - age));
    // Each codec with its own parameters: the union says so of the two together only.
    const parameters = this.#options.depacketizer.parameters as AudioParameters;
    this.#options.write({ data, captureTime, pts, duration, parameters });
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
