import { SRTP_PROFILE, type SrtpKeys } from '../srtp-keys.ts';
import type { CipherSuite } from './cipher-suites.ts';
import { pseudoRandom, type Randoms } from './key-schedule.ts';

/** What DTLS agreed on for both directions. */
export interface SrtpKeyPair {
  /** For what we send. */
  readonly local: SrtpKeys;
  /** For what the peer sends. */
  readonly remote: SrtpKeys;
}

const KEY_BYTES = 16;

/** For peers that have no use for keys: the profile that all implementations have. */
const ANY_PROFILE = SRTP_PROFILE.aes128CmHmacSha1;

/**
 * The master keys of SRTP, exported from a DTLS session.
 * @see RFC 5764 §4.2 (order), RFC 5705 §4 (exporter), RFC 7714 §12 (GCM has shorter salts)
 */
export function exportSrtpKeys(
  { hash }: CipherSuite,
  session: {
    readonly master: Uint8Array;
    readonly randoms: Randoms;
    readonly role: 'client' | 'server';
    /** What was agreed on; undefined with a peer that has data channels alone. */
    readonly profile: SrtpKeys['profile'] | undefined;
  },
): SrtpKeyPair {
  const { master, randoms, role, profile = ANY_PROFILE } = session;
  const saltBytes = profile === SRTP_PROFILE.aeadAes128Gcm ? 12 : 14;
  const exported = pseudoRandom(hash, {
    secret: master,
    label: 'EXTRACTOR-dtls_srtp',
    seed: Buffer.concat([randoms.client, randoms.server]),
    lengthBytes: 2 * (KEY_BYTES + saltBytes),
  });
  const saltsAt = 2 * KEY_BYTES;
  const client: SrtpKeys = {
    profile,
    masterKey: exported.subarray(0, KEY_BYTES),
    masterSalt: exported.subarray(saltsAt, saltsAt + saltBytes),
  };
  const server: SrtpKeys = {
    profile,
    masterKey: exported.subarray(KEY_BYTES, saltsAt),
    masterSalt: exported.subarray(saltsAt + saltBytes),
  };
  return role === 'client' ? { local: client, remote: server } : { local: server, remote: client };
}
