import type { Fingerprint } from '../transport-sides.ts';
import type { DtlsCertificate } from './certificate.ts';
import { ALERT, MESSAGE } from './code-points.ts';
import { DtlsError } from './dtls-error.ts';
import type { DtlsKeys } from './dtls-records.ts';
import type { Flight } from './flight.ts';
import type { HandshakeMessage } from './handshake-message.ts';
import type { SrtpKeyPair } from './srtp-key-pair.ts';

/** What both ends of a handshake need. */
export interface HandshakeOptions {
  readonly certificate: DtlsCertificate;
  /** Of the peer, as its offer or answer told. */
  readonly fingerprints: readonly Fingerprint[];
}

/** What a message led to. */
export interface HandshakeStep {
  /** What to send, and to send again until the peer answers. */
  readonly flight?: Flight;
  /** What the peer protects from now on can be opened. */
  readonly keys?: DtlsKeys;
  /** The peer is who it says, and both have the same keys. */
  readonly done?: HandshakeResult;
}

/** What a handshake is made for. */
export interface HandshakeResult {
  readonly srtp: SrtpKeyPair;
}

/** One end of a handshake: takes messages, whole and in their order, and knows neither time nor sockets. */
export interface Handshake {
  /** @throws {DtlsError} `dtls/*` @throws {MalformedError} */
  handle(message: HandshakeMessage): HandshakeStep;
}

const NAMES = new Map<number, string>(Object.entries(MESSAGE).map(([name, code]) => [code, name]));

/** A message that has no place where it came. */
export const unexpectedMessage = (type: number, expected: string): DtlsError =>
  new DtlsError(
    'dtls/unexpected-message',
    `the peer sent ${NAMES.get(type) ?? `message ${type}`} where ${expected} was expected`,
    { alert: ALERT.unexpectedMessage },
  );
