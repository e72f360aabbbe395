import { type Millis, millis } from '@pinhole/core';
import { findStartCode, trimmedEnd } from './annex-b.ts';
import type { AssembledUnit, AssemblerCounters, AssemblerOptions } from './assembled-unit.ts';
import { beginsUnit, isPictureType, NAL_TYPE } from './nal-type.ts';

/** Large pushes go through in parts of this size, so that what is held stays near `maxUnitBytes`. */
const PART_BYTES = 256 * 1024;
const FIRST_CAPACITY_BYTES = 64 * 1024;
/** A unit of more NAL units is left out: a view of each would cost more than the bytes. Cameras send a few dozen. */
const MAX_NAL_UNITS = 8192;

/**
 * Cuts an Annex B byte stream, in chunks of any size, into access units.
 *
 * A unit ends where an access unit delimiter, an SPS, PPS or SEI follows a picture; where a slice with
 * `first_mb_in_slice` 0 follows one; or when the pipe has been idle (`deadlineMs`), because waiting for the next start
 * code would cost a whole frame. A NAL unit that makes no sense is passed on like any other. A field is a unit of its
 * own. Not supported, as no camera does it: arbitrary slice order and redundant pictures of the Baseline profile.
 *
 * Each byte is looked at once. Never throws.
 * @see H.264 §7.4.1.2.3
 */
export class AccessUnitAssembler {
  /** What was handed over and left out. */
  readonly counters: AssemblerCounters = {
    units: 0,
    bytesWithoutStartCode: 0,
    droppedTooLarge: 0,
    splitByIdle: 0,
    droppedWithoutPicture: 0,
  };
  readonly #maxIdleMs: Millis;
  readonly #maxUnitBytes: number;
  #idleMs: Millis;

  #buffer = new Uint8Array(FIRST_CAPACITY_BYTES);
  #length = 0;
  /** Where the pending unit begins; -1 while no start code was found. */
  #unitStart = -1;
  /** Where the search for start codes goes on; below `#length` only at a start code whose NAL header is still to come. */
  #scanFrom = 0;
  /** Start of a prefix NAL unit behind a picture: whether it begins a unit, the next slice tells. */
  #prefixStart = -1;
  #hasPicture = false;
  #key = false;
  #nalUnits = 0;
  /** The pending unit was left out as too large: so is what comes before the next unit. */
  #skipping = false;
  /** The last unit ended by idleness: what follows without a start of its own belonged to it. */
  #afterIdle = false;
  #chunkStart = 0;
  #chunkMs = millis(0);
  /** End of the bytes that surely belong to the pending unit, and when the last of them came. */
  #settled = 0;
  #settledMs = millis(0);

  constructor(options: AssemblerOptions = {}) {
    this.#idleMs = options.idleMs ?? millis(4);
    this.#maxIdleMs = options.maxIdleMs ?? millis(32);
    this.#maxUnitBytes = options.maxUnitBytes ?? 8 * 1024 * 1024;
  }

  /** When `idle` will hand over the pending unit if nothing more comes; `undefined` while there is no picture. */
  get deadlineMs(): Millis | undefined {
    return this.#hasPicture ? millis(this.#chunkMs + this.#idleMs) : undefined;
  }

  /** Bytes held now. */
  get pendingBytes(): number {
    return this.#length;
  }

  /**
   * Takes the next bytes of the stream; they are copied.
   * @returns the units that they complete, in order.
   */
  push(bytes: Uint8Array, nowMs: Millis): readonly AssembledUnit[] {
    const units: AssembledUnit[] = [];
    for (let at = 0; at < bytes.byteLength; at += PART_BYTES) {
      this.#append(bytes.subarray(at, at + PART_BYTES), nowMs);
      this.#scan(units);
      this.#settle();
    }
    return units;
  }

  /** The pending unit when the pipe has been idle long enough for it to be complete. */
  idle(nowMs: Millis): AssembledUnit | undefined {
    const deadline = this.deadlineMs;
    if (deadline === undefined || nowMs < deadline) return undefined;
    const end = this.#prefixStart === -1 ? this.#undecidedStart() : this.#prefixStart;
    if (this.#prefixStart !== -1) this.#scanFrom = end;
    const unit = this.#take(end, { endedBy: 'idle', lastByteMs: this.#settledMs });
    this.#startUnit(-1);
    this.#discard(end);
    this.#afterIdle = true;
    return unit;
  }

  /** The pending unit at the end of the input, if it has a picture. The next push begins a new stream. */
  flush(): AssembledUnit | undefined {
    const hadPicture = this.#hasPicture;
    const unit = hadPicture
      ? this.#take(this.#length, { endedBy: 'flush', lastByteMs: this.#settledMs })
      : undefined;
    if (!hadPicture && this.#unitStart !== -1) this.counters.droppedWithoutPicture++;
    this.#discard(this.#length);
    this.#startUnit(-1);
    this.#skipping = false;
    this.#afterIdle = false;
    return unit;
  }

  #append(part: Uint8Array, nowMs: Millis): void {
    const needed = this.#length + part.byteLength;
    if (needed > this.#buffer.byteLength) {
      const larger = new Uint8Array(Math.max(needed, this.#buffer.byteLength * 2));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#length);
    this.#chunkStart = this.#length;
    this.#chunkMs = nowMs;
    this.#length = needed;
  }

  #scan(units: AssembledUnit[]): void {
    const held = this.#buffer.subarray(0, this.#length);
    for (;;) {
      const one = findStartCode(held, this.#scanFrom);
      if (one === -1) break;
      this.#scanFrom = one;
      const header = held[one + 1];
      const firstByte = held[one + 2];
      if (header === undefined) return;
      const type = header & 0x1f;
      if (isPictureType(type) && firstByte === undefined) return;
      // The zero_byte of a 4-byte start code belongs to the NAL unit behind it.
      const codeStart = one - 2;
      const start =
        codeStart > Math.max(this.#unitStart, 0) && held[codeStart - 1] === 0 ? codeStart - 1 : codeStart;
      // first_mb_in_slice is ue(v): a leading 1 bit means 0.
      this.#takeNal(type, { start, firstMbIsZero: ((firstByte ?? 0) & 0x80) !== 0 }, units);
      this.#scanFrom = one + 3;
    }
    this.#scanFrom = Math.max(this.#scanFrom, this.#length);
  }

  #takeNal(
    type: number,
    { start, firstMbIsZero }: { readonly start: number; readonly firstMbIsZero: boolean },
    units: AssembledUnit[],
  ): void {
    const goesOn = isPictureType(type) && !(firstMbIsZero && isFirstPartition(type));
    const begins = beginsUnit(type) || (isFirstPartition(type) && firstMbIsZero);
    if (this.#unitStart === -1) {
      this.#passOver(start);
      if (this.#afterIdle && goesOn) this.#countSplit();
      this.#afterIdle = false;
      if (this.#skipping && !begins) return;
      this.#skipping = false;
      this.#startUnit(start);
    } else if (this.#hasPicture && begins) {
      const end = this.#prefixStart === -1 ? start : this.#prefixStart;
      const lastByteMs = end > this.#chunkStart ? this.#chunkMs : this.#settledMs;
      const unit = this.#take(end, { endedBy: 'next-unit', lastByteMs });
      if (unit) units.push(unit);
      this.#startUnit(end);
    }
    this.#nalUnits++;
    if (type === NAL_TYPE.prefix && this.#hasPicture && this.#prefixStart === -1) this.#prefixStart = start;
    if (!isPictureType(type)) return;
    this.#prefixStart = -1;
    this.#hasPicture = true;
    if (type === NAL_TYPE.idr) this.#key = true;
  }

  #startUnit(start: number): void {
    this.#unitStart = start;
    this.#prefixStart = -1;
    this.#hasPicture = false;
    this.#key = false;
    this.#nalUnits = 0;
  }

  /** The bytes up to `end` as a unit; nothing when they are too many. The caller starts the next. */
  #take(
    end: number,
    { endedBy, lastByteMs }: Pick<AssembledUnit, 'endedBy' | 'lastByteMs'>,
  ): AssembledUnit | undefined {
    const start = this.#unitStart;
    const key = this.#key;
    const trimmed = trimmedEnd(this.#buffer, start, end);
    this.#hasPicture = false;
    this.#key = false;
    if (this.#isTooLarge(trimmed)) {
      this.counters.droppedTooLarge++;
      return undefined;
    }
    this.counters.units++;
    return { data: this.#buffer.slice(start, trimmed), key, lastByteMs, endedBy };
  }

  #isTooLarge(end: number): boolean {
    return end - this.#unitStart > this.#maxUnitBytes || this.#nalUnits > MAX_NAL_UNITS;
  }

  /** Lets go of what is not needed any more after a push, and notes when the rest came. */
  #settle(): void {
    const undecided = this.#undecidedStart();
    if (undecided > this.#settled) {
      this.#settled = undecided;
      this.#settledMs = this.#chunkMs;
    }
    if (this.#unitStart !== -1 && this.#isTooLarge(undecided)) {
      this.counters.droppedTooLarge++;
      this.#startUnit(-1);
      this.#skipping = true;
    }
    if (this.#unitStart === -1) this.#passOver(undecided);
    this.#discard(this.#unitStart === -1 ? undecided : this.#unitStart);
  }

  /** Where the end of the buffer may already be the start of what comes next: zero bytes, or a start code without header. */
  #undecidedStart(): number {
    const floor = Math.max(this.#unitStart, 0);
    let at = this.#scanFrom < this.#length ? this.#scanFrom - 2 : this.#length;
    for (let zeros = 0; zeros < 3 && at > floor && this.#buffer[at - 1] === 0; zeros++) at--;
    return at;
  }

  /** Notes bytes before a start code that belong to no unit. */
  #passOver(end: number): void {
    if (this.#skipping || trimmedEnd(this.#buffer, 0, end) === 0) return;
    this.counters.bytesWithoutStartCode += end;
    if (this.#afterIdle) this.#countSplit();
  }

  #countSplit(): void {
    this.#afterIdle = false;
    this.counters.splitByIdle++;
    this.#idleMs = millis(Math.min(this.#idleMs * 2, this.#maxIdleMs));
  }

  /** Moves what lies at `end` and behind to the front. */
  #discard(end: number): void {
    if (end <= 0) return;
    this.#buffer.copyWithin(0, end, this.#length);
    this.#length -= end;
    this.#scanFrom = Math.max(this.#scanFrom - end, 0);
    this.#settled = Math.max(this.#settled - end, 0);
    if (this.#unitStart !== -1) this.#unitStart -= end;
    if (this.#prefixStart !== -1) this.#prefixStart -= end;
  }
}

/** The NAL unit type begins with a slice header; partitions B and C do not. */
const isFirstPartition = (type: number): boolean =>
  type === NAL_TYPE.slice || type === NAL_TYPE.partitionA || type === NAL_TYPE.idr;
