import { type Micros, type Millis, micros, millis, millisToMicros } from '@pinhole/core';
import type { LivenessFacts } from './liveness.ts';

/** Two heartbeats in quick succession (the second tells of a change) may well name the same picture. */
const HEARTBEATS_APART_MS = 500;
/** A heartbeat so soon after the last painted picture cannot tell of another one yet. */
const TELLING_AFTER_MS = 300;
/** A heartbeat comes every second, some time later on a busy machine. */
const NEXT_HEARTBEAT_MS = 1_300;
/** Pictures that are sent once more follow each other by RTP ticks of 11 µs, hundreds of them at most. */
const ONCE_MORE = micros(4_000);
/** Older than anything that a server keeps: its clock was set, and what comes now is new. */
const CLOCK_SET = micros(30_000_000);

/**
 * Whether a painted frame was seen before, or is older than what was seen: a server replays the last pictures to a new
 * connection, or to a decoder that lost its way, also while the camera stands still. Such a frame is no sign of life.
 */
export function isSeenBefore(facts: LivenessFacts, captureTime: Micros | undefined): boolean {
  if (facts.paintedAt === undefined) return false;
  if (captureTime === undefined || facts.newestCapture === undefined) return repeatsItself(facts);
  return !isNewer(captureTime, facts.newestCapture);
}

/** Whether a picture was captured after the newest one so far, rather than being that one, or an older one, once more. */
export function isNewer(captureTime: Micros, newest: Micros): boolean {
  const ahead = captureTime - newest;
  return ahead > ONCE_MORE || ahead + CLOCK_SET <= 0;
}

/** The newest capture time on the screen so far. */
export function newestCapture(facts: LivenessFacts, captureTime: Micros | undefined): Micros | undefined {
  const { newestCapture: newest } = facts;
  if (captureTime === undefined || newest === undefined) return captureTime ?? newest;
  return newest - captureTime >= CLOCK_SET ? captureTime : micros(Math.max(newest, captureTime));
}

/** What the heartbeats say of the camera since the last picture was painted; `undefined` when the next one will tell. */
export function cameraMoves(facts: LivenessFacts, paintedAt: Millis, now: Millis): boolean | undefined {
  const { heartbeatAt, heartbeatCapture, newestCapture: seen } = facts;
  if (repeatsItself(facts)) return false;
  if (heartbeatAt === undefined) return true;
  const sinceMs = heartbeatAt - paintedAt;
  if (sinceMs < TELLING_AFTER_MS) return now - heartbeatAt < NEXT_HEARTBEAT_MS ? undefined : true;
  if (heartbeatCapture === undefined || seen === undefined) return true;
  // A camera that goes on has captured about as much as time has passed.
  return heartbeatCapture - seen >= millisToMicros(millis(sinceMs)) / 2;
}

/** The last heartbeat named the same picture as one before. */
function repeatsItself({ heartbeatAt = millis(0), sequenceMovedAt = heartbeatAt }: LivenessFacts): boolean {
  return heartbeatAt - sequenceMovedAt >= HEARTBEATS_APART_MS;
}
