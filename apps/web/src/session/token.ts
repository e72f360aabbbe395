import { signal } from '@preact/signals';

const STORED_AS = 'pinhole.token';

/**
 * The token this page presents; undefined when there is none. It lives in this browser only: a link brings it in the
 * fragment, which no server sees, and it is taken out of the address bar at once.
 */
export const token = signal<string | undefined>(
  takeFromFragment() ?? localStorage.getItem(STORED_AS) ?? undefined,
);

/** Keeps a token for this browser. */
export function signIn(secret: string): void {
  localStorage.setItem(STORED_AS, secret);
  token.value = secret;
}

/** Forgets it. */
export function signOut(): void {
  localStorage.removeItem(STORED_AS);
  token.value = undefined;
}

/**
 * The token in what a person pasted: a whole link, its fragment, or the token alone.
 * @returns undefined when there is none in it.
 */
export function tokenIn(pasted: string): string | undefined {
  const text = pasted.trim();
  const inLink = /[#?&]token=([^&\s]+)/.exec(text)?.[1];
  // Tokens have no character that a link would encode.
  if (inLink !== undefined) return /^[\w.~-]+$/.test(inLink) ? inLink : undefined;
  return /^[\w.~-]{16,}$/.test(text) ? text : undefined;
}

function takeFromFragment(): string | undefined {
  const found = tokenIn(location.hash);
  if (found === undefined) return undefined;
  localStorage.setItem(STORED_AS, found);
  history.replaceState(null, '', location.pathname + location.search);
  return found;
}

addEventListener('hashchange', () => {
  const found = takeFromFragment();
  if (found !== undefined) token.value = found;
});
