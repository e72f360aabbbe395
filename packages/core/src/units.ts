declare const unit: unique symbol;

/** A number that carries its unit in its type, so that two units cannot be mixed by accident. */
export type In<U extends string> = number & { readonly [unit]: U };

/** Microseconds. As a point in time: since 1970-01-01 UTC, unless the field says another origin. */
export type Micros = In<'µs'>;

/** Milliseconds of a clock that never steps (a duration, or a point on a monotonic clock). */
export type Millis = In<'ms'>;

/** 90 kHz RTP clock, already unwrapped past 2^32 (RFC 3550 §5.1, RFC 6184 §8.2.1). */
export type Ticks90k = In<'1/90000 s'>;

/** Marks a plain number as microseconds. */
export const micros = (value: number): Micros => value as Micros;

/** Marks a plain number as milliseconds. */
export const millis = (value: number): Millis => value as Millis;

/** Marks a plain number as 90 kHz ticks. */
export const ticks90k = (value: number): Ticks90k => value as Ticks90k;

/** The nearest 90 kHz tick. */
export const microsToTicks = (value: Micros): Ticks90k => Math.round((value * 9) / 100) as Ticks90k;

/** The nearest microsecond. */
export const ticksToMicros = (value: Ticks90k): Micros => Math.round((value * 100) / 9) as Micros;

/** Milliseconds as microseconds. */
export const millisToMicros = (value: Millis): Micros => (value * 1000) as Micros;

/** Microseconds as milliseconds, with their fraction. */
export const microsToMillis = (value: Micros): Millis => (value / 1000) as Millis;
