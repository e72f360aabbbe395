import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Fingerprint } from '../transport-sides.ts';
import { fingerprintValue } from './certificate.ts';
import { ALERT } from './code-points.ts';
import { DtlsError } from './dtls-error.ts';

/** Hashes of fingerprints by their names in SDP, the strongest first; MD5 and SHA-1 prove nothing any more. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['sha-512', 'sha512'],
  ['sha-384', 'sha384'],
  ['sha-256', 'sha256'],
  ['sha-224', 'sha224'],
]);

/**
 * The key of the peer's certificate, if it is the one that was announced: by the strongest hash of those announced.
 * @throws {DtlsError} `dtls/fingerprint`, `dtls/certificate`
 * @see RFC 8122 §5 (several fingerprints), RFC 5763 §5 (which one)
 */
export function admitCertificate(der: Uint8Array, announced: readonly Fingerprint[]): KeyObject {
  const algorithms = announced.map(({ algorithm }) => algorithm.toLowerCase());
  for (const [algorithm, hash] of HASHES) {
    if (!algorithms.includes(algorithm)) continue;
    const value = fingerprintValue(hash, der);
    const matches = announced.some(
      (one) => one.algorithm.toLowerCase() === algorithm && one.value.toUpperCase() === value,
    );
    if (matches) return publicKeyOf(der);
    throw new DtlsError(
      'dtls/fingerprint',
      `the peer's certificate has ${algorithm} ${value}, which was not announced`,
      { alert: ALERT.badCertificate },
    );
  }
  throw new DtlsError(
    'dtls/fingerprint',
    `fingerprints of ${algorithms.join(', ') || 'nothing'} were announced; need ${[...HASHES.keys()].join(', ')}`,
    { alert: ALERT.badCertificate },
  );
}

/** Curves of the signatures that we offer to take, as Node calls them. */
const CURVES: readonly string[] = ['prime256v1', 'secp384r1', 'secp521r1'];

/** What is shorter can be broken; what is longer would cost us more than it is worth. */
const RSA_BITS = { least: 2048, most: 8192 } as const;

function publicKeyOf(der: Uint8Array): KeyObject {
  const key = readPublicKey(der);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  const { namedCurve = 'no named curve', modulusLength = 0 } = details;
  const isStrong =
    type === 'ec'
      ? CURVES.includes(namedCurve)
      : type === 'rsa' && modulusLength >= RSA_BITS.least && modulusLength <= RSA_BITS.most;
  if (isStrong) return key;
  const found = type === 'ec' ? namedCurve : type === 'rsa' ? `RSA of ${modulusLength} bits` : type;
  throw new DtlsError(
    'dtls/certificate',
    `a certificate with a key by ${found}, need P-256, P-384, P-521 or RSA of ${RSA_BITS.least}…${RSA_BITS.most} bits`,
    { alert: ALERT.badCertificate },
  );
}

function readPublicKey(der: Uint8Array): KeyObject {
  try {
    return new X509Certificate(der).publicKey;
  } catch (cause) {
    throw new DtlsError('dtls/certificate', `${der.byteLength} bytes that are no certificate`, {
      alert: ALERT.badCertificate,
      cause,
    });
  }
}
