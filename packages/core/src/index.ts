export type { Abort } from './abort.ts';
export { Backoff, type BackoffOptions } from './backoff.ts';
export { ByteReader } from './byte-reader.ts';
export { ByteWriter } from './byte-writer.ts';
export { Emitter, type Listener } from './emitter.ts';
export { MalformedError, messageOf, PinholeError } from './errors.ts';
export { type LogFields, type Logger, silentLogger } from './logger.ts';
export { Pace } from './pace.ts';
export { Ring } from './ring.ts';
export {
  type In,
  type Micros,
  type Millis,
  micros,
  microsToMillis,
  microsToTicks,
  millis,
  millisToMicros,
  type Ticks90k,
  ticks90k,
  ticksToMicros,
} from './units.ts';
export { decodeUtf8, encodeUtf8 } from './utf8.ts';
