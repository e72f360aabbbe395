import { type Micros, micros } from '@pinhole/core';
import { ntpMiddle, type ReceptionReport, type SenderReport, SequenceUnwrapper } from '@pinhole/media/rtp';

/** What one RTP source sent and how much of it came, for receiver reports. @see RFC 3550 §6.4.1, §A.3, §A.8 */
export class ReceptionStatistics {
  readonly #ssrc: number;
  readonly #ticksPerSecond: number;
  readonly #unwrapper = new SequenceUnwrapper();
  #first: number | undefined;
  #highest = 0;
  #received = 0;
  #reported = { expected: 0, received: 0 };
  #transit: number | undefined;
  #jitterTicks = 0;
  #senderReport: { readonly middle: number; readonly at: Micros } | undefined;

  constructor(source: { readonly ssrc: number; readonly ticksPerSecond: number }) {
    this.#ssrc = source.ssrc;
    this.#ticksPerSecond = source.ticksPerSecond;
  }

  /** Takes note of a packet, in the order of arrival. */
  packet(packet: { readonly sequence: number; readonly timestamp: number }, arrival: Micros): void {
    const number = this.#unwrapper.unwrap(packet.sequence);
    this.#highest = this.#first === undefined ? number : Math.max(this.#highest, number);
    this.#first ??= number;
    this.#received++;
    const arrivalTicks = Math.round((arrival / 1e6) * this.#ticksPerSecond);
    const transit = (arrivalTicks % 2 ** 32) - packet.timestamp;
    const change = Math.abs((transit - (this.#transit ?? transit)) | 0);
    this.#transit = transit;
    this.#jitterTicks += (change - this.#jitterTicks) / 16;
  }

  /** Takes note of a sender report. */
  senderReport(report: SenderReport, arrival: Micros): void {
    this.#senderReport = { middle: ntpMiddle(report.ntp), at: arrival };
  }

  /** The report on what came until now; undefined before the first packet. */
  report(now: Micros): ReceptionReport | undefined {
    if (this.#first === undefined) return undefined;
    const expected = this.#highest - this.#first + 1;
    const expectedSince = expected - this.#reported.expected;
    const lostSince = expectedSince - (this.#received - this.#reported.received);
    this.#reported = { expected, received: this.#received };
    const sinceReport = this.#senderReport === undefined ? 0 : micros(now - this.#senderReport.at);
    return {
      ssrc: this.#ssrc,
      fractionLost: expectedSince > 0 ? Math.max(0, lostSince / expectedSince) : 0,
      packetsLost: expected - this.#received,
      highestSequence: this.#highest % 2 ** 32,
      jitterTicks: Math.round(this.#jitterTicks),
      lastSenderReport: this.#senderReport?.middle ?? 0,
      delaySinceLastSenderReport: Math.min(
        2 ** 32 - 1,
        Math.max(0, Math.round((sinceReport * 65_536) / 1e6)),
      ),
    };
  }
}
