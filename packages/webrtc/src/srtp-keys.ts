/** SRTP protection profiles that we speak, by the code points of DTLS (RFC 5764 §4.1.2, RFC 7714 §14.2). */
export const SRTP_PROFILE = { aes128CmHmacSha1: 0x0001, aeadAes128Gcm: 0x0007 } as const;

/** What DTLS agreed on for the packets of one direction. */
export interface SrtpKeys {
  readonly profile: (typeof SRTP_PROFILE)[keyof typeof SRTP_PROFILE];
  /** 16 bytes. */
  readonly masterKey: Uint8Array;
  /** 14 bytes, 12 with GCM. */
  readonly masterSalt: Uint8Array;
}
