import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/p256';
import nacl from 'tweetnacl';

/** What stands before the 32 bytes of an X25519 key in DER (RFC 8410 §4, §7). */
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const KEY_BYTES = 32;

/** The point's x behind one byte, as in SEC 1 §2.3.3. */
const COMPRESSED = 0x02;

/**
 * Secrets that `keyPair` gave away, by their memory, of which werift makes an array of its own: making a key object of
 * the bytes takes longer than what it is for.
 */
const ownKeys = new WeakMap<ArrayBufferLike, KeyObject>();

/**
 * Has werift agree on keys by OpenSSL instead of by JavaScript, which takes it several milliseconds for each peer. It has no
 * other way in than the two libraries that it calls, of which it uses nothing else. May be called again.
 */
export function useSystemCurves(): void {
  Object.assign(p256, { getPublicKey, getSharedSecret });
  nacl.scalarMult = Object.assign(scalarMult, {
    ...nacl.scalarMult,
  });
  nacl.box.keyPair = Object.assign(keyPair, { ...nacl.box.keyPair });
}

const byNoble = {
  getPublicKey: p256.getPublicKey.bind(p256),
  getSharedSecret: p256.getSharedSecret.bind(p256),
};
const byNacl = { scalarMult: nacl.scalarMult.bind(nacl) };

function getPublicKey(
  ...[secretKey, isCompressed = true]: Parameters<typeof byNoble.getPublicKey>
): Uint8Array {
  if (!(secretKey instanceof Uint8Array)) return byNoble.getPublicKey(secretKey, isCompressed);
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(secretKey);
  return ecdh.getPublicKey(null, isCompressed ? 'compressed' : 'uncompressed');
}

/** P-256. The first byte of the result, which tells the sign of y, is always the same: werift cuts it off unread. */
function getSharedSecret(
  ...[secretKey, publicKey, isCompressed = true]: Parameters<typeof byNoble.getSharedSecret>
): Uint8Array {
  if (!(secretKey instanceof Uint8Array && publicKey instanceof Uint8Array && isCompressed))
    return byNoble.getSharedSecret(secretKey, publicKey, isCompressed);
  const ecdh = createECDH('prime256v1');
  ecdh.setPrivateKey(secretKey);
  return Buffer.concat([Uint8Array.of(COMPRESSED), ecdh.computeSecret(publicKey)]);
}

/** X25519. @throws {Error} the peer's key is none, also where it would have made the secret known to all */
function scalarMult(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const privateKey = ownKeys.get(secretKey.buffer);
  if (!privateKey) return byNacl.scalarMult(secretKey, publicKey);
  const key = Buffer.concat([SPKI_PREFIX, publicKey]);
  return diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }) });
}

function keyPair(): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const keys = generateKeyPairSync('x25519');
  const publicKey = new Uint8Array(
    keys.publicKey.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES),
  );
  const secretKey = new Uint8Array(
    keys.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_BYTES),
  );
  ownKeys.set(secretKey.buffer, keys.privateKey);
  return { publicKey, secretKey };
}
