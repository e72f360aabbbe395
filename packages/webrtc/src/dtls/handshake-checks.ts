import { timingSafeEqual } from 'node:crypto';
import { ALERT, VERSION } from './code-points.ts';
import { DtlsError } from './dtls-error.ts';
import type { Signature } from './signature-schemes.ts';

/**
 * Whether the peer saw the same messages, and has the same keys.
 * @throws {DtlsError} `dtls/finished`
 */
export function checkFinished(said: Uint8Array, expected: Uint8Array): void {
  if (said.byteLength === expected.byteLength && timingSafeEqual(said, expected)) return;
  throw new DtlsError('dtls/finished', 'the peer saw another handshake than this one', {
    alert: ALERT.decryptError,
  });
}

/** A version that we do not speak. */
export const refusedVersion = (version: number): DtlsError =>
  new DtlsError('dtls/version', `the peer speaks ${versionInWords(version)}, need DTLS 1.2`, {
    alert: ALERT.protocolVersion,
  });

/** A signature that the certificate's key did not make. */
export const wrongSignature = (what: string, { scheme }: Signature): DtlsError =>
  new DtlsError(
    'dtls/signature',
    `the peer's ${what} (scheme 0x${scheme.toString(16).padStart(4, '0')}) is not signed by its certificate`,
    { alert: ALERT.decryptError },
  );

/** A peer that does not tell who it is. */
export const missingCertificate = (): DtlsError =>
  new DtlsError('dtls/certificate', 'the peer showed no certificate', { alert: ALERT.handshakeFailure });

function versionInWords(version: number): string {
  if (version === VERSION.dtls10) return 'DTLS 1.0';
  return version === VERSION.dtls12 - 1 ? 'DTLS 1.3 only' : `version 0x${version.toString(16)}`;
}
