import type { Millis } from '@pinhole/core';
import type { JanusSentRequest } from '../janus/index.ts';
import type { JanusFault } from './janus-fault.ts';

/** One connection to a Janus, of either transport. */
export interface JanusLink {
  /** Sends a request; what comes of it comes as text. Does nothing once the link is over. */
  send(request: JanusSentRequest): void;
  /** Ends it without a word to the handlers; what was sent still goes out, as far as it can. */
  close(): void;
}

/** What a link tells; nothing after `lost`. */
export interface JanusLinkHandlers {
  /** Requests may be sent. */
  readonly opened: () => void;
  /** What the server said: one message, or a list of them. */
  readonly received: (text: string) => void;
  /** It is over. */
  readonly lost: (fault: JanusFault) => void;
}

/** Opens a link; handlers are called later than it returns. */
export type JanusLinkOpener = (handlers: JanusLinkHandlers) => JanusLink;

/** Time, as whoever uses this has it. */
export interface JanusClock {
  /** Never steps. */
  monotonicNow(): Millis;
  /**
   * Calls `run` once, no sooner than `delayMs` from now.
   * @returns a function that keeps it from being called.
   */
  after(delayMs: Millis, run: () => void): () => void;
}

/** A longer message of the server ends the link: an offer has a few KiB. */
export const MAX_SERVER_TEXT_CHARS = 262_144;
