import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createCertificate, fingerprintValue } from './certificate.ts';
import { bitString, integer, objectId, sequence, utcTime } from './der.ts';
import { admitCertificate } from './peer-certificate.ts';

const { der, fingerprint } = createCertificate();
const value = (hash: string): string => fingerprintValue(hash, der);
const refusal = (code: string): Error => expect.objectContaining({ code }) as Error;

/** A certificate of a key, signed by nobody: what it is known by is the fingerprint. */
function certificateOf(publicKey: KeyObject): Uint8Array {
  const algorithm = sequence(objectId('2a8648ce3d040302'));
  const signed = sequence(
    integer(Uint8Array.of(1)),
    algorithm,
    sequence(),
    sequence(utcTime('700101000000Z'), utcTime('491231235959Z')),
    sequence(),
    publicKey.export({ format: 'der', type: 'spki' }),
  );
  return sequence(signed, algorithm, bitString(new Uint8Array(64)));
}

const admit = (publicKey: KeyObject): KeyObject => {
  const one = certificateOf(publicKey);
  return admitCertificate(one, [{ algorithm: 'sha-256', value: fingerprintValue('sha256', one) }]);
};

describe('a certificate of a peer', () => {
  it('is known by its fingerprint, in whatever case that is written', () => {
    expect(admitCertificate(der, [fingerprint]).asymmetricKeyType).toBe('ec');
    expect(
      admitCertificate(der, [{ algorithm: 'SHA-256', value: fingerprint.value.toLowerCase() }]).type,
    ).toBe('public');
  });

  it('is known by the strongest hash that was announced; a weaker one that fits does not help', () => {
    const wrong = { algorithm: 'sha-512', value: value('sha512').replace(/^../, '00') };

    expect(admitCertificate(der, [fingerprint, wrong, { ...wrong, value: value('sha512') }]).type).toBe(
      'public',
    );
    expect(() => admitCertificate(der, [fingerprint, wrong])).toThrowError(refusal('dtls/fingerprint'));
  });

  it.each<[string, readonly { readonly algorithm: string; readonly value: string }[]]>([
    ['nothing', []],
    ['SHA-1', [{ algorithm: 'sha-1', value: value('sha1') }]],
    ['MD5', [{ algorithm: 'md5', value: value('md5') }]],
    ['a part of it', [{ algorithm: 'sha-256', value: fingerprint.value.slice(0, 47) }]],
    ['an empty one', [{ algorithm: 'sha-256', value: '' }]],
    ['the hash of another algorithm', [{ algorithm: 'sha-256', value: value('sha512') }]],
  ])('is not known by %s', (_name, announced) => {
    expect(() => admitCertificate(der, announced)).toThrowError(refusal('dtls/fingerprint'));
  });

  it.each<[string, () => KeyObject]>([
    ['P-384', () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey],
    ['RSA of 2048 bits', () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey],
  ])('may have a key by %s', (_name, key) => {
    expect(admit(key()).type).toBe('public');
  });

  it.each<[string, () => KeyObject, RegExp]>([
    [
      'RSA of 1024 bits',
      () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey,
      /RSA of 1024 bits/,
    ],
    [
      'a curve of its own',
      () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey,
      /secp256k1/,
    ],
    [
      'a curve too short',
      () => generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).publicKey,
      /secp224r1/,
    ],
    ['Ed25519', () => generateKeyPairSync('ed25519').publicKey, /ed25519/],
  ])('may not have a key by %s', (_name, key, message) => {
    expect(() => admit(key())).toThrowError(
      expect.objectContaining({
        code: 'dtls/certificate',
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });
});
