export { type ClockEstimate, ClockOffset, type ClockSample } from './clock-offset.ts';
export { localNow, localTime } from './local-clock.ts';
