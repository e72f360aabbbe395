import type { Abort } from '@pinhole/core';

/** Why a publisher's session ended. */
export type PublisherEnd =
  | 'left'
  /** It never connected. */
  | 'timeout'
  /** Nothing came of it any more. */
  | 'silent'
  | 'ice-failed'
  /** Another one took the place of one that sent no pictures. */
  | 'replaced'
  | 'revoked'
  | 'expired'
  | 'shutdown';

/** What letting a publisher in needs. */
export interface PublishRequest {
  /** SDP offer of the publisher. */
  readonly offer: string;
  /** Called once when it ended by itself, by the peer or by another publisher; not after `close`. */
  readonly ended: (why: PublisherEnd) => void;
  /** Gives up while opening. */
  readonly signal?: Abort;
}

/** One peer that publishes a camera's pictures. */
export interface Publication {
  /** SDP answer with all candidates. */
  readonly answer: string;
  /**
   * Adds a remote candidate (the value of an SDP `candidate` attribute, with or without that prefix; an empty one ends
   * them). One that cannot be used is passed over.
   */
  addCandidate(candidate: string): Promise<void>;
  /** Says goodbye and closes. May be called again; never throws. */
  close(why: PublisherEnd): Promise<void>;
}
