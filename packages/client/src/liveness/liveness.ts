import { type Micros, type Millis, millis } from '@pinhole/core';
import type { LiveSourceState } from '@pinhole/protocol/live';
import { present } from '../present.ts';
import { isSeenBefore, newestCapture } from './camera-progress.ts';
import { describeState } from './describe-state.ts';
import type { LiveState, Stage } from './live-state.ts';

/** Something that happened and says how alive the picture is. */
export type LivenessInput =
  /** A frame reached the screen. `captureTime` is UTC of the server, where it is known. */
  | {
      readonly kind: 'painted';
      readonly latencyMs?: Millis | undefined;
      readonly captureTime?: Micros | undefined;
    }
  /** Coded pictures reached the page. */
  | { readonly kind: 'received' }
  /** The server told what the camera does. */
  | {
      readonly kind: 'heartbeat';
      readonly source: LiveSourceState;
      readonly lastSequence?: number | undefined;
      readonly lastCapture?: Micros | undefined;
    }
  | { readonly kind: 'stage'; readonly stage: Stage }
  /** No connection is open or being opened until the next try. */
  | { readonly kind: 'waiting'; readonly tries: number; readonly nextInMs: Millis; readonly reason: string }
  /** A connection is being opened. */
  | { readonly kind: 'trying' }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string }
  /** The browser wants a tap before it plays. */
  | { readonly kind: 'blocked' }
  | { readonly kind: 'network'; readonly online: boolean }
  | { readonly kind: 'page'; readonly visible: boolean }
  | { readonly kind: 'tick' }
  | { readonly kind: 'closed' };

/** What is known; {@link describeState} makes a state of it. */
export interface LivenessFacts {
  readonly stage: Stage;
  readonly paintedAt?: Millis;
  /** Mean time between painted frames; what is late for 30 frames a second is early for one. */
  readonly intervalMs?: Millis;
  /** Mean capture→paint time, where it is known. */
  readonly latencyMs?: Millis;
  /** Of all painted frames. */
  readonly newestCapture?: Micros;
  readonly receivedAt?: Millis;
  readonly heartbeatAt?: Millis;
  readonly source?: LiveSourceState;
  readonly sequence?: number;
  /** When the camera's newest picture was captured, as the last heartbeat says. */
  readonly heartbeatCapture?: Micros;
  /** When the camera's newest picture was last another one. */
  readonly sequenceMovedAt?: Millis;
  readonly waiting?: { readonly tries: number; readonly nextInMs: Millis; readonly reason: string };
  readonly waitingAt?: Millis;
  readonly refused?: { readonly code: string; readonly reason: string };
  readonly blocked: boolean;
  readonly online: boolean;
  readonly visible: boolean;
  /** The page was shown again, and no frame was painted since. */
  readonly resuming: boolean;
  readonly closed: boolean;
}

/** The state and what it was made from. */
export interface Liveness {
  readonly state: LiveState;
  readonly facts: LivenessFacts;
}

/** Where everything starts. */
export const initialLiveness: Liveness = {
  state: {
    kind: 'connecting',
    stage: 'start',
    code: 'connecting/start',
    reason: 'Connecting to the server.',
  },
  facts: { stage: 'start', blocked: false, online: true, visible: true, resuming: false, closed: false },
};

/**
 * Moves the state. What counts is progress of frames, not the state of a socket: a picture is live because frames are
 * painted, and for no other reason.
 *
 * ```
 *   connecting(stage) ──painted──▶ live ◀──painted in time──▶ lagging      late frames, or a picture that is too old
 *       │                           │                          │
 *       │                           └──── no frame for 1 s ────┘
 *       │                                        ▼
 *       │                              frozen(camera)   the server says: no new pictures
 *       │                              frozen(decoder)  pictures arrive, none is painted
 *       │                              frozen(network)  the camera goes on, nothing arrives; or no heartbeat either
 *       │                                        │
 *       ├──────── all connections lost ──────────┼──▶ reconnecting(tries, nextInMs)
 *       ├── camera or own network is gone ───────┼──▶ offline
 *       ├── the pictures are placeholders ───────┼──▶ no-signal  until the server says that the camera is live
 *       └──────────── 401, 403, 404 ─────────────┴──▶ refused     leaves only by a new token or a new address
 *
 *   any of them ──painted──▶ live          any of them ──close──▶ closed
 * ```
 * While the page is hidden nothing is painted and nothing is concluded from it: the state stays.
 */
export function step(liveness: Liveness, input: LivenessInput, now: Millis): Liveness {
  const facts = learn(liveness.facts, input, now);
  const state = facts.visible || facts.closed ? describeState(facts, now) : liveness.state;
  return { facts, state: sameState(state, liveness.state) ? liveness.state : state };
}

function learn(facts: LivenessFacts, input: LivenessInput, now: Millis): LivenessFacts {
  switch (input.kind) {
    case 'painted': {
      if (isSeenBefore(facts, input.captureTime)) return { ...facts, blocked: false };
      const { waiting: _waiting, waitingAt: _waitingAt, refused: _refused, ...rest } = facts;
      const newest = newestCapture(facts, input.captureTime);
      return {
        ...rest,
        ...painted(facts, input.latencyMs, now),
        ...(newest === undefined ? {} : { newestCapture: newest }),
        blocked: false,
        resuming: false,
      };
    }
    case 'received':
      return { ...facts, receivedAt: now };
    case 'heartbeat': {
      const moved = input.lastSequence !== undefined && input.lastSequence !== facts.sequence;
      return {
        ...facts,
        heartbeatAt: now,
        source: input.source,
        ...present({ heartbeatCapture: input.lastCapture }),
        ...(moved ? { sequence: input.lastSequence, sequenceMovedAt: now } : {}),
      };
    }
    case 'stage':
      return { ...facts, stage: input.stage };
    case 'waiting':
      return {
        ...facts,
        waiting: { tries: input.tries, nextInMs: input.nextInMs, reason: input.reason },
        waitingAt: now,
        stage: 'start',
      };
    case 'trying': {
      const { refused: _refused, ...rest } = facts;
      return facts.waiting ? { ...rest, waiting: { ...facts.waiting, nextInMs: millis(0) } } : rest;
    }
    case 'refused':
      return { ...facts, refused: { code: input.code, reason: input.reason } };
    case 'blocked':
      return { ...facts, blocked: true };
    case 'network':
      return { ...facts, online: input.online };
    case 'page':
      // A picture from before the page was hidden is old: it is not live until a frame proves it.
      return input.visible && !facts.visible
        ? {
            ...facts,
            visible: true,
            resuming: true,
            ...(facts.paintedAt === undefined ? {} : { paintedAt: now }),
          }
        : { ...facts, visible: input.visible };
    case 'tick':
      return facts;
    case 'closed':
      return { ...facts, closed: true };
  }
}

/** Weight of the newest value in the running means. */
const SHARE = 0.1;
const LONGEST_INTERVAL_MS = 5_000;

function painted(
  facts: LivenessFacts,
  latencyMs: Millis | undefined,
  now: Millis,
): Pick<LivenessFacts, 'paintedAt' | 'intervalMs' | 'latencyMs'> {
  const gapMs = facts.paintedAt === undefined ? undefined : now - facts.paintedAt;
  const intervalMs =
    gapMs === undefined || gapMs > LONGEST_INTERVAL_MS ? facts.intervalMs : mean(facts.intervalMs, gapMs);
  const latency = latencyMs === undefined ? facts.latencyMs : mean(facts.latencyMs, latencyMs);
  return {
    paintedAt: now,
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(latency === undefined ? {} : { latencyMs: latency }),
  };
}

const mean = (before: number | undefined, value: number): Millis =>
  millis(before === undefined ? value : before + SHARE * (value - before));

/** Two states that a person would not tell apart. */
const sameState = (a: LiveState, b: LiveState): boolean => JSON.stringify(a) === JSON.stringify(b);
