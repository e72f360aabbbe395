import type { PublisherSessions } from '@pinhole/engine';
import {
  createSdpHttpHandler,
  type SdpHttpHandler,
  type SdpHttpOptions,
} from '../sdp-http/sdp-http-handler.ts';
import { checkPublisherOffer } from './check-offer.ts';
import { inWordsOfWhip, publisherProblemOf } from './problem-of.ts';

/** What the handler is made with. */
export interface WhipHandlerOptions extends SdpHttpOptions {
  readonly sessions: PublisherSessions;
}

/** WHIP as fetch-style functions, for those who may publish. Authentication comes before them; none of them throws. */
export type WhipHandler = SdpHttpHandler;

/**
 * Serves WHIP publishers.
 * @see RFC 9725
 */
export const createWhipHandler = ({ sessions, ...options }: WhipHandlerOptions): WhipHandler =>
  createSdpHttpHandler(options, {
    name: 'WHIP',
    sessions,
    offer: (camera, sdp, who) => sessions.offer(camera, sdp, who),
    checkOffer: checkPublisherOffer,
    problemOf: publisherProblemOf,
    ownWords: inWordsOfWhip,
  });
