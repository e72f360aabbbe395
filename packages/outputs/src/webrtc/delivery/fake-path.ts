import { micros } from '@pinhole/core';
import { PathEstimate } from './path-estimate.ts';

/** A way to a viewer as a scripted feedback tells of it; for tests. */
export interface FakePathOptions {
  readonly bitsPerSecond: number;
  /** Longer queues lose what comes. */
  readonly queueMs?: number;
  /** Every so manieth packet gets lost. */
  readonly losesEvery?: number;
  /** Arrivals waver by up to so much. */
  readonly jitterMs?: number;
}

const START = 1e15;
const BASE_MS = 20;
const FEEDBACK_EVERY_MS = 50;
const PACKET_BYTES = 1000;

/**
 * A link with a queue before it, in milliseconds of its own: what is sent arrives once it is through, and every 50 ms
 * the viewer says what arrived when, by a clock that has nothing to do with ours.
 */
export class FakePath {
  readonly estimate = new PathEstimate();
  #options: FakePathOptions;
  #ms = 0;
  #freeAtMs = 0;
  #sequence = 65_000;
  #sent = 0;
  #nextFeedbackMs = FEEDBACK_EVERY_MS;
  #spokenOf = 65_000;
  readonly #arrivals = new Map<number, number>();

  constructor(options: FakePathOptions) {
    this.#options = options;
  }

  get now() {
    return micros(START + this.#ms * 1000);
  }

  /** Time since the beginning. */
  get ms(): number {
    return this.#ms;
  }

  /** How long what is sent now would wait. */
  get queueMs(): number {
    return Math.max(0, this.#freeAtMs - this.#ms);
  }

  /** Makes the network so from now on. */
  become(options: FakePathOptions): void {
    this.#options = options;
  }

  /** Sends packets of 1000 bytes, noted as a viewer's are. */
  send(bytes: number): void {
    const sizes = new Uint16Array(Math.ceil(bytes / PACKET_BYTES)).fill(PACKET_BYTES);
    this.estimate.note(this.#sequence, sizes, this.now);
    for (const size of sizes) this.#carry(size);
  }

  /** Lets time pass; what the viewer says meanwhile is read. */
  pass(ms: number): void {
    const until = this.#ms + ms;
    while (this.#ms < until) {
      this.#ms++;
      if (this.#ms < this.#nextFeedbackMs) continue;
      this.#nextFeedbackMs += FEEDBACK_EVERY_MS;
      this.#feedback();
    }
  }

  #carry(bytes: number): void {
    const {
      bitsPerSecond,
      queueMs = 10_000,
      losesEvery = Number.POSITIVE_INFINITY,
      jitterMs = 0,
    } = this.#options;
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xffff;
    this.#sent++;
    if (this.queueMs > queueMs || this.#sent % losesEvery === 0) return;
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#ms) + (bytes * 8000) / bitsPerSecond;
    const waver = jitterMs * Math.abs(Math.sin(this.#sent * 12.9898));
    this.#arrivals.set(sequence, this.#freeAtMs + BASE_MS + waver);
  }

  /** Of all up to the last that arrived; arrivals in quarters of a millisecond from an odd beginning. */
  #feedback(): void {
    let last: number | undefined;
    for (const [sequence, at] of this.#arrivals) if (at <= this.#ms) last = sequence;
    if (last === undefined) return;
    for (; this.#spokenOf !== ((last + 1) & 0xffff); this.#spokenOf = (this.#spokenOf + 1) & 0xffff) {
      const at = this.#arrivals.get(this.#spokenOf);
      if (at === undefined) this.estimate.missing(this.#spokenOf, 1);
      else this.estimate.received(this.#spokenOf, (2 ** 31 - 4000 + Math.round(at * 4)) | 0);
      this.#arrivals.delete(this.#spokenOf);
    }
    this.estimate.settle(this.now);
  }
}
