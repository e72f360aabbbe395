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

/** What letting somebody in needs who sends JPEG pictures. */
export interface PicturesRequest {
  /** Called once when somebody else took the place, or the source ended it; not after `close`. */
  readonly ended: (why: PublisherEnd) => void;
}

/** What became of a picture that was sent in. */
export type PictureOutcome =
  | 'taken'
  /** No JPEG image that is whole and tells its size. */
  | 'not-jpeg'
  | 'too-large'
  /** More pictures a second than are taken. */
  | 'too-often'
  /** The place is somebody else's by now. */
  | 'ended';

/** One who sends a camera's JPEG pictures, by whatever protocol. */
export interface PicturePublication {
  /**
   * Takes a picture; nobody may change its bytes any more. `sentAt` is its own time stamp as it came beside it, of the
   * form `seconds.microseconds`, by whatever clock.
   */
  write(jpeg: Uint8Array, sentAt?: string): PictureOutcome;
  /** Gives the place back. May be called again. */
  close(why: PublisherEnd): void;
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
