import type { ThirdParty } from '../../test/support/third-party-list.ts';

/** Units in which figures are told. */
export type Unit =
  | 'ms'
  | 'MB/s'
  | 'MB'
  | '%'
  | 'frames/s'
  | 'files/s'
  | 'joins/s'
  | 'kB'
  | 'packets'
  | 'times';

/** One figure that was measured: a cell of a table. */
export interface Figure {
  /** What was measured, the row: `WebRTC, 50 viewers`. */
  readonly name: string;
  /** Which figure of it, the column: `p50`. */
  readonly measure: string;
  readonly value: number;
  readonly unit: Unit;
  /** The figure to meet; less is better, unless the unit is one of speed. */
  readonly target?: number;
}

/** What a bench has at hand. */
export interface BenchContext {
  /** Calls `close` when the bench is over, however it ends; the latest first. */
  defer(close: () => unknown): void;
  /** Where children write CPU profiles; undefined when nobody asked for any. */
  readonly profileFolder: string | undefined;
  /** How long a bench looks that asks what becomes of something in time. */
  readonly minutes: number;
  /** Fewer and shorter measurements, for a look at where one stands. */
  readonly short: boolean;
}

/** What a file `*.bench.ts` exports as `bench`. */
export interface Bench {
  readonly title: string;
  /** What is measured and how, in a sentence or two for the page. */
  readonly about: string;
  readonly needs?: readonly ('linux' | ThirdParty)[];
  /** A bench that takes longer has lost its way; 180 s unless told. */
  readonly longestSeconds?: number;
  run(context: BenchContext): Promise<readonly Figure[]>;
}

/** Whether more is better. */
export const isSpeed = (unit: Unit): boolean => unit.endsWith('/s') || unit === 'times';

/** A figure against its target: within 5 % it is met. */
export function verdictOf({ value, unit, target }: Figure): 'beats' | 'meets' | 'misses' | undefined {
  if (target === undefined) return undefined;
  const excess = isSpeed(unit) ? target / value : value / target;
  if (excess < 0.95) return 'beats';
  return excess <= 1.05 ? 'meets' : 'misses';
}
