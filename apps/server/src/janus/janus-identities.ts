import { createHash, timingSafeEqual } from 'node:crypto';
import type { AuthorizeJanus, JanusIdentity } from '@pinhole/signaling/janus';
import { type Access, ANONYMOUS_ID } from '../auth/access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { identityAt } from '../auth/require.ts';

/** Turns what a connection or a request shows into what it may do by the Janus API. */
export interface JanusIdentities {
  /** What the connection itself may do; undefined: a request has to show something. */
  of(access: Access): JanusIdentity | undefined;
  readonly authorize: AuthorizeJanus;
}

/** What {@link janusIdentities} works with. */
export interface JanusIdentitiesOptions {
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  /** What requests carry as `apisecret`; without one, tokens and anonymous rights decide alone. */
  readonly secret: string | undefined;
  /** What those who know the secret may see. */
  readonly cameras: ReadonlySet<string>;
}

/**
 * One of our tokens, as `token` or as `apisecret`, gives its rights. The secret gives the view of the cameras that the
 * plugins show; where there is one, nothing is done without it or a token. Else anonymous rights hold.
 */
export function janusIdentities({ authenticator, secret, cameras }: JanusIdentitiesOptions): JanusIdentities {
  const known = secret === undefined ? undefined : digest(secret);
  const isSecret = (text: string): boolean => known !== undefined && timingSafeEqual(digest(text), known);
  const byAccess = (access: Access): JanusIdentity => ({
    who: access.identity,
    mayView: (camera) => access.can('view', camera),
    at: (camera) => identityAt(access, camera),
  });
  const byToken = (token: string, address: string): JanusIdentity | undefined => {
    const result = authenticator.authenticate({ kind: 'token', token }, address);
    return result.kind === 'access' ? byAccess(result.access) : undefined;
  };
  return {
    of: (access) => {
      const enough = access.authenticated || (known === undefined && access.grants.length > 0);
      return enough ? byAccess(access) : undefined;
    },
    authorize: ({ token, apisecret }, { address, identity }) => {
      if (apisecret !== undefined && isSecret(apisecret)) return bySecret(address, cameras);
      if (token !== undefined) return byToken(token, address);
      // Clients that were made for another server may still send the secret of that.
      if (apisecret === undefined || apisecret === '' || (known === undefined && identity)) return identity;
      return byToken(apisecret, address);
    },
  };
}

const bySecret = (address: string, cameras: ReadonlySet<string>): JanusIdentity => ({
  who: { tokenId: ANONYMOUS_ID, address },
  mayView: (camera) => cameras.has(camera),
  at: (camera) => ({ tokenId: ANONYMOUS_ID, address, rights: cameras.has(camera) ? ['view'] : [] }),
});

/** Of one length, whatever the text: comparing them takes as long for any. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
