import { createECDH, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto';
import { ALERT } from './code-points.ts';
import { DtlsError } from './dtls-error.ts';

/** Curves to agree on a secret by, with their code points (RFC 8422 §5.1.1); the one we like best first. */
export const GROUP = { x25519: 29, secp256r1: 23 } as const;

/** One of the curves that we speak. */
export type Group = (typeof GROUP)[keyof typeof GROUP];

const P256_POINT_BYTES = 65;
/** Both coordinates follow (RFC 8422 §5.4.1): the one form that is offered. */
const UNCOMPRESSED = 4;

/** A key pair of one handshake. */
export interface KeyExchange {
  /** As messages carry it: 32 bytes of X25519, 65 of an uncompressed point of P-256. */
  readonly publicKey: Uint8Array;
  /**
   * The secret that the owner of `remote` comes to, too.
   * @throws {DtlsError} `dtls/key-exchange` when it is no public key, or one that makes the secret known to all
   */
  agree(remote: Uint8Array): Uint8Array;
}

/** Makes a key pair. */
export const openKeyExchange = (group: Group): KeyExchange =>
  group === GROUP.x25519 ? openX25519() : openP256();

/** The group with this code point; undefined for what we do not speak. */
export const groupOf = (code: number): Group | undefined =>
  Object.values(GROUP).find((group) => group === code);

/** @see RFC 7748 §6.1 */
function openX25519(): KeyExchange {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'),
    agree: (remote) => {
      try {
        const x = Buffer.from(remote).toString('base64url');
        const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'X25519', x } });
        return diffieHellman({ privateKey, publicKey: key });
      } catch (cause) {
        throw refusedKey('X25519', remote, cause);
      }
    },
  };
}

function openP256(): KeyExchange {
  const ecdh = createECDH('prime256v1');
  return {
    publicKey: ecdh.generateKeys(),
    agree: (remote) => {
      // Node would take points that are written in other ways, too.
      if (remote.byteLength !== P256_POINT_BYTES || remote[0] !== UNCOMPRESSED)
        throw refusedKey('P-256', remote);
      try {
        return ecdh.computeSecret(remote);
      } catch (cause) {
        throw refusedKey('P-256', remote, cause);
      }
    },
  };
}

const refusedKey = (curve: string, remote: Uint8Array, cause?: unknown): DtlsError =>
  new DtlsError('dtls/key-exchange', `${remote.byteLength} bytes that are no public key of ${curve}`, {
    alert: ALERT.illegalParameter,
    cause,
  });
