import type { Micros } from '@pinhole/core';

/** Where a recording that begins at some time lies below its root, without the end of its name. */
export interface RecordingName {
  /** `YYYYMMDD/HH` */
  readonly folder: string;
  /** `YYYYMMDD_HHMMSS` */
  readonly stem: string;
}

/**
 * Names recordings by local time, as people look for them.
 *
 * Local time repeats an hour when summer time ends and whenever the clock is set back. A name that is taken gets a number
 * behind it (`numberedStem`); nothing is overwritten, and the times inside of the files are UTC.
 */
export class RecordingNames {
  readonly #format: Intl.DateTimeFormat;

  /**
   * @param zone an IANA name, e.g. `Europe/Berlin`; the machine's zone when left out.
   * @throws {RangeError} a zone that is not known
   */
  constructor(zone?: string) {
    this.#format = new Intl.DateTimeFormat('en-GB-u-ca-gregory-nu-latn', {
      ...(zone !== undefined && { timeZone: zone }),
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  }

  /** The name of a recording whose first picture was captured then. */
  nameOf(captureTime: Micros): RecordingName {
    const fields = new Map(
      this.#format
        .formatToParts(Math.floor(captureTime / 1000))
        .map(({ type, value }) => [type, value] as const),
    );
    const field = (name: Intl.DateTimeFormatPartTypes): string => fields.get(name) ?? '';
    const day = `${field('year').padStart(4, '0')}${field('month')}${field('day')}`;
    const hour = field('hour');
    return { folder: [day, hour].join('/'), stem: `${day}_${hour}${field('minute')}${field('second')}` };
  }
}

/** The `count`th file of a name: `20261121_101500`, `20261121_101500_2`, … */
export const numberedStem = (stem: string, count: number): string =>
  count === 1 ? stem : `${stem}_${count}`;
