import { type Millis, millis } from '@pinhole/core';

/** This page's clock: milliseconds since 1970 as they were when the page loaded, never stepping after that. */
export const localNow = (): Millis => millis(performance.timeOrigin + performance.now());

/** A time that the browser gave (of a frame, of an animation frame) on the clock of {@link localNow}. */
export const localTime = (timestamp: DOMHighResTimeStamp): Millis =>
  millis(performance.timeOrigin + timestamp);
