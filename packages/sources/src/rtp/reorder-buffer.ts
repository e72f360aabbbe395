import { type Millis, millis } from '@pinhole/core';
import { SequenceUnwrapper } from '@pinhole/media/rtp';

/** What a reorder buffer holds at most. */
export interface ReorderLimits {
  /** Default 128. */
  readonly packets?: number;
  /** How long a missing packet is waited for. Default 25 ms. */
  readonly waitMs?: Millis;
}

/** What it did. */
export interface ReorderCounters {
  /** Packets that came before an earlier one and were put behind it. */
  readonly reordered: number;
  /** Gaps that were not waited for any longer. */
  readonly gapsGivenUp: number;
  /** Packets left out because the same one waits already. */
  readonly doubled: number;
}

interface Waiting<T> {
  readonly packet: T;
  readonly number: number;
  readonly since: Millis;
}

/** A sender that began its numbers anew, not a packet that comes late or early (as RFC 3550 §A.1 judges). */
const LARGEST_JUMP = 3000;

/**
 * Puts the packets of one UDP stream back in order. In order they pass at once; behind a gap they wait for a short time.
 * What comes too late passes too: who counts losses has to see it.
 */
export class ReorderBuffer<T extends { readonly sequence: number }> {
  readonly #packets: number;
  readonly #waitMs: Millis;
  #unwrapper = new SequenceUnwrapper();
  /** By number, rising; all beyond the gap. */
  readonly #waiting: Waiting<T>[] = [];
  #next: number | undefined;
  #counters = { reordered: 0, gapsGivenUp: 0, doubled: 0 };

  constructor({ packets = 128, waitMs = millis(25) }: ReorderLimits = {}) {
    this.#packets = packets;
    this.#waitMs = waitMs;
  }

  /** What it did so far. */
  get counters(): ReorderCounters {
    return this.#counters;
  }

  /** When {@link expire} has to be called; undefined while nothing waits. */
  get deadline(): Millis | undefined {
    const since = this.#waiting.reduce(
      (oldest, { since }) => Math.min(oldest, since),
      Number.POSITIVE_INFINITY,
    );
    return since === Number.POSITIVE_INFINITY ? undefined : millis(since + this.#waitMs);
  }

  /** Takes a packet. @returns those whose turn it is, in order. */
  push(packet: T, now: Millis): readonly T[] {
    const number = this.#unwrapper.unwrap(packet.sequence);
    const next = this.#next ?? number;
    if (Math.abs(number - next) > LARGEST_JUMP) {
      this.#next = number + 1;
      return [...this.#takeAll(), packet];
    }
    if (number <= next) {
      if (number < next) return [packet];
      this.#next = number + 1;
      if (this.#waiting.length > 0) this.#counters.reordered++;
      return [packet, ...this.#takeInTurn()];
    }
    this.#insert({ packet, number, since: now });
    return this.#waiting.length > this.#packets ? this.#giveUpGap() : [];
  }

  /** @returns the packets that waited long enough for what is missing before them. */
  expire(now: Millis): readonly T[] {
    const released: T[] = [];
    while (this.#waiting.some(({ since }) => now - since >= this.#waitMs))
      released.push(...this.#giveUpGap());
    return released;
  }

  /** @returns all that waits: nothing more will come. */
  flush(): readonly T[] {
    return this.#takeAll();
  }

  #insert(waiting: Waiting<T>): void {
    const at = this.#waiting.findLastIndex(({ number }) => number <= waiting.number) + 1;
    if (this.#waiting[at - 1]?.number === waiting.number) this.#counters.doubled++;
    else this.#waiting.splice(at, 0, waiting);
  }

  #giveUpGap(): readonly T[] {
    this.#counters.gapsGivenUp++;
    this.#next = this.#waiting[0]?.number;
    return this.#takeInTurn();
  }

  #takeInTurn(): readonly T[] {
    const gap = this.#waiting.findIndex(({ number }, i) => number !== (this.#next ?? 0) + i);
    const taken = this.#waiting.splice(0, gap === -1 ? this.#waiting.length : gap);
    this.#next = (this.#next ?? 0) + taken.length;
    return taken.map(({ packet }) => packet);
  }

  #takeAll(): readonly T[] {
    return this.#waiting.splice(0).map(({ packet }) => packet);
  }
}
