import { quantile } from '../../test/support/measure.ts';

export { quantile } from '../../test/support/measure.ts';

/** The middle value. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** CPU time that one viewer costs for each second that it watches, in milliseconds. */
export function cpuPerViewerSecond(load: {
  readonly cpuMs: number;
  readonly elapsedMs: number;
  readonly viewers: number;
  /** CPU milliseconds a second without any viewer. */
  readonly idleCpuMsPerSecond: number;
}): number {
  const cpuMsPerSecond = (load.cpuMs * 1000) / load.elapsedMs;
  return (cpuMsPerSecond - load.idleCpuMsPerSecond) / load.viewers;
}

/** Packets missing between the first and the last of a run of 16-bit sequence numbers, and what arrived. */
export class SequenceCount {
  #highest: number | undefined;
  #first = 0;
  #received = 0;

  get received(): number {
    return this.#received;
  }

  /** How many of those that were sent never came, as far as numbers show. */
  get lost(): number {
    return this.#highest === undefined ? 0 : this.#highest - this.#first + 1 - this.#received;
  }

  /** Takes the next packet's number; duplicates must be left out. */
  push(sequence: number): void {
    this.#received++;
    if (this.#highest === undefined) {
      this.#first = sequence;
      this.#highest = sequence;
      return;
    }
    const step = ((((sequence - this.#highest) % 0x10000) + 0x18000) % 0x10000) - 0x8000;
    if (step > 0) this.#highest += step;
  }
}
