import { PinholeError } from '@pinhole/core';

/** Why a handshake comes to nothing. */
export type DtlsErrorCode =
  | 'dtls/certificate'
  | 'dtls/cipher-suite'
  | 'dtls/closed'
  | 'dtls/extension'
  | 'dtls/fingerprint'
  | 'dtls/finished'
  | 'dtls/internal'
  | 'dtls/key-exchange'
  | 'dtls/malformed'
  | 'dtls/nothing-in-common'
  | 'dtls/refused'
  | 'dtls/renegotiation'
  | 'dtls/signature'
  | 'dtls/srtp-profile'
  | 'dtls/timeout'
  | 'dtls/unexpected-message'
  | 'dtls/version';

/** A handshake that came to nothing, and what the peer is told of it. */
export class DtlsError extends PinholeError<DtlsErrorCode> {
  override readonly name = 'DtlsError';
  /** The alert to send. */
  readonly alert: number;

  constructor(
    code: DtlsErrorCode,
    message: string,
    options: { readonly alert: number; readonly cause?: unknown },
  ) {
    super(code, message, options);
    this.alert = options.alert;
  }
}
