import { type Micros, micros } from '@pinhole/core';
import type { TransportCcTaker } from '@pinhole/media/rtp';
import { DelayTrend } from './delay-trend.ts';
import { quarterMillis, SENT_PACKETS, SentPackets } from './sent-packets.ts';

/** What is known of the way to one viewer. */
export interface PathCondition {
  /**
   * `over`: more is sent than gets through, by `why`; `clear`: there is room, as far as is known; `unclear`: neither, or
   * nothing was heard lately.
   */
  readonly kind: 'over' | 'clear' | 'unclear';
  readonly why?: 'queue' | 'loss' | 'estimate';
}

/** The path is measured anew this often; the lower of two such times is what it takes without a queue. */
const BASE_WINDOW = 30_000 * 4;
/** Arrivals are summed up over so long. */
const RATE_WINDOW = 500 * 4;
const LOSS_WINDOW = micros(1_000_000);
/** Fewer packets than that tell nothing of loss. */
const FEWEST_FOR_LOSS = 40;

/** Above the first it is too much, below the second it is none to speak of: a radio loses a few in a hundred anyway. */
const LOSS = { over: 0.12, clear: 0.05 } as const;
/** A queue grows so, or stands so, and is one; in milliseconds. */
const QUEUE = { growing: 250, standing: 150, fills: 100, clear: 60, forMs: 400, standsForMs: 500 } as const;
const SLOPE = { growing: 100, draining: -50 } as const;
/** A time without any packet that is longer tells of a path that was gone, and not of how much it carries. */
const OUTAGE = 400 * 4;
/** So long after it was sent a packet must be spoken of. */
const SILENCE = micros(1_200_000);
/** What the way carried with a queue before it holds so long. */
const CARRIES_FOR = micros(3_000_000);
/** A receiver's own estimate is believed when it is this far below what is sent. */
const ESTIMATE_SHORT = 0.7;

/**
 * What one viewer's feedback tells of the way to it: how long packets wait in queues there, what gets through, what is lost.
 *
 * The wait is (arrival − sending), less the least of that in the last 30 to 60 s; a feedback's sample is the least wait
 * among its packets, so that neither jitter nor the length of a picture counts, only what stands in the queue
 * before each of them. `over` is a queue that is long and grows, or stands and does not drain; or loss above what radio does, for
 * two seconds. A path that is gone for a while is neither: then nothing is sent until something is heard. Without transport-wide feedback, loss by receiver reports and REMB take its place.
 *
 * @see draft-ietf-rmcat-gcc-02 §5 (delay), §6 (loss); RFC 6817 §3.4 (base delay)
 */
export class PathEstimate implements TransportCcTaker {
  readonly #sent = new SentPackets();
  readonly #trend = new DelayTrend();
  #firstOffset: number | undefined;
  #base: { least: number; readonly before: number; readonly since: number } | undefined;
  #sample: { least: number; arrival: number } | undefined;
  #waitMs = 0;
  #next: number | undefined;
  #inFlightBytes = 0;
  /** From sending to feedback, at the best, in quarters of a millisecond. */
  #leastDelay = Number.POSITIVE_INFINITY;
  #heardAt = micros(0);
  #spokenOf: number | undefined;
  #rate = { since: 0, bytes: 0 };
  #acknowledged: number | undefined;
  /** What got through while a queue stood: all that the way carries. */
  #carries: { readonly bitsPerSecond: number; readonly at: Micros } | undefined;
  #loss = { since: micros(0), expected: 0, lost: 0 };
  #fractionLost = 0;
  #fractionLostBefore = 0;
  /** Packets in a row that did not come, and when the first of them was sent. */
  #gap = { packets: 0, sentAt: 0 };
  #receiverEstimate: number | undefined;
  #heard = false;
  #newestSentAt = 0;

  /** What got through lately, bits of payload a second; undefined until it is known. */
  get acknowledgedBitsPerSecond(): number | undefined {
    return this.#acknowledged;
  }

  /** What the receiver itself believes (REMB). */
  get receiverEstimate(): number | undefined {
    return this.#receiverEstimate;
  }

  /** Share of packets lost within about a second. */
  get fractionLost(): number {
    return this.#fractionLost;
  }

  /** Notes packets as they are sent, by their bytes of payload; their numbers follow those before. */
  note(first: number, sizes: Uint16Array, now: Micros): void {
    this.#spokenOf ??= (first - 1) & 0xffff;
    this.#inFlightBytes -= this.#sent.note(first, sizes, now);
    for (const size of sizes) this.#inFlightBytes += size;
    this.#next = (first + sizes.length) & 0xffff;
  }

  received(sequence: number, arrival: number): void {
    const sizeBytes = this.#sent.sizeBytes(sequence);
    if (sizeBytes === 0) return;
    this.#sent.settle(sequence);
    this.#inFlightBytes -= sizeBytes;
    this.#speakOf(sequence);
    this.#loss.expected++;
    this.#newestSentAt = this.#sent.sentAt(sequence);
    if (this.#gap.packets > 0) this.#endGap(this.#newestSentAt);
    const offset = (arrival - this.#newestSentAt) | 0;
    this.#firstOffset ??= offset;
    const relative = (offset - this.#firstOffset) | 0;
    if (!this.#sample) this.#sample = { least: relative, arrival };
    else {
      this.#sample.least = Math.min(this.#sample.least, relative);
      this.#sample.arrival = arrival;
    }
    this.#rate.bytes += sizeBytes;
  }

  missing(first: number, count: number): void {
    if (this.#next === undefined) return;
    // Of what is no longer remembered, or was never sent, two bytes can tell by the thousand: that is not looked at.
    const ago = ((this.#next - first - 1) & 0xffff) + 1;
    for (let i = Math.max(0, ago - SENT_PACKETS); i < Math.min(count, ago); i++) {
      const sequence = (first + i) & 0xffff;
      const sizeBytes = this.#sent.sizeBytes(sequence);
      if (sizeBytes === 0) continue;
      this.#sent.settle(sequence);
      this.#inFlightBytes -= sizeBytes;
      this.#speakOf(sequence);
      if (this.#gap.packets++ === 0) this.#gap.sentAt = this.#sent.sentAt(sequence);
    }
  }

  /** A datagram with feedback was read to its end. */
  settle(now: Micros): void {
    const sample = this.#sample;
    this.#sample = undefined;
    if (!sample) return;
    this.#heard = true;
    this.#heardAt = now;
    this.#leastDelay = Math.min(this.#leastDelay, (quarterMillis(now) - this.#newestSentAt) | 0);
    const at = sample.arrival;
    this.#waitMs = Math.max(0, (sample.least - this.#baseAt(at, sample.least)) / 4);
    this.#trend.add(now / 1000, this.#waitMs);
    this.#measure(at, now);
    this.#countLoss(now);
  }

  /** What a receiver report says of loss, where there is no better. */
  report(fractionLost: number): void {
    if (this.#heard) return;
    this.#fractionLostBefore = this.#fractionLost;
    this.#fractionLost = fractionLost;
  }

  /** What a receiver says of the whole way. */
  estimate(bitsPerSecond: number): void {
    this.#receiverEstimate = bitsPerSecond;
  }

  /** How long a packet waits on its way that is sent now, at least. */
  wait(now: Micros): Micros {
    const spokenOf = this.#spokenOf ?? 0;
    // All that was sent is there: no queue is left of it.
    if (this.#next === ((spokenOf + 1) & 0xffff)) return micros(0);
    // What was measured is of a packet that was sent some while ago: what is under way tells of now.
    const silence = this.#silence(now);
    return micros(Math.max(this.#backlog(now) ?? this.#waitMs * 1000, silence > SILENCE ? silence : 0));
  }

  /** Whether nothing is heard any more that should be: the way is gone, for now. */
  isSilent(now: Micros): boolean {
    return this.#silence(now) > SILENCE;
  }

  /** Forgets the trend, and the loss: something else is sent from now on. */
  begin(now: Micros): void {
    this.#trend.clear();
    this.#loss = { since: now, expected: 0, lost: 0 };
    this.#fractionLost = 0;
    this.#fractionLostBefore = 0;
  }

  /** @param bitsPerSecond what is sent */
  condition(now: Micros, bitsPerSecond: number): PathCondition {
    // Nothing is known, and nothing is sent for now.
    if (this.isSilent(now)) return { kind: 'unclear' };
    if (Math.min(this.#fractionLost, this.#fractionLostBefore) >= LOSS.over)
      return { kind: 'over', why: 'loss' };
    const trend = this.#trend.now;
    if (trend) {
      const { spanMs, leastMs, slopeMsPerSecond: slope } = trend;
      const grows = this.#waitMs >= QUEUE.growing && slope >= SLOPE.growing && spanMs >= QUEUE.forMs;
      const stands = leastMs >= QUEUE.standing && slope >= SLOPE.draining && spanMs >= QUEUE.standsForMs;
      if (grows || stands) return { kind: 'over', why: 'queue' };
    } else {
      const estimate = this.#heard ? undefined : this.#receiverEstimate;
      if (estimate !== undefined && estimate < ESTIMATE_SHORT * bitsPerSecond)
        return { kind: 'over', why: 'estimate' };
    }
    const clear = this.#waitMs < QUEUE.clear && this.#fractionLost < LOSS.clear;
    return { kind: clear ? 'clear' : 'unclear' };
  }

  /** What is under way beyond what always is, by how fast it gets through. */
  #backlog(now: Micros): number | undefined {
    if (!this.#carries || now - this.#carries.at > CARRIES_FOR) return undefined;
    return (this.#inFlightBytes * 8e6) / this.#carries.bitsPerSecond - this.#leastDelay * 250;
  }

  /** For how long nothing was heard that should have been. */
  #silence(now: Micros): number {
    if (!this.#heard || this.#next === undefined || this.#spokenOf === undefined) return 0;
    const oldest = (this.#spokenOf + 1) & 0xffff;
    if (oldest === this.#next || this.#sent.sizeBytes(oldest) === 0) return 0;
    const age = ((quarterMillis(now) - this.#sent.sentAt(oldest)) | 0) * 250;
    return Math.min(age, now - this.#heardAt);
  }

  #speakOf(sequence: number): void {
    if (this.#spokenOf === undefined) return;
    const ahead = (sequence - this.#spokenOf) & 0xffff;
    if (ahead >= 0x8000) return;
    // Of those between, the feedback was lost.
    for (let at = (this.#spokenOf + 1) & 0xffff; at !== sequence; at = (at + 1) & 0xffff) {
      this.#inFlightBytes -= this.#sent.sizeBytes(at);
      this.#sent.settle(at);
    }
    this.#spokenOf = sequence;
  }

  /** The least that a packet took, with `least` among them. */
  #baseAt(at: number, least: number): number {
    const base = this.#base;
    if (base && ((at - base.since) | 0) <= BASE_WINDOW) base.least = Math.min(base.least, least);
    else this.#base = { least, before: base?.least ?? least, since: at };
    return Math.min(this.#base?.least ?? least, this.#base?.before ?? least);
  }

  #measure(arrival: number, now: Micros): void {
    const elapsed = (arrival - this.#rate.since) | 0;
    if (this.#rate.since !== 0 && elapsed < RATE_WINDOW && elapsed >= 0) return;
    // After a pause it says nothing of the way.
    const usable = this.#rate.since !== 0 && elapsed >= 0 && elapsed < 4 * RATE_WINDOW;
    if (usable) {
      const bitsPerSecond = (this.#rate.bytes * 8 * 4000) / elapsed;
      this.#acknowledged = bitsPerSecond;
      if (this.#waitMs >= QUEUE.fills) this.#carries = { bitsPerSecond, at: now };
    }
    this.#rate = { since: arrival, bytes: 0 };
  }

  /** What is missing for so long was no loss: nothing at all got through. */
  #endGap(sentAt: number): void {
    const { packets, sentAt: since } = this.#gap;
    this.#gap.packets = 0;
    if (((sentAt - since) | 0) > OUTAGE) return;
    this.#loss.expected += packets;
    this.#loss.lost += packets;
  }

  #countLoss(now: Micros): void {
    const { since, expected, lost } = this.#loss;
    if (now - since < LOSS_WINDOW || expected < FEWEST_FOR_LOSS) return;
    this.#fractionLostBefore = this.#fractionLost;
    this.#fractionLost = lost / expected;
    this.#loss = { since: now, expected: 0, lost: 0 };
  }
}
