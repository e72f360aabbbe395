import { createHash, createHmac } from 'node:crypto';
import type { CipherSuite } from './cipher-suites.ts';
import type { DtlsKeys } from './dtls-records.ts';

const MASTER_SECRET_BYTES = 48;
const VERIFY_DATA_BYTES = 12;
const SALT_BYTES = 4;

type Hash = CipherSuite['hash'];

/** Both random numbers of a handshake, 32 bytes each. */
export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/**
 * `lengthBytes` that only those can tell who know the secret.
 * @see RFC 5246 §5 (P_hash and PRF)
 */
export function pseudoRandom(
  hash: Hash,
  input: {
    readonly secret: Uint8Array;
    readonly label: string;
    readonly seed: Uint8Array;
    readonly lengthBytes: number;
  },
): Uint8Array {
  const seed = Buffer.concat([Buffer.from(input.label, 'ascii'), input.seed]);
  const output = new Uint8Array(input.lengthBytes);
  let chained: Uint8Array = seed;
  for (let at = 0; at < output.byteLength; ) {
    chained = createHmac(hash, input.secret).update(chained).digest();
    const block = createHmac(hash, input.secret).update(chained).update(seed).digest();
    output.set(block.subarray(0, output.byteLength - at), at);
    at += block.byteLength;
  }
  return output;
}

/**
 * What all keys come from. With a transcript it is bound to this very handshake.
 * @param transcript all messages up to ClientKeyExchange, where both ends said `extended_master_secret`
 * @see RFC 5246 §8.1, RFC 7627 §4
 */
export function masterSecret(
  hash: Hash,
  {
    preMaster,
    randoms,
    transcript,
  }: {
    readonly preMaster: Uint8Array;
    readonly randoms: Randoms;
    readonly transcript: Uint8Array | undefined;
  },
): Uint8Array {
  return pseudoRandom(hash, {
    secret: preMaster,
    label: transcript ? 'extended master secret' : 'master secret',
    seed: transcript ? hashOf(hash, transcript) : Buffer.concat([randoms.client, randoms.server]),
    lengthBytes: MASTER_SECRET_BYTES,
  });
}

/**
 * The keys of the records, as the client or the server has them.
 * @see RFC 5246 §6.3 (key block), RFC 5288 §3 (salts)
 */
export function recordKeys(
  suite: CipherSuite,
  {
    master,
    randoms,
    role,
  }: { readonly master: Uint8Array; readonly randoms: Randoms; readonly role: 'client' | 'server' },
): DtlsKeys {
  const { algorithm, keyBytes, hash } = suite;
  const block = pseudoRandom(hash, {
    secret: master,
    label: 'key expansion',
    seed: Buffer.concat([randoms.server, randoms.client]),
    lengthBytes: 2 * (keyBytes + SALT_BYTES),
  });
  const saltsAt = 2 * keyBytes;
  const client = { key: block.subarray(0, keyBytes), salt: block.subarray(saltsAt, saltsAt + SALT_BYTES) };
  const server = { key: block.subarray(keyBytes, saltsAt), salt: block.subarray(saltsAt + SALT_BYTES) };
  const [local, remote] = role === 'client' ? [client, server] : [server, client];
  return {
    algorithm,
    localKey: local.key,
    remoteKey: remote.key,
    localSalt: local.salt,
    remoteSalt: remote.salt,
  };
}

/**
 * What Finished of one end says about all messages before it.
 * @see RFC 5246 §7.4.9
 */
export const verifyData = (
  hash: Hash,
  {
    master,
    transcript,
    by,
  }: { readonly master: Uint8Array; readonly transcript: Uint8Array; readonly by: 'client' | 'server' },
): Uint8Array =>
  pseudoRandom(hash, {
    secret: master,
    label: `${by} finished`,
    seed: hashOf(hash, transcript),
    lengthBytes: VERIFY_DATA_BYTES,
  });

const hashOf = (hash: Hash, bytes: Uint8Array): Uint8Array => createHash(hash).update(bytes).digest();
