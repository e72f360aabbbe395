import { type Micros, micros } from '@pinhole/core';
import type { AccessUnit } from '@pinhole/engine';
import { AccessUnitAssembler, type AssembledUnit } from '@pinhole/media/h264';
import { CaptureTimes } from '../../capture-times.ts';
import type { SourceClock } from '../../clock.ts';

/** What a reader is made with. */
export interface UnitReaderOptions {
  readonly clock: SourceClock;
  /** A time stamp will come for every picture, behind its bytes. */
  readonly stamped: boolean;
  /** Its units count from 0 and date from an origin of their own. */
  readonly write: (unit: AccessUnit) => void;
}

/** So many pictures without a stamp, or stamps without a picture, and the stamps are believed no more. */
const MOST_UNPAIRED = 4;
const MOST_SPARE_STAMPS = 8;

/**
 * Cuts a capture program's byte stream into pictures and dates them.
 *
 * With stamps a picture is complete when its stamp comes, since the program writes it behind the picture's last byte: no
 * start code of the next picture and no pause has to be waited for. Bytes and stamps come through two pipes, so what was
 * written first may be read last; a stamp therefore counts only after everything that was readable when it came was read.
 * Where stamps and pictures do not fit together, they are given up for the rest of the run: pictures then end at a pause
 * of a few milliseconds and are dated by their last byte.
 */
export class UnitReader {
  readonly #options: UnitReaderOptions;
  readonly #assembler = new AccessUnitAssembler();
  readonly #captureTimes = new CaptureTimes();
  readonly #waiting: AssembledUnit[] = [];
  readonly #stamps: Micros[] = [];
  #stamped: boolean;
  #doubting = false;
  #stampsSeen = 0;
  #stampsRipe = 0;
  #units = 0;
  #lastPts = Number.NEGATIVE_INFINITY;
  #ptsShift = 0;
  #cancelIdle: (() => void) | undefined;
  #closed = false;

  constructor(options: UnitReaderOptions) {
    this.#options = options;
    this.#stamped = options.stamped;
  }

  /** Pictures are dated by the program's time stamps, as far as seen. */
  get stamped(): boolean {
    return this.#stamped;
  }

  /** Bytes before the first start code, and pictures that were too large. */
  get malformed(): number {
    const { bytesWithoutStartCode, droppedTooLarge } = this.#assembler.counters;
    return bytesWithoutStartCode + droppedTooLarge;
  }

  /** Takes the next bytes; they are copied. */
  push(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#waiting.push(...this.#assembler.push(bytes, this.#options.clock.monotonicNow()));
    if (this.#assembler.counters.splitByIdle > 0) this.#giveUpStamps();
    this.#pair();
    this.#watchForPause();
  }

  /** Takes the stamp of the next picture, in microseconds of the camera's clock. */
  stamp(pts: Micros): void {
    if (this.#closed || !this.#stamped) return;
    this.#stamps.push(pts);
    const count = ++this.#stampsSeen;
    this.#pair();
    // Two turns: what was written before the stamp is read in the second one at the latest.
    setImmediate(() => setImmediate(() => this.#ripen(count)));
  }

  /** The program is gone: hands over what is complete. */
  end(): void {
    if (this.#closed) return;
    this.#cancelIdle?.();
    this.#pair();
    this.#closed = true;
  }

  #ripen(count: number): void {
    if (this.#closed || !this.#stamped) return;
    this.#stampsRipe = Math.max(this.#stampsRipe, count);
    const { deadlineMs } = this.#assembler;
    if (this.#units + this.#waiting.length < this.#stampsRipe && deadlineMs !== undefined) {
      const unit = this.#assembler.idle(deadlineMs);
      if (unit !== undefined) this.#waiting.push(unit);
    }
    this.#pair();
  }

  #pair(): void {
    if (this.#stamped) {
      while (this.#waiting.length > 0 && this.#stamps.length > 0)
        this.#write(this.#waiting.shift(), this.#stamps.shift());
      if (this.#misfits()) this.#doubt();
    }
    if (!this.#stamped) while (this.#waiting.length > 0) this.#write(this.#waiting.shift());
  }

  #misfits(): boolean {
    return this.#waiting.length > MOST_UNPAIRED || this.#stamps.length > MOST_SPARE_STAMPS;
  }

  /** Of a busy moment one pipe is read before the other: what is lacking may be there already. */
  #doubt(): void {
    if (this.#doubting) return;
    this.#doubting = true;
    setImmediate(() =>
      setImmediate(() => {
        this.#doubting = false;
        if (this.#closed || !this.#stamped || !this.#misfits()) return;
        this.#giveUpStamps();
        this.#pair();
      }),
    );
  }

  #giveUpStamps(): void {
    if (!this.#stamped) return;
    this.#stamped = false;
    this.#stamps.length = 0;
    this.#watchForPause();
  }

  #watchForPause(): void {
    const { deadlineMs } = this.#assembler;
    if (this.#stamped || this.#cancelIdle !== undefined || deadlineMs === undefined) return;
    const { clock } = this.#options;
    const delayMs = Math.max(0, deadlineMs - clock.monotonicNow());
    this.#cancelIdle = clock.after(delayMs as typeof deadlineMs, () => {
      this.#cancelIdle = undefined;
      const unit = this.#assembler.idle(clock.monotonicNow());
      if (unit === undefined) this.#watchForPause();
      else this.#write(unit);
    });
  }

  #write(unit: AssembledUnit | undefined, stamp?: Micros): void {
    if (unit === undefined) return;
    const { clock, write } = this.#options;
    const arrival = micros(clock.utcNow() - (clock.monotonicNow() - unit.lastByteMs) * 1000);
    const captureTime =
      stamp === undefined ? micros(Math.round(arrival)) : this.#captureTimes.date(stamp, arrival);
    const pts = this.#ptsOf(stamp, unit.lastByteMs * 1000);
    write({ data: unit.data, key: unit.key, captureTime, pts, dts: pts, sequence: this.#units++ });
  }

  /** Stamp or arrival on one line that always rises, also where the one takes the place of the other. */
  #ptsOf(stamp: Micros | undefined, arrivalUs: number): Micros {
    if (stamp === undefined && this.#options.stamped && this.#ptsShift === 0 && this.#units > 0)
      this.#ptsShift = this.#lastPts + 1 - arrivalUs;
    const pts = Math.round(stamp ?? arrivalUs + this.#ptsShift);
    this.#lastPts = Math.max(pts, this.#lastPts + 1);
    return micros(this.#lastPts);
  }
}
