import type { Logger } from '@pinhole/core';
import type { ViewerRegistry } from '@pinhole/engine';
import { ANONYMOUS_ID } from './access.ts';
import type { TokenStore } from './token-store.ts';

/**
 * Makes what other processes did to the tokens hold here: who was let in by a token that is gone is sent away.
 * @returns a step for the ticker.
 */
export function watchTokens(tokens: TokenStore, viewers: ViewerRegistry, log: Logger): () => void {
  let reading = false;
  return () => {
    if (reading) return;
    reading = true;
    tokens
      .refresh()
      .then((changed) => {
        if (!changed) return;
        const ended = endRevoked(tokens, viewers);
        log.info({ tokens: tokens.list().length, ended }, 'tokens read again');
      })
      .catch((error: unknown) => log.error({ error }, 'tokens cannot be read; the known ones stay in force'))
      .finally(() => {
        reading = false;
      });
  };
}

/** Ends every viewer whose token is not there any more. @returns how many. */
export function endRevoked(tokens: TokenStore, viewers: ViewerRegistry): number {
  const known = new Set(tokens.list().map(({ id }) => id));
  return viewers.endWhere(({ who }) => who.tokenId !== ANONYMOUS_ID && !known.has(who.tokenId), 'revoked');
}
