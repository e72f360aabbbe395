import type { Micros, Millis } from '@pinhole/core';

/** What a recording player does, for programs (`kind`, `code`) and people (`reason`). */
export type PlaybackState =
  | {
      readonly kind: 'idle' | 'playing' | 'paused' | 'buffering';
      readonly code: string;
      readonly reason: string;
    }
  /** On the way to a picture. */
  | { readonly kind: 'seeking'; readonly at: Micros; readonly code: string; readonly reason: string }
  /** Nothing was recorded here, and it waits as long as that lasted. */
  | {
      readonly kind: 'gap';
      readonly from: Micros;
      readonly to: Micros;
      readonly code: string;
      readonly reason: string;
    }
  /** It has caught up with now, or with the last that was recorded. */
  | { readonly kind: 'live-edge' | 'ended'; readonly code: string; readonly reason: string }
  /** The server is not reached; it tries again by itself. */
  | {
      readonly kind: 'reconnecting';
      readonly tries: number;
      readonly nextInMs: Millis;
      readonly code: string;
      readonly reason: string;
    }
  /** The server says no, or this browser cannot: only a person can help. `retry()` tries once more. */
  | {
      readonly kind: 'refused' | 'failed';
      readonly code: string;
      readonly reason: string;
      readonly action: string;
    }
  | { readonly kind: 'closed'; readonly code: string; readonly reason: string };

/** Why footage does not come, and when it is asked for again. */
export interface Trouble {
  readonly code: string;
  readonly reason: string;
  readonly tries: number;
  readonly nextInMs: Millis;
}

/** What a player knows of itself. */
export interface PlaybackFacts {
  readonly opened: boolean;
  readonly closed: boolean;
  readonly refused?: { readonly code: string; readonly reason: string } | undefined;
  readonly failed?: { readonly code: string; readonly reason: string } | undefined;
  readonly trouble?: Trouble | undefined;
  /** The picture that is wanted and not shown yet. */
  readonly seekingTo?: Micros | undefined;
  readonly gap?: { readonly from: Micros; readonly to: Micros } | undefined;
  /** There is no more footage behind what is loaded. */
  readonly edge?: 'live' | 'end' | undefined;
  /** The playhead has nothing to show next. */
  readonly starved: boolean;
  readonly paused: boolean;
}

/** The state that follows from what is known. */
export function describePlayback(facts: PlaybackFacts): PlaybackState {
  const { refused, failed, trouble, seekingTo, gap, edge, starved } = facts;
  if (facts.closed) return { kind: 'closed', code: 'closed', reason: 'The player was closed.' };
  if (!facts.opened) return { kind: 'idle', code: 'idle', reason: 'No time was asked for yet.' };
  if (refused) return { kind: 'refused', ...refused, action: actionOf(refused.code) };
  if (failed) return { kind: 'failed', ...failed, action: 'Use another browser, or download the recording.' };
  if (trouble && (starved || seekingTo !== undefined)) return { kind: 'reconnecting', ...trouble };
  if (edge === 'end' && (starved || seekingTo !== undefined)) {
    return { kind: 'ended', code: 'ended', reason: 'Nothing was recorded after this.' };
  }
  if (seekingTo !== undefined) {
    return { kind: 'seeking', at: seekingTo, code: 'seeking', reason: 'Looking for the picture.' };
  }
  if (gap) return { kind: 'gap', ...gap, code: 'gap', reason: 'Nothing was recorded here.' };
  if (starved && edge === 'live') return { kind: 'live-edge', code: 'live-edge', reason: 'This is now.' };
  if (facts.paused) return { kind: 'paused', code: 'paused', reason: 'Paused.' };
  if (starved) return { kind: 'buffering', code: 'buffering', reason: 'Waiting for more of the recording.' };
  return { kind: 'playing', code: 'playing', reason: 'Playing.' };
}

function actionOf(code: string): string {
  if (/forbidden/.test(code)) return 'Ask for a token that may download recordings of this camera.';
  if (/unknown/.test(code)) return 'Check the name of the camera.';
  return 'Open the camera with a new token link.';
}
