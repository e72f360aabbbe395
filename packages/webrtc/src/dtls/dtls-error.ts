import { PinholeError } from '@pinhole/core';

/** A handshake that came to nothing, and what the peer is told of it. */
export class DtlsError extends PinholeError<`dtls/${string}`> {
  override readonly name = 'DtlsError';
  /** The alert to send. */
  readonly alert: number;

  constructor(
    code: `dtls/${string}`,
    message: string,
    options: { readonly alert: number; readonly cause?: unknown },
  ) {
    super(code, message, options);
    this.alert = options.alert;
  }
}
