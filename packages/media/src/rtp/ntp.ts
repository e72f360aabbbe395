import { type Micros, micros } from '@pinhole/core';

/**
 * A point in time as NTP writes it: seconds since 1900-01-01 in the upper 32 bits, their fraction in the lower 32
 * (RFC 5905 §6). Wraps in 2036; the upper bit tells the era.
 */
export type NtpTimestamp = bigint;

const NTP_TO_UNIX_SECONDS = 2_208_988_800;
const ERA_SECONDS = 2 ** 32;
const MICROS_PER_SECOND = 1_000_000;

/** UTC as NTP writes it; to the nearest 2^−32 s, so that `ntpToMicros` gives the same microsecond back. */
export function microsToNtp(at: Micros): NtpTimestamp {
  const seconds = Math.floor(at / MICROS_PER_SECOND);
  // Below 2^20 × 2^32: exact in a double.
  const fraction = Math.round(((at - seconds * MICROS_PER_SECOND) * 2 ** 32) / MICROS_PER_SECOND);
  const wrapped = (((seconds + NTP_TO_UNIX_SECONDS) % ERA_SECONDS) + ERA_SECONDS) % ERA_SECONDS;
  return (BigInt(wrapped) << 32n) + BigInt(fraction);
}

/** UTC of an NTP time stamp, to the nearest microsecond; taken to lie between 1968 and 2104 (RFC 4330 §3). */
export function ntpToMicros(ntp: NtpTimestamp): Micros {
  const whole = Number(ntp >> 32n);
  const seconds = whole >= 2 ** 31 ? whole : whole + ERA_SECONDS;
  const fraction = Number(ntp & 0xffff_ffffn);
  const rest = Math.round((fraction * MICROS_PER_SECOND) / 2 ** 32);
  return micros((seconds - NTP_TO_UNIX_SECONDS) * MICROS_PER_SECOND + rest);
}

/** The middle 32 bits, as reports quote a sender report's time (RFC 3550 §6.4.1, LSR). */
export const ntpMiddle = (ntp: NtpTimestamp): number => Number((ntp >> 16n) & 0xffff_ffffn);
