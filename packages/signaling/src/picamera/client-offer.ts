import type { Identity } from '@pinhole/engine';
import type { TopicFamily } from '@pinhole/protocol/picamera';
import type { OfferedSide } from './offered-side.ts';

/** One offer of a client, by whichever topics it came. */
export interface ClientOffer {
  readonly sdp: string;
  readonly side: OfferedSide;
  /** Whose it is. */
  readonly who: Identity;
  /** Those on which it came: a client that does not know the device says everything twice. */
  readonly families: Set<TopicFamily>;
  /** Once there is one. */
  answer?: string;
}

/** The newer family first: a client keeps to the one on which it is answered first. */
export const FAMILIES = ['offer', 'sdp'] as const satisfies readonly TopicFamily[];
