import { type Micros, micros } from '@pinhole/core';
import type { ViewerEnd } from './viewer.ts';

/**
 * The life of one WebRTC viewer. Time is an argument.
 *
 * ```
 *  connecting ──connected──▶ live ──disconnected──▶ recovering ──connected, heard──▶ live
 *      │ 15 s                 │ 10 s not heard           │ 5 s
 *      ▼                      ▼                          ▼
 *    closed                 closed                     closed      (left, failed, end: closed from anywhere)
 * ```
 *
 * A viewer that recovers later comes with a new connection, made before it lets go of the old one.
 */
export type ViewerState =
  | { readonly kind: 'connecting'; readonly deadline: Micros }
  | { readonly kind: 'live'; readonly heardAt: Micros }
  | { readonly kind: 'recovering'; readonly deadline: Micros }
  | { readonly kind: 'closed'; readonly why: ViewerEnd };

/** What moves a viewer's state. */
export type ViewerInput =
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'heard' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'left' }
  | { readonly kind: 'end'; readonly why: ViewerEnd }
  | { readonly kind: 'tick' };

/** How long a viewer that has not connected yet may take. */
export const CONNECT_DEADLINE = micros(15_000_000);
/** How long a viewer that lost its connection has to come back by itself. */
export const RECOVERY_GRACE = micros(5_000_000);
/** How long a viewer may say nothing: RTCP comes at least once a second from one that is there. */
export const SILENCE_LIMIT = micros(10_000_000);

/** How long a viewer is waited for. */
export interface ViewerPatience {
  /** From the offer to the connection. */
  readonly connect: Micros;
  /** From the loss of the connection to its return. */
  readonly recovery: Micros;
  /** Without hearing anything. */
  readonly silence: Micros;
}

/** For viewers that come with a new connection rather than wait for the old one. */
export const USUAL_PATIENCE: ViewerPatience = {
  connect: CONNECT_DEADLINE,
  recovery: RECOVERY_GRACE,
  silence: SILENCE_LIMIT,
};

/** A viewer whose offer just came. */
export const newViewer = (now: Micros, { connect }: ViewerPatience = USUAL_PATIENCE): ViewerState => ({
  kind: 'connecting',
  deadline: micros(now + connect),
});

/** The next state; the caller closes the peer when it becomes `closed`. */
export function stepViewer(
  state: ViewerState,
  input: ViewerInput,
  now: Micros,
  patience: ViewerPatience = USUAL_PATIENCE,
): ViewerState {
  if (state.kind === 'closed') return state;
  switch (input.kind) {
    case 'connected':
      return { kind: 'live', heardAt: now };
    case 'heard':
      return state.kind === 'connecting' ? state : { kind: 'live', heardAt: now };
    case 'disconnected':
      return state.kind === 'live'
        ? { kind: 'recovering', deadline: micros(now + patience.recovery) }
        : state;
    case 'failed':
      return { kind: 'closed', why: 'ice-failed' };
    case 'left':
      return { kind: 'closed', why: 'left' };
    case 'end':
      return { kind: 'closed', why: input.why };
    case 'tick':
      return stepClock(state, now, patience);
  }
}

function stepClock(state: ViewerState, now: Micros, { silence }: ViewerPatience): ViewerState {
  switch (state.kind) {
    case 'connecting':
    case 'recovering':
      return now >= state.deadline ? { kind: 'closed', why: 'timeout' } : state;
    case 'live':
      return now - state.heardAt >= silence ? { kind: 'closed', why: 'silent' } : state;
    case 'closed':
      return state;
  }
}
