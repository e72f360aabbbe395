import { type Micros, micros } from '@pinhole/core';

/**
 * Whether a camera's source should run: from the first viewer on, until a while after the last one left.
 *
 * ```
 *  idle ──acquire──▶ wanted ──last release──▶ lingering ──linger over──▶ idle
 *                      ▲                          │
 *                      └────────acquire───────────┘
 * ```
 */
export type DemandState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'wanted'; readonly holders: number }
  | { readonly kind: 'lingering'; readonly until: Micros };

/** What changes demand. */
export type DemandInput = 'acquire' | 'release' | 'tick';

/** How long a source runs on after its last viewer; infinite keeps it. */
export interface DemandOptions {
  readonly linger: Micros;
}

/** The next state; the caller starts the source when it leaves `idle` and stops it when it comes back there. */
export function stepDemand(
  state: DemandState,
  input: DemandInput,
  options: DemandOptions & { readonly now: Micros },
): DemandState {
  switch (input) {
    case 'acquire':
      return { kind: 'wanted', holders: state.kind === 'wanted' ? state.holders + 1 : 1 };
    case 'release':
      if (state.kind !== 'wanted') return state;
      if (state.holders > 1) return { kind: 'wanted', holders: state.holders - 1 };
      return { kind: 'lingering', until: micros(options.now + options.linger) };
    case 'tick':
      return state.kind === 'lingering' && options.now >= state.until ? { kind: 'idle' } : state;
  }
}
