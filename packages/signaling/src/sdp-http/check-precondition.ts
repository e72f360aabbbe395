import { MalformedError } from '@pinhole/core';
import { type IceCredentials, parseIfMatch } from '@pinhole/protocol/whep';
import type { Negotiation } from './negotiations.ts';
import { RequestProblem } from './request-problem.ts';

/** What a PATCH is held against. */
export interface Precondition {
  /** The header as it came. */
  readonly ifMatch: string | null;
  /** Credentials in the fragment, when it has some. */
  readonly credentials: IceCredentials | undefined;
  readonly negotiation: Negotiation;
  /** Takes the current user name fragment in place of a missing `If-Match`. */
  readonly lenient: boolean;
  /** Whether the session can begin ICE anew. */
  readonly restart: 'supported' | 'unsupported';
}

/** What a PATCH asks for: more candidates for the current ICE generation, or another generation. */
export type PatchKind =
  | { readonly kind: 'trickle' }
  | { readonly kind: 'restart'; readonly credentials: IceCredentials };

const TRICKLE: PatchKind = { kind: 'trickle' };

/**
 * Tells what a PATCH asks for.
 * @throws {RequestProblem} `whep/precondition-required`, `whep/precondition-failed`, `whep/restart-unsupported`; the session
 *   goes on
 * @throws {MalformedError} `whep/if-match`, `whep/fragment`
 * @see RFC 9725 §4.3.1 (trickle), §4.3.2 (restart)
 */
export function checkPrecondition(precondition: Precondition): PatchKind {
  const { ifMatch, credentials, negotiation, lenient, restart } = precondition;
  const current = credentials !== undefined && credentials.ufrag === negotiation.offered.ufrag;
  if (ifMatch === null) {
    if (lenient && current) return TRICKLE;
    throw new RequestProblem({
      status: 428,
      code: 'whep/precondition-required',
      title: 'If-Match is missing',
      detail: 'send If-Match with the ETag of the 201 response',
    });
  }
  const wanted = parseIfMatch(ifMatch);
  if (wanted.kind === 'tags' && !wanted.tags.includes(negotiation.entityTag)) {
    throw new RequestProblem({
      status: 412,
      code: 'whep/precondition-failed',
      title: 'Another ICE generation',
      detail: 'If-Match is not the ETag of this session; open a new one',
    });
  }
  const restarts = wanted.kind === 'any' ? !(lenient && current) : credentials !== undefined && !current;
  if (!restarts) return TRICKLE;
  if (restart === 'unsupported') {
    throw new RequestProblem({
      status: 422,
      code: 'whep/restart-unsupported',
      title: 'ICE restart is not supported',
      detail: 'the session goes on as it is; to recover, open a new one by POST and then DELETE this one',
    });
  }
  if (credentials === undefined || current) {
    throw new MalformedError(
      'whep/fragment',
      'If-Match: * begins ICE anew, which needs other values of a=ice-ufrag and a=ice-pwd than before',
    );
  }
  return { kind: 'restart', credentials };
}
