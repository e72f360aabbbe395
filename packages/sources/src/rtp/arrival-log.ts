import { type Micros, micros } from '@pinhole/core';
import { SequenceUnwrapper, type TransportCcFeedback } from '@pinhole/media/rtp';

/** Packets told of in one feedback; what is beyond is told in the next. */
const MAX_SPAN = 1000;

/** Two arrivals further apart cannot be told in one feedback: its differences end at 8.19 s. */
const MAX_PAUSE = micros(8_000_000);

interface Arrival {
  readonly number: number;
  readonly arrival: Micros;
}

/** Feedback as it is written, but for who it is of and for. */
export type ArrivalReport = Pick<
  TransportCcFeedback,
  'feedbackCount' | 'firstSequence' | 'packetCount' | 'received'
>;

/** When the packets of a peer came, by transport-wide number, until its bandwidth estimator was told. */
export class ArrivalLog {
  readonly #unwrapper = new SequenceUnwrapper();
  #arrivals: Arrival[] = [];
  /** Of the first packet that no feedback spoke of. */
  #next: number | undefined;
  #feedbackCount = 0;

  /** Whether there is something to tell. */
  get waits(): boolean {
    return this.#arrivals.length > 0;
  }

  /** A packet came. One that comes after feedback called it lost is passed over. */
  add(sequence: number, arrival: Micros): void {
    const number = this.#unwrapper.unwrap(sequence);
    if (this.#next !== undefined && number < this.#next) {
      // A sender that began anew.
      if (this.#next - number < MAX_SPAN) return;
      this.#next = undefined;
      this.#arrivals = [];
    }
    this.#arrivals.push({ number, arrival });
  }

  /** What came since the last time; several reports after a pause or a jump. */
  take(): readonly ArrivalReport[] {
    const arrivals = this.#arrivals.toSorted((a, b) => a.number - b.number);
    this.#arrivals = [];
    const reports: ArrivalReport[] = [];
    let group: Arrival[] = [];
    for (const one of arrivals) {
      const before = group.at(-1);
      if (before?.number === one.number) continue;
      if (before && this.#parts(group, one)) {
        reports.push(this.#report(group));
        group = [];
      }
      group.push(one);
    }
    if (group.length > 0) reports.push(this.#report(group));
    return reports;
  }

  #parts(group: readonly Arrival[], { number, arrival }: Arrival): boolean {
    const [first] = group;
    const last = group.at(-1);
    if (!first || !last) return false;
    return number - first.number >= MAX_SPAN || Math.abs(arrival - last.arrival) > MAX_PAUSE;
  }

  #report(group: readonly Arrival[]): ArrivalReport {
    const first = group[0]?.number ?? 0;
    const last = group.at(-1)?.number ?? first;
    // What is missing since the feedback before is told as lost, but for a jump.
    const from = this.#next !== undefined && first - this.#next < MAX_SPAN ? this.#next : first;
    this.#next = last + 1;
    const feedbackCount = this.#feedbackCount;
    this.#feedbackCount = (feedbackCount + 1) & 0xff;
    return {
      feedbackCount,
      firstSequence: from & 0xffff,
      packetCount: last - from + 1,
      received: group.map(({ number, arrival }) => ({ sequence: number & 0xffff, arrival })),
    };
  }
}
