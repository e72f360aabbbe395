import { constants, type KeyObject, sign, verify } from 'node:crypto';
import type { CipherSuite } from './cipher-suites.ts';

interface Scheme {
  readonly code: number;
  readonly key: CipherSuite['signature'];
  readonly hash: 'sha256' | 'sha384' | 'sha512';
  readonly padding?: 'pss';
}

/** What we sign with: our certificate has a key on P-256. */
export const OWN_SCHEME = 0x0403;

/** @see RFC 5246 §7.4.1.4.1 (hash and signature), RFC 8446 §4.2.3 (PSS, which DTLS 1.2 may use, too). SHA-1 is none of them. */
const SCHEMES: readonly Scheme[] = [
  { code: OWN_SCHEME, key: 'ecdsa', hash: 'sha256' },
  { code: 0x0503, key: 'ecdsa', hash: 'sha384' },
  { code: 0x0603, key: 'ecdsa', hash: 'sha512' },
  { code: 0x0804, key: 'rsa', hash: 'sha256', padding: 'pss' },
  { code: 0x0805, key: 'rsa', hash: 'sha384', padding: 'pss' },
  { code: 0x0806, key: 'rsa', hash: 'sha512', padding: 'pss' },
  { code: 0x0401, key: 'rsa', hash: 'sha256' },
  { code: 0x0501, key: 'rsa', hash: 'sha384' },
  { code: 0x0601, key: 'rsa', hash: 'sha512' },
];

/** What the peer may sign with, the ones we like best first. */
export const SIGNATURE_SCHEMES: readonly number[] = SCHEMES.map(({ code }) => code);

/** A signature as messages carry it. */
export interface Signature {
  readonly scheme: number;
  readonly bytes: Uint8Array;
}

/** Signs by our key. */
export const signByOwn = (content: Uint8Array, key: KeyObject): Signature => ({
  scheme: OWN_SCHEME,
  bytes: sign('sha256', content, key),
});

/** Whether `content` was signed by the owner of the key, with something that was offered. */
export function isSigned(content: Uint8Array, { scheme, bytes }: Signature, publicKey: KeyObject): boolean {
  const known = SCHEMES.find(({ code }) => code === scheme);
  const type = publicKey.asymmetricKeyType;
  if (!known || type !== (known.key === 'ecdsa' ? 'ec' : 'rsa')) return false;
  const padded = known.padding === 'pss' && {
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  try {
    return verify(known.hash, content, { key: publicKey, ...padded }, bytes);
  } catch {
    // A key too short for what it is said to have signed.
    return false;
  }
}
