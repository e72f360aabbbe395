import { type Micros, micros } from '@pinhole/core';
import type { AccessUnitSink, StreamReader, SubStream } from '@pinhole/engine';

/** A sub stream that has not come after so long is taken for one that does not. */
const PATIENCE = micros(12_000_000);
/** And is tried again after so long. */
const TRY_AGAIN_AFTER = micros(60_000_000);

/** One viewer's hold on the sub stream of its camera: what is not needed does not run. */
export class SubReader {
  readonly #sub: SubStream | undefined;
  readonly #sink: AccessUnitSink;
  readonly #now: () => Micros;
  readonly #refused: (why: string) => void;
  #held: { readonly reader: StreamReader; readonly release: () => void; readonly since: Micros } | undefined;
  #refusedUntil = micros(Number.NEGATIVE_INFINITY);
  #refusals = 0;

  /** @param options.refused called when it is wanted and cannot be used, with why in words */
  constructor(options: {
    readonly sub: SubStream | undefined;
    readonly sink: AccessUnitSink;
    readonly now: () => Micros;
    readonly refused?: (why: string) => void;
  }) {
    const { sub, sink, now, refused = () => {} } = options;
    this.#sub = sub;
    this.#sink = sink;
    this.#now = now;
    this.#refused = refused;
  }

  /** Whether there is one that may be of use. */
  get usable(): boolean {
    return this.#sub !== undefined && this.#now() >= this.#refusedUntil;
  }

  get stream(): SubStream['stream'] | undefined {
    return this.#sub?.stream;
  }

  /** Times it was wanted and could not be used. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Wants it from now on. */
  open(): void {
    if (this.#held || !this.#sub || !this.usable) return;
    const release = this.#sub.acquire();
    const reader = this.#sub.stream.attach(this.#sink, { now: this.#now });
    this.#held = { reader, release, since: this.#now() };
  }

  /** What was wanted has not come yet: gives it up once that takes too long. */
  await(now: Micros): void {
    if (this.#held && now - this.#held.since > PATIENCE)
      this.refuse(micros(now + TRY_AGAIN_AFTER), `no key picture came within ${PATIENCE / 1e6} s`);
  }

  /** It cannot be used, for a while or for good. */
  refuse(until: Micros, why: string): void {
    this.#refusedUntil = until;
    this.#refusals++;
    this.#refused(why);
    this.close();
  }

  /** The last pictures once more, the next key picture where none are cached. */
  replay(): void {
    this.#held?.reader.pause();
    this.#held?.reader.resume();
  }

  /** Wants it no longer; it may be opened again. */
  close(): void {
    this.#held?.reader.detach();
    this.#held?.release();
    this.#held = undefined;
  }
}
