import { p256 } from '@noble/curves/p256';
import nacl from 'tweetnacl';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useSystemCurves } from './system-curves.ts';

const byNoble = p256.getSharedSecret;
const byNacl = nacl.scalarMult;
const nobleSecret = (): Uint8Array => p256.utils.randomPrivateKey();

describe('the curves of the system', () => {
  const own = {
    getPublicKey: p256.getPublicKey,
    getSharedSecret: p256.getSharedSecret,
    scalarMult: nacl.scalarMult,
    keyPair: nacl.box.keyPair,
  };
  beforeAll(useSystemCurves);
  afterAll(() => {
    Object.assign(p256, { getPublicKey: own.getPublicKey, getSharedSecret: own.getSharedSecret });
    nacl.scalarMult = own.scalarMult;
    nacl.box.keyPair = own.keyPair;
  });

  it('agree with JavaScript on P-256', () => {
    for (let i = 0; i < 20; i++) {
      const [ours, theirs] = [nobleSecret(), nobleSecret()];
      const publicKey = p256.getPublicKey(theirs, false);

      const secret = p256.getSharedSecret(ours, publicKey);

      expect(p256.getSharedSecret).not.toBe(byNoble);
      expect(secret).toHaveLength(33);
      expect(secret.subarray(1)).toEqual(Buffer.from(byNoble(ours, publicKey)).subarray(1));
    }
  });

  it.each([true, false])('tell the same public key of P-256, compressed: %s', (isCompressed) => {
    const secret = nobleSecret();

    expect(p256.getPublicKey).not.toBe(own.getPublicKey);
    expect(Buffer.from(p256.getPublicKey(secret, isCompressed))).toEqual(
      Buffer.from(own.getPublicKey(secret, isCompressed)),
    );
  });

  it('leave to JavaScript what they were not asked for', () => {
    const secret = nobleSecret();
    const publicKey = p256.getPublicKey(nobleSecret(), false);

    expect(p256.getSharedSecret(secret, publicKey, false)).toEqual(byNoble(secret, publicKey, false));
  });

  it('agree with JavaScript on X25519, whatever array holds the secret', () => {
    for (let i = 0; i < 20; i++) {
      const ours = nacl.box.keyPair();
      const theirs = nacl.box.keyPair.fromSecretKey(nacl.randomBytes(32));

      const secret = nacl.scalarMult(Buffer.from(ours.secretKey.buffer), theirs.publicKey);

      expect(nacl.scalarMult).not.toBe(byNacl);
      expect(Buffer.from(secret)).toEqual(Buffer.from(byNacl(theirs.secretKey, ours.publicKey)));
      expect(nacl.scalarMult(theirs.secretKey, ours.publicKey)).toEqual(
        byNacl(theirs.secretKey, ours.publicKey),
      );
    }
  });

  it.each([
    [
      'a point that is not on P-256',
      /public key|point/i,
      () => p256.getSharedSecret(nobleSecret(), new Uint8Array(65).fill(4)),
    ],
    ['nothing', /public key|point/i, () => p256.getSharedSecret(nobleSecret(), new Uint8Array(0))],
    ['a key by which all know the secret', /failed|derivation/i, () => x25519(new Uint8Array(32))],
    ['half a key', /asn1|too long|decod/i, () => x25519(new Uint8Array(16))],
  ])('refuse %s', (_name, message, agree) => {
    expect(agree).toThrowError(message);
  });
});

const x25519 = (publicKey: Uint8Array): Uint8Array =>
  nacl.scalarMult(nacl.box.keyPair().secretKey, publicKey);
