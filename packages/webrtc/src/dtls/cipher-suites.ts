/** A cipher suite: ephemeral keys on a curve, signed by the server's certificate, and AES in Galois/counter mode. */
export interface CipherSuite {
  readonly code: number;
  /** What the server's certificate signs with. */
  readonly signature: 'ecdsa' | 'rsa';
  readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm';
  readonly keyBytes: 16 | 32;
  /** Of the key schedule and the transcript. */
  readonly hash: 'sha256' | 'sha384';
}

/**
 * The suites that we speak, the ones we like best first.
 * @see RFC 5289 §3.2 (code points), RFC 8827 §6.5 (the first is what every WebRTC peer has)
 */
export const CIPHER_SUITES: readonly CipherSuite[] = [
  { code: 0xc02b, signature: 'ecdsa', algorithm: 'aes-128-gcm', keyBytes: 16, hash: 'sha256' },
  { code: 0xc02f, signature: 'rsa', algorithm: 'aes-128-gcm', keyBytes: 16, hash: 'sha256' },
  { code: 0xc02c, signature: 'ecdsa', algorithm: 'aes-256-gcm', keyBytes: 32, hash: 'sha384' },
  { code: 0xc030, signature: 'rsa', algorithm: 'aes-256-gcm', keyBytes: 32, hash: 'sha384' },
];

/** The suite with this code point; undefined for what we do not speak. */
export const cipherSuiteOf = (code: number): CipherSuite | undefined =>
  CIPHER_SUITES.find((suite) => suite.code === code);
