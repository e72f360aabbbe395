import type { Logger } from '@pinhole/core';
import type { Identity } from '@pinhole/engine';
import { ANONYMOUS_ID } from './access.ts';
import type { TokenStore } from './token-store.ts';

/** Who keeps people that a token let in. */
export interface LetIn {
  /** @returns how many. */
  endWhere(matches: (one: { readonly who: Identity }) => boolean, why: 'revoked'): number;
}

/**
 * Makes what other processes did to the tokens hold here: who was let in by a token that is gone is sent away.
 * @returns a step for the ticker.
 */
export function watchTokens(tokens: TokenStore, letIn: readonly LetIn[], log: Logger): () => void {
  let reading = false;
  let before = hashesOf(tokens);
  return () => {
    if (reading) return;
    reading = true;
    tokens
      .refresh()
      .then((changed) => {
        const after = hashesOf(tokens);
        const gone = (id: string) => !after.has(id) || (before.has(id) && before.get(id) !== after.get(id));
        const ended = letIn.reduce(
          (sum, keeper) =>
            sum + keeper.endWhere(({ who }) => who.tokenId !== ANONYMOUS_ID && gone(who.tokenId), 'revoked'),
          0,
        );
        before = after;
        if (changed) log.info({ tokens: after.size, ended }, 'tokens read again');
      })
      .catch((error: unknown) => log.error({ error }, 'tokens cannot be read; the known ones stay in force'))
      .finally(() => {
        reading = false;
      });
  };
}

/** By id. The admin's own token keeps its id when it is replaced, so ids alone would not tell. */
const hashesOf = (tokens: TokenStore): ReadonlyMap<string, string> =>
  new Map(tokens.list().map(({ id, hash }) => [id, hash]));
