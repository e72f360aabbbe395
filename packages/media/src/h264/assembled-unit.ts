import type { Millis } from '@pinhole/core';

/** What told that a unit was complete. */
export type UnitEnd =
  /** The next unit began. */
  | 'next-unit'
  /** Nothing came for a few milliseconds. */
  | 'idle'
  /** The input ended. */
  | 'flush';

/** One coded picture with the parameter sets and messages before it. */
export interface AssembledUnit {
  /** Annex B as it came, beginning at a start code, zero bytes at its end cut off; a copy that is the receiver's. */
  readonly data: Uint8Array;
  /** It holds an IDR slice. */
  readonly key: boolean;
  /** When the chunk with its last byte was pushed. */
  readonly lastByteMs: Millis;
  readonly endedBy: UnitEnd;
}

/** What an assembler left out, all since it was made. */
export interface AssemblerCounters {
  /** Units handed over. */
  units: number;
  /** Bytes passed over while looking for a start code. */
  bytesWithoutStartCode: number;
  /** Units left out because they grew beyond `maxUnitBytes`, or 8192 NAL units. */
  droppedTooLarge: number;
  /** Units handed over as idle whose picture then went on: the pipe pauses inside pictures. */
  splitByIdle: number;
  /** Parameter sets and messages left over at `flush` without a picture. */
  droppedWithoutPicture: number;
}

/** How an assembler decides. */
export interface AssemblerOptions {
  /** Silence after which the pending unit counts as complete; default 4 ms. Doubles when that split a picture. */
  readonly idleMs?: Millis;
  /** The idle time never doubles beyond; default 32 ms. */
  readonly maxIdleMs?: Millis;
  /** A larger unit is left out; default 8 MiB. */
  readonly maxUnitBytes?: number;
}
