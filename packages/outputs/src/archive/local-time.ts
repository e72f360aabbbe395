import { type Micros, micros } from '@pinhole/core';

/** A reading of the device's wall clock, as it stands in the name of a recording. */
export interface LocalTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** What the device's wall clock shows at this time, in the time zone of the program. */
export function localTimeOf(at: Micros): LocalTime {
  const date = new Date(Math.floor(at / 1000));
  return {
    year: date.getFullYear(),
    month: date.getMonth() + 1,
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
  };
}

/** Clocks are put back by an hour, or by half of one (Lord Howe Island). */
const TURNED_BACK_MS = [0, 30 * 60_000, 60 * 60_000] as const;

/**
 * When the device's wall clock showed this. Each autumn it shows an hour twice: then the time nearest to `near` is taken,
 * the first one without. A time that it passed over in spring is read as if the clock had not been changed.
 */
export function utcOf(local: LocalTime, options: { readonly near?: Micros } = {}): Micros {
  const { year, month, day, hour, minute, second } = local;
  const first = new Date(year, month - 1, day, hour, minute, second).getTime();
  const times = TURNED_BACK_MS.flatMap((later) => [first - later, first + later])
    .map((ms) => micros(ms * 1000))
    .filter((at) => isSame(localTimeOf(at), local));
  const { near = micros(Math.min(...times)) } = options;
  const [nearest = micros(first * 1000)] = times.toSorted((a, b) => Math.abs(a - near) - Math.abs(b - near));
  return nearest;
}

const isSame = (a: LocalTime, b: LocalTime): boolean =>
  a.day === b.day && a.hour === b.hour && a.minute === b.minute && a.second === b.second;
