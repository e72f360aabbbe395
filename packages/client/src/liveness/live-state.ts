import type { Millis } from '@pinhole/core';

/** How far a connection has come. */
export type Stage = 'start' | 'offer' | 'ice' | 'dtls' | 'socket' | 'key-frame' | 'decoder';

/** What stands still while the last picture is old. */
export type FrozenCause = 'network' | 'camera' | 'decoder';

/**
 * What the picture is right now. Every state carries a `code` for programs and a `reason` in words for people.
 * `since` is when the last frame was painted, on the local clock: the picture on the page is that old.
 */
export type LiveState = { readonly code: string; readonly reason: string } & (
  | { readonly kind: 'connecting'; readonly stage: Stage }
  | { readonly kind: 'live' }
  | { readonly kind: 'lagging' }
  | { readonly kind: 'frozen'; readonly cause: FrozenCause; readonly since: Millis }
  | { readonly kind: 'offline'; readonly since?: Millis }
  /** Pictures come, and are placeholders: the capture device gets nothing from the machine or camera before it. */
  | { readonly kind: 'no-signal' }
  | {
      readonly kind: 'reconnecting';
      /** Tries that failed in a row. */
      readonly tries: number;
      /** Until the next try, counted from the change of state. */
      readonly nextInMs: Millis;
      readonly since?: Millis;
    }
  /** Trying again is useless; `action` says what a person can do. */
  | { readonly kind: 'refused'; readonly action: string }
  | { readonly kind: 'closed' }
);
