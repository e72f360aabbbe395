import { type Logger, messageOf } from '@pinhole/core';
import type { Camera, Identity } from '@pinhole/engine';
import { candidatesOf, parseSdpFragment, SDP_FRAGMENT_TYPE } from '@pinhole/protocol/whep';
import { checkPrecondition } from './check-precondition.ts';
import type { Negotiation, Negotiations } from './negotiations.ts';
import { readText, requireMediaType } from './request-body.ts';
import { RequestProblem } from './request-problem.ts';
import { restartIce } from './restart-ice.ts';

/** More than any real client has; each may cost a name look-up and a series of connectivity checks. */
const MAX_CANDIDATES = 256;

/** Who keeps the sessions: of viewers, or of publishers. */
export interface SessionHost {
  /** Undefined once it ended. */
  find(id: string): { readonly camera: Camera; readonly who: Identity } | undefined;
  candidate(id: string, candidate: string): Promise<void>;
  /** Answers a further offer on the same connection. Absent where a session takes one offer alone. */
  renegotiate?(id: string, sdp: string): Promise<string>;
  close(id: string, why: 'left'): void;
}

/** Whose request on which session. */
export interface SessionRequest {
  readonly sessions: SessionHost;
  readonly negotiations: Negotiations;
  readonly camera: Camera;
  readonly id: string;
  readonly identity: Identity;
  /** May touch the sessions of other tokens. */
  readonly admin: boolean;
}

/**
 * Takes a peer's further candidates, or begins ICE anew. A candidate that cannot be used is passed over silently, as the
 * RFC asks.
 * @throws {PinholeError} `whep/*`, and for a new beginning what the session's `renegotiate` throws
 * @see RFC 9725 §4.3
 */
export async function patchSession(
  request: Request,
  target: SessionRequest & { readonly lenient: boolean; readonly log: Logger },
): Promise<Response> {
  const { sessions, id, lenient, log } = target;
  const negotiation = ownNegotiation(target);
  requireMediaType(request, SDP_FRAGMENT_TYPE, 'Accept-Patch');
  const fragment = parseSdpFragment(await readText(request));
  const { credentials } = fragment;
  const patch = checkPrecondition({
    ifMatch: request.headers.get('If-Match'),
    credentials,
    negotiation,
    lenient,
    restart: sessions.renegotiate ? 'supported' : 'unsupported',
  });
  const response =
    patch.kind === 'restart'
      ? await restartIce({ ...patch, negotiation }, (sdp) => renegotiated(target, sdp))
      : new Response(null, { status: 204 });
  for (const candidate of candidatesOf(fragment)) {
    if (++negotiation.candidates > MAX_CANDIDATES) break;
    try {
      await sessions.candidate(id, candidate);
    } catch (thrown) {
      log.debug({ session: id.slice(0, 8), error: messageOf(thrown) }, 'candidate passed over');
    }
  }
  return response;
}

/** Whoever has no use for it was sent away before. */
const renegotiated = ({ sessions, id }: SessionRequest, sdp: string): Promise<string> =>
  sessions.renegotiate?.(id, sdp) ?? Promise.reject(new Error('a session that takes no further offer'));

/**
 * Ends a session. `If-Match` is of no account here (RFC 9725 §4.2).
 * @throws {RequestProblem} `session/unknown`, `whep/not-yours`
 */
export function closeSession(target: SessionRequest): Response {
  ownNegotiation(target);
  target.negotiations.delete(target.id);
  target.sessions.close(target.id, 'left');
  return new Response(null, { status: 200 });
}

/** @throws {RequestProblem} `session/unknown` */
export function requireSession({ sessions, camera, id }: SessionRequest): { readonly who: Identity } {
  const session = sessions.find(id);
  if (session?.camera === camera) return session;
  throw new RequestProblem({
    status: 404,
    code: 'session/unknown',
    title: 'No such session',
    detail: 'it ended, or never was; open a new one by POST',
  });
}

function ownNegotiation(target: SessionRequest): Negotiation {
  const { who } = requireSession(target);
  if (who.tokenId !== target.identity.tokenId && !target.admin) {
    throw new RequestProblem({
      status: 403,
      code: 'whep/not-yours',
      title: 'Not your session',
      detail: 'a session belongs to the token that opened it',
    });
  }
  const negotiation = target.negotiations.get(target.id);
  if (negotiation) return negotiation;
  throw new RequestProblem({
    status: 404,
    code: 'session/unknown',
    title: 'No such session',
    detail: 'it was opened by another protocol',
  });
}
