import { MalformedError, type Micros } from '@pinhole/core';
import type { ViewerAudioFrame } from '@pinhole/engine';
import {
  ntpMiddle,
  parseRtp,
  type ReceptionReport,
  type RtcpPacket,
  SequenceUnwrapper,
} from '@pinhole/media/rtp';

/** What became of what a viewer said. */
export interface HeardViewerCounters {
  readonly packetsReceived: number;
  /** Came too late to be heard, or twice. */
  readonly packetsLate: number;
  /** Never came, or too late. */
  readonly packetsLost: number;
  /** No RTP, or of no payload type that was agreed on. */
  readonly packetsRefused: number;
}

/** Packets that wait for one that is missing: a fifth of a second. */
const MAX_WAITING = 10;

/** A sequence number so far off is another stream's, or begins anew. */
const LONGEST_JUMP = 500;

/** What a viewer says: its packets in order, those that are late left out. */
export class HeardViewer {
  readonly #take: (frame: ViewerAudioFrame) => void;
  readonly #now: () => Micros;
  readonly #counters = { packetsReceived: 0, packetsLate: 0, packetsLost: 0, packetsRefused: 0 };
  readonly #waiting = new Map<number, ViewerAudioFrame>();
  #source:
    | { readonly ssrc: number; readonly unwrapper: SequenceUnwrapper; readonly first: number }
    | undefined;
  /** The number that is due, in the count that does not wrap. */
  #next = 0;
  #highest = 0;
  #received = 0;
  #jitterTicks = 0;
  #transit: number | undefined;
  #senderReport: { readonly middle: number; readonly at: Micros } | undefined;
  #reported = { expected: 0, received: 0 };

  constructor(options: { readonly take: (frame: ViewerAudioFrame) => void; readonly now: () => Micros }) {
    this.#take = options.take;
    this.#now = options.now;
  }

  get counters(): HeardViewerCounters {
    return this.#counters;
  }

  /** Takes an RTP packet, no longer encrypted. */
  receive(bytes: Uint8Array, payloadType: number): void {
    const packet = rtpOf(bytes);
    if (packet?.payloadType !== payloadType || packet.payload.byteLength === 0) {
      this.#counters.packetsRefused++;
      return;
    }
    this.#counters.packetsReceived++;
    const number = this.#numberOf(packet);
    this.#measure(packet.timestamp);
    if (number < this.#next || this.#waiting.has(number)) {
      this.#counters.packetsLate++;
      return;
    }
    const { payload: data, timestamp, sequence } = packet;
    this.#waiting.set(number, { data, timestamp, sequence });
    this.#drain();
    if (this.#waiting.size < MAX_WAITING) return;
    const oldest = Math.min(...this.#waiting.keys());
    this.#counters.packetsLost += oldest - this.#next;
    this.#next = oldest;
    this.#drain();
  }

  /** Takes RTCP of the viewer. */
  read(packet: RtcpPacket): void {
    if (packet.kind !== 'sender-report' || packet.ssrc !== this.#source?.ssrc) return;
    this.#senderReport = { middle: ntpMiddle(packet.ntp), at: this.#now() };
  }

  /** How it was received, since the last time; undefined before the first packet. @see RFC 3550 §6.4.1, appendix A.3 */
  report(): ReceptionReport | undefined {
    const source = this.#source;
    if (!source) return undefined;
    const expected = this.#highest - source.first + 1;
    const expectedSince = expected - this.#reported.expected;
    const lostSince = expectedSince - (this.#received - this.#reported.received);
    this.#reported = { expected, received: this.#received };
    const sender = this.#senderReport;
    return {
      ssrc: source.ssrc,
      fractionLost: expectedSince > 0 ? Math.max(0, lostSince / expectedSince) : 0,
      packetsLost: expected - this.#received,
      highestSequence: this.#highest >>> 0,
      jitterTicks: Math.round(this.#jitterTicks),
      lastSenderReport: sender?.middle ?? 0,
      delaySinceLastSenderReport: sender ? Math.round(((this.#now() - sender.at) * 65_536) / 1e6) : 0,
    };
  }

  #numberOf({ ssrc, sequence }: { readonly ssrc: number; readonly sequence: number }): number {
    const number = this.#source?.ssrc === ssrc ? this.#source.unwrapper.unwrap(sequence) : undefined;
    if (number !== undefined && Math.abs(number - this.#next) <= LONGEST_JUMP) {
      this.#highest = Math.max(this.#highest, number);
      this.#received++;
      return number;
    }
    const unwrapper = new SequenceUnwrapper();
    const first = unwrapper.unwrap(sequence);
    this.#source = { ssrc, unwrapper, first };
    this.#waiting.clear();
    this.#next = first;
    this.#highest = first;
    this.#received = 1;
    this.#reported = { expected: 0, received: 0 };
    this.#transit = undefined;
    this.#senderReport = undefined;
    return first;
  }

  /** @see RFC 3550 appendix A.8 */
  #measure(timestamp: number): void {
    const transit = ((this.#now() * 48) / 1000 - timestamp) | 0;
    if (this.#transit !== undefined) {
      this.#jitterTicks += (Math.abs((transit - this.#transit) | 0) - this.#jitterTicks) / 16;
    }
    this.#transit = transit;
  }

  #drain(): void {
    for (let frame = this.#waiting.get(this.#next); frame; frame = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next++);
      this.#take(frame);
    }
  }
}

function rtpOf(bytes: Uint8Array): ReturnType<typeof parseRtp> | undefined {
  try {
    return parseRtp(bytes);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    return undefined;
  }
}
