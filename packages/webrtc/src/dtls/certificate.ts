import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Fingerprint } from '../transport-sides.ts';
import { bitString, integer, objectId, sequence, set, tagged, utcTime, utf8String } from './der.ts';

/** A certificate and the key that it is of. */
export interface DtlsCertificate {
  /** X.509 in DER. */
  readonly der: Uint8Array;
  readonly privateKey: KeyObject;
  /** For `a=fingerprint`. */
  readonly fingerprint: Fingerprint;
}

const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const VERSION_3 = Uint8Array.of(2);
const SERIAL_BYTES = 16;

/**
 * A certificate signed by itself, with a key on P-256. Nobody looks at its dates, which some boards could not tell: a peer
 * knows it by its fingerprint.
 * @see RFC 5280 §4.1 (fields), RFC 5758 §3.2 (signature), RFC 8827 §6.5
 */
export function createCertificate(): DtlsCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const name = sequence(set(sequence(objectId(COMMON_NAME), utf8String('WebRTC'))));
  const signed = sequence(
    tagged(0, integer(VERSION_3)),
    integer(serial),
    algorithm,
    name,
    sequence(utcTime('700101000000Z'), utcTime('491231235959Z')),
    name,
    publicKey.export({ format: 'der', type: 'spki' }),
  );
  const der = sequence(signed, algorithm, bitString(sign('sha256', signed, privateKey)));
  return { der, privateKey, fingerprint: { algorithm: 'sha-256', value: fingerprintValue('sha256', der) } };
}

let shared: DtlsCertificate | undefined;

/** The certificate of this process, made when first asked for. */
export function sharedCertificate(): DtlsCertificate {
  shared ??= createCertificate();
  return shared;
}

/** Bytes in hexadecimal, parted by colons, as RFC 8122 §5 has them. */
export const fingerprintValue = (hash: string, der: Uint8Array): string =>
  (createHash(hash).update(der).digest('hex').toUpperCase().match(/../g) ?? []).join(':');
