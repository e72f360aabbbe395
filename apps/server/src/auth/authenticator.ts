import type { Millis } from '@pinhole/core';
import { RateLimit } from '../http/rate-limit.ts';
import { type Access, accessOf } from './access.ts';
import type { AnonymousGrants } from './anonymous.ts';
import type { Credential } from './credentials.ts';
import type { TokenRecord } from './token.ts';

/** What became of a credential. */
export type Authentication =
  | { readonly kind: 'access'; readonly access: Access }
  | {
      readonly kind: 'refused';
      readonly code: 'auth/malformed' | 'auth/unknown-token' | 'auth/expired';
      readonly why: string;
    }
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number };

/** What {@link Authenticator} works with. */
export interface AuthenticatorOptions {
  readonly tokens: { find(token: string): TokenRecord | undefined };
  readonly anonymous: AnonymousGrants;
  readonly failedPerMinute: number;
  /** Monotonic. */
  readonly now: () => Millis;
  /** UTC, for expiry. */
  readonly utcNow: () => Date;
}

/** Turns what a request carries into what it may do; the same for HTTP, WebSocket and WHEP. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #failures: RateLimit;
  /** Wrong, malformed or expired tokens so far. */
  failed = 0;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#failures = new RateLimit({
      perSecond: options.failedPerMinute / 60,
      burst: options.failedPerMinute,
    });
  }

  /**
   * A right token is always let in, however many wrong ones its address sent: 256 bits are not guessed, so the limit is
   * there against noise and must not lock out a household for one stale page.
   */
  authenticate(credential: Credential, address: string): Authentication {
    const { tokens, anonymous, utcNow } = this.#options;
    const grants = anonymous.of(address);
    if (credential.kind === 'none') return { kind: 'access', access: accessOf(undefined, grants, address) };
    if (credential.kind === 'malformed') return this.#refuse('auth/malformed', credential.why, address);
    const record = tokens.find(credential.token);
    if (record === undefined) {
      return this.#refuse(
        'auth/unknown-token',
        'this token is not known here: it was mistyped or revoked',
        address,
      );
    }
    if (record.expiresAt !== undefined && Date.parse(record.expiresAt) <= utcNow().getTime()) {
      return this.#refuse('auth/expired', `this token expired at ${record.expiresAt}`, address);
    }
    return { kind: 'access', access: accessOf(record, grants, address) };
  }

  #refuse(
    code: 'auth/malformed' | 'auth/unknown-token' | 'auth/expired',
    why: string,
    address: string,
  ): Authentication {
    this.failed++;
    const retryAfterSeconds = this.#failures.take(address, this.#options.now());
    return retryAfterSeconds === undefined
      ? { kind: 'refused', code, why }
      : { kind: 'limited', retryAfterSeconds };
  }
}
