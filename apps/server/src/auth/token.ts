import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Right } from '@pinhole/engine';

/** All rights, the weakest first. */
export const RIGHTS = [
  'view',
  'control',
  'record',
  'download',
  'publish',
  'admin',
] as const satisfies readonly Right[];

/** What a token allows, as it is stored: the token itself is not in here, only its hash. */
export interface TokenRecord {
  /** Names the token in lists and logs. */
  readonly id: string;
  /** What its maker called it. */
  readonly name: string;
  /** SHA-256 of the token, hex. */
  readonly hash: string;
  /** Camera ids; `*` for all, those to come included. */
  readonly cameras: '*' | readonly string[];
  readonly rights: readonly Right[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; a token without it holds until it is revoked. */
  readonly expiresAt?: string;
}

const TOKEN_BYTES = 32;

/** A new token of 256 random bits. The prefix lets secret scanners and our own logs recognise it. */
export const newToken = (): string => `pin_${randomBytes(TOKEN_BYTES).toString('base64url')}`;

/** A new token id. */
export const newTokenId = (): string => randomBytes(6).toString('hex');

/** SHA-256 of a token, hex. Tokens have 256 random bits, so no salt and no slow hash is needed. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Whether two hex hashes are equal, in a time that does not tell where they differ. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'hex'), Buffer.from(b, 'hex')];
  return left.byteLength === right.byteLength && left.byteLength > 0 && timingSafeEqual(left, right);
}
