import { createHash, randomBytes } from 'node:crypto';
import type { AuthenticationChallenge } from '@pinhole/protocol/authentication';
import type { Credentials } from './credentials.ts';

const HASHES: Readonly<Record<string, string>> = { md5: 'md5', 'sha-256': 'sha256' };

/** What a request is proved for. */
export interface AuthorizedRequest {
  readonly method: string;
  readonly url: string;
}

/**
 * Answers a camera's challenge, by RTSP or HTTP: by Digest (MD5 or SHA-256, their `-sess` forms, `qop=auth` or none), the first that it
 * offers and we can; by Basic only when it offers nothing else.
 * @see RFC 7616 §3.4, RFC 7617 §2, RFC 2069 §2.1.2 (no qop)
 */
export class Authorization {
  readonly #credentials: Credentials;
  readonly #newNonce: () => string;
  #challenge: AuthenticationChallenge | undefined;
  #count = 0;

  /** @param newNonce for tests */
  constructor(credentials: Credentials, newNonce = () => randomBytes(8).toString('hex')) {
    this.#credentials = credentials;
    this.#newNonce = newNonce;
  }

  /** Takes what a 401 offers. @returns the scheme chosen; undefined when it offers none that we can. */
  challenge(offered: readonly AuthenticationChallenge[]): 'digest' | 'basic' | undefined {
    this.#challenge =
      offered.find((challenge) => hashOf(challenge) !== undefined) ??
      offered.find(({ scheme }) => scheme === 'basic');
    this.#count = 0;
    return this.#challenge?.scheme === 'digest' || this.#challenge?.scheme === 'basic'
      ? this.#challenge.scheme
      : undefined;
  }

  /** The Authorization header of a request; undefined as long as nobody asked for one. */
  header(request: AuthorizedRequest): string | undefined {
    const challenge = this.#challenge;
    if (challenge === undefined) return undefined;
    const { user, password } = this.#credentials;
    if (challenge.scheme === 'basic') {
      return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
    }
    return this.#digest(challenge, request);
  }

  #digest({ parameters }: AuthenticationChallenge, { method, url }: AuthorizedRequest): string {
    const { user, password } = this.#credentials;
    const realm = parameters.get('realm') ?? '';
    const nonce = parameters.get('nonce') ?? '';
    const algorithm = parameters.get('algorithm');
    const hash = hasher(algorithm);
    const cnonce = this.#newNonce();
    const count = (++this.#count).toString(16).padStart(8, '0');
    const secret = hash(`${user}:${realm}:${password}`);
    const ha1 = /-sess$/i.test(algorithm ?? '') ? hash(`${secret}:${nonce}:${cnonce}`) : secret;
    const ha2 = hash(`${method}:${url}`);
    const qop = (parameters.get('qop') ?? '').split(/[\s,]+/).includes('auth');
    const response = hash(qop ? `${ha1}:${nonce}:${count}:${cnonce}:auth:${ha2}` : `${ha1}:${nonce}:${ha2}`);
    const opaque = parameters.get('opaque');
    return `Digest ${[
      `username=${quoted(user)}`,
      `realm=${quoted(realm)}`,
      `nonce=${quoted(nonce)}`,
      `uri=${quoted(url)}`,
      `response="${response}"`,
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm.replace(/[^\w-]/g, '')}`]),
      ...(qop ? ['qop=auth', `nc=${count}`] : []),
      ...(qop || /-sess$/i.test(algorithm ?? '') ? [`cnonce="${cnonce}"`] : []),
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ].join(', ')}`;
  }
}

function hashOf({ scheme, parameters }: AuthenticationChallenge): string | undefined {
  if (scheme !== 'digest') return undefined;
  const qop = parameters.get('qop') ?? 'auth';
  if (qop !== '' && !qop.split(/[\s,]+/).includes('auth')) return undefined;
  return HASHES[(parameters.get('algorithm') ?? 'md5').toLowerCase().replace(/-sess$/, '')];
}

function hasher(algorithm: string | undefined): (text: string) => string {
  const name = HASHES[(algorithm ?? 'md5').toLowerCase().replace(/-sess$/, '')] ?? 'md5';
  return (text) => createHash(name).update(text, 'utf8').digest('hex');
}

const quoted = (text: string): string => `"${text.replace(/[\r\n\0]/g, '').replace(/["\\]/g, '\\$&')}"`;
