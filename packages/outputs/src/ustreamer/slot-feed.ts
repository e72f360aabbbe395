import type { SourceState } from '@pinhole/engine';

/** What brings a camera's pictures into a slot while it is open. */
export interface SlotFeed {
  /** Pictures left out, before they reached the slot: a newer one came, or they make no sense without one that was lost. */
  readonly skipped: number;
  /** It will bring nothing any more: another one has to be opened. */
  readonly over: boolean;
  /** A reader asks for a key picture. */
  requestKey(): void;
  close(): void;
}

/** Whether a camera's pictures show something: a placeholder says that there is no signal. */
export const isOnline = (state: SourceState): boolean =>
  !(state.kind === 'retrying' && state.code === 'source/no-signal');
