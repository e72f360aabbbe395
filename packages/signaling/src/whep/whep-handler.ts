import type { ViewerSessions } from '@pinhole/engine';
import {
  createSdpHttpHandler,
  type EndpointContext,
  type SdpHttpHandler,
  type SdpHttpOptions,
  type SessionContext,
} from '../sdp-http/sdp-http-handler.ts';
import { checkOffer } from './check-offer.ts';
import { problemOf } from './problem-of.ts';

/** What the handler is made with. */
export interface WhepHandlerOptions extends SdpHttpOptions {
  readonly sessions: ViewerSessions;
}

/** Who asks the endpoint of a camera; may view it. */
export type WhepEndpointContext = EndpointContext;

/** Who asks a session. */
export type WhepSessionContext = SessionContext;

/** WHEP as fetch-style functions. Authentication comes before them; none of them throws. */
export type WhepHandler = SdpHttpHandler;

/**
 * Serves WHEP viewers.
 * @see draft-ietf-wish-whep, RFC 9725
 */
export const createWhepHandler = ({ sessions, ...options }: WhepHandlerOptions): WhepHandler =>
  createSdpHttpHandler(options, {
    name: 'WHEP',
    sessions,
    offer: (camera, sdp, who) => sessions.offer(camera, sdp, who, { peer: { audio: 'send' } }),
    checkOffer,
    problemOf,
  });
