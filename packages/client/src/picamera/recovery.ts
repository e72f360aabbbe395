/** An offer that nobody answered is made again by a new viewer after this; the device may have come only now. */
const UNANSWERED_MS = 10_000;
/** A connection that breaks often comes back by itself; with ICE restart it costs little not to wait for that. */
export const GRACE_MS = { restart: 3_000, rebuild: 8_000 } as const;
/** An attempt has this long. */
const ATTEMPT_MS = 8_000;
/** So many attempts, and it is over. */
const MAX_ATTEMPTS = 3;

/** How a broken connection is mended: ICE restart with devices that know it, a new connection with the others. */
export type Mending = 'restart' | 'rebuild';

/**
 * Where a connection stands.
 *
 * ```
 *  offering ──answer──▶ connecting ──connected──▶ live ◀──────connected────── mending ─┐ 8 s: attempt 2, 3
 *     │ ▲ 10 s: rebuild     │ failed               │ │ failed, gone: rebuild   ▲ ▲ │ ▲──┘ gone: rebuild
 *     └─┘                   ▼         disconnected │ └─────────────────────────┘ │ │
 *                          over                    └──▶ unsure ──3 s, failed─────┘ │ after 3 attempts
 *                            ◀────────────────────────────────────────────────────┘
 * ```
 */
export type RecoveryState =
  | { readonly kind: 'offering'; readonly untilMs?: number }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'unsure'; readonly untilMs: number }
  | { readonly kind: 'mending'; readonly attempt: number; readonly untilMs: number }
  | { readonly kind: 'over' };

/** What happened. */
export type RecoveryInput =
  | { readonly kind: 'offered' | 'answered' | 'connected' | 'disconnected' | 'failed' | 'tick' }
  /** The broker is back: an attempt may get through now. */
  | { readonly kind: 'returned' }
  /** The other end of this connection is no more: it closed, or another one answers in its place. */
  | { readonly kind: 'gone' };

/** What to do about it. */
export type RecoveryEffect = 'mend' | 'rebuild' | 'give-up';

/** Moves it on. Times are milliseconds of any steady clock. */
export function stepRecovery(
  state: RecoveryState,
  input: RecoveryInput,
  { nowMs, mending }: { readonly nowMs: number; readonly mending: Mending },
): readonly [RecoveryState, RecoveryEffect?] {
  if (state.kind === 'over') return [state];
  if (input.kind === 'connected') return [{ kind: 'live' }];
  const attempt = (number: number): readonly [RecoveryState, RecoveryEffect] =>
    number > MAX_ATTEMPTS
      ? [{ kind: 'over' }, 'give-up']
      : [{ kind: 'mending', attempt: number, untilMs: nowMs + ATTEMPT_MS }, 'mend'];
  const rebuild = (number: number): readonly [RecoveryState, RecoveryEffect] => [
    { kind: 'mending', attempt: number, untilMs: nowMs + ATTEMPT_MS },
    'rebuild',
  ];
  const due = 'untilMs' in state && state.untilMs !== undefined && nowMs >= state.untilMs;
  switch (state.kind) {
    case 'offering':
      if (input.kind === 'offered') return [{ kind: 'offering', untilMs: nowMs + UNANSWERED_MS }];
      if (input.kind === 'answered') return [{ kind: 'connecting' }];
      return due ? [{ kind: 'offering' }, 'rebuild'] : [state];
    case 'connecting':
      return input.kind === 'failed' ? [{ kind: 'over' }, 'give-up'] : [state];
    case 'live':
      if (input.kind === 'gone') return rebuild(1);
      if (input.kind === 'failed') return attempt(1);
      if (input.kind === 'disconnected') return [{ kind: 'unsure', untilMs: nowMs + GRACE_MS[mending] }];
      return [state];
    case 'unsure':
      if (input.kind === 'gone') return rebuild(1);
      return due || input.kind === 'failed' ? attempt(1) : [state];
    case 'mending':
      if (input.kind === 'gone') return rebuild(state.attempt);
      // What was said while the broker was away may be lost; the attempt is the same.
      if (input.kind === 'returned') return [state, 'mend'];
      return due ? attempt(state.attempt + 1) : [state];
  }
}
