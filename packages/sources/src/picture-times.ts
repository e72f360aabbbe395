import { type Micros, micros } from '@pinhole/core';
import type { PartHeaders } from '@pinhole/protocol/multipart';
import { CaptureTimes } from './capture-times.ts';

/**
 * Dates when a picture was taken, in UTC: by the time since the camera was switched on, which some cameras write beside
 * each picture, as if each had come as fast as the fastest one did; else by when its last byte came. A camera that was
 * switched off and on again, or got its clock set, is dated anew from there.
 */
export class PictureTimes {
  #times = new CaptureTimes();
  #last: Micros | undefined;

  /** When the picture with these headers was taken; `arrival` is when its last byte came. */
  date(headers: PartHeaders, arrival: Micros): Micros {
    const stamp = stampOf(headers);
    const stands = stamp === this.#last;
    // Its pictures come in their order, so a clock that fell began anew.
    if (stamp !== undefined && stamp < (this.#last ?? stamp)) this.#times = new CaptureTimes();
    this.#last = stamp;
    // A clock that stands tells nothing: some firmware writes zeros.
    return stamp === undefined || stands ? arrival : this.#times.date(stamp, arrival);
  }
}

/** `X-Timestamp: seconds.microseconds` since the camera started, as `sprintf("%d.%06d")` of ESP32s writes it. */
function stampOf(headers: PartHeaders): Micros | undefined {
  const match = /^(\d{1,10})\.(\d{1,9})$/.exec(headers.get('x-timestamp') ?? '');
  if (match === null) return undefined;
  return micros(Number(match[1]) * 1_000_000 + Math.floor(Number(match[2]?.padEnd(6, '0').slice(0, 6))));
}
