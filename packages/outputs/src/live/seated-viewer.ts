import type { Micros } from '@pinhole/core';
import type { LiveConversation } from './live-conversation.ts';

/** One viewer as the endpoint knows it, whatever it watches. */
export interface SeatedViewer {
  readonly conversation: LiveConversation;
  /** Frames left out for it that no counter has yet. */
  readonly dropped: { readonly droppedBusy: number; readonly droppedUntilKey: number };
  /** Says hello and begins to send. */
  start(): void;
  /** Gets nothing more. May be called again. */
  stop(): void;
  /** For how long nothing has got through to the viewer. */
  stalledFor(now: Micros): Micros;
  /** Does what comes due each second. */
  beat(now: Micros): void;
  /** The viewer's WebSocket answered the ping with this mark. */
  handlePong(mark: string): void;
}
