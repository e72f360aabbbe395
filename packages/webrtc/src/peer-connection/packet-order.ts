import { SequenceUnwrapper } from '@pinhole/media/rtp';

/** How long a missing packet is waited for: it is asked for again, and that takes a round trip. */
const PATIENCE_MS = 250;
/** A second of 8 Mbit/s. */
const MAX_WAITING = 1024;
/** A sender that began its numbers anew, not a packet that comes late or early. */
const LARGEST_JUMP = 3000;

interface Waiting<T> {
  readonly packet: T;
  readonly number: number;
  readonly since: number;
}

/**
 * Puts packets back in order: those in order pass at once, behind a gap they wait for what is asked for again. What
 * comes too late passes too, for the reader to count.
 */
export class PacketOrder<T extends { readonly sequence: number }> {
  readonly #unwrapper = new SequenceUnwrapper();
  /** By number, rising. */
  #waiting: Waiting<T>[] = [];
  #next: number | undefined;
  #gapsGivenUp = 0;

  /** Gaps that were not waited for any longer. */
  get gapsGivenUp(): number {
    return this.#gapsGivenUp;
  }

  /** Takes a packet. @returns those whose turn it is, in order */
  push(packet: T, nowMs: number): readonly T[] {
    const number = this.#unwrapper.unwrap(packet.sequence);
    const next = this.#next ?? number;
    if (Math.abs(number - next) > LARGEST_JUMP) {
      const before = this.#waiting.map((one) => one.packet);
      this.#waiting = [];
      this.#next = number + 1;
      return [...before, packet];
    }
    if (number < next) return [packet];
    if (number > next) {
      this.#insert({ packet, number, since: nowMs });
      return this.#overdue(nowMs);
    }
    this.#next = number + 1;
    return [packet, ...this.#inTurn(), ...this.#overdue(nowMs)];
  }

  #insert(waiting: Waiting<T>): void {
    const at = this.#waiting.findLastIndex(({ number }) => number <= waiting.number) + 1;
    if (this.#waiting[at - 1]?.number !== waiting.number) this.#waiting.splice(at, 0, waiting);
  }

  #inTurn(): readonly T[] {
    const taken: T[] = [];
    while (this.#waiting[0] !== undefined && this.#waiting[0].number === this.#next) {
      const [first] = this.#waiting.splice(0, 1);
      if (first !== undefined) taken.push(first.packet);
      this.#next++;
    }
    return taken;
  }

  #overdue(nowMs: number): readonly T[] {
    const released: T[] = [];
    const late = ({ since }: Waiting<T>): boolean => nowMs - since >= PATIENCE_MS;
    while (this.#waiting.length > MAX_WAITING || this.#waiting.some(late)) {
      this.#gapsGivenUp++;
      this.#next = this.#waiting[0]?.number;
      released.push(...this.#inTurn());
    }
    return released;
  }
}
