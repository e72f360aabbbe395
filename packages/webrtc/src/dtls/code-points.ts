/** Versions as the headers have them; a later one has the lower number (RFC 6347 §4.1). */
export const VERSION = { dtls10: 0xfeff, dtls12: 0xfefd } as const;

/** Content types of records (RFC 6347 §4.1). */
export const CONTENT_TYPE = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

/** Messages of a handshake (RFC 5246 §7.4, RFC 6347 §4.3.2). */
export const MESSAGE = {
  clientHello: 1,
  serverHello: 2,
  helloVerifyRequest: 3,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
} as const;

/** Extensions of both hellos. */
export const EXTENSION = {
  /** RFC 8422 §5.1.1 */
  supportedGroups: 10,
  /** RFC 8422 §5.1.2 */
  ecPointFormats: 11,
  /** RFC 5246 §7.4.1.4.1 */
  signatureAlgorithms: 13,
  /** RFC 5764 §4.1.1 */
  useSrtp: 14,
  /** RFC 7627 §5.1 */
  extendedMasterSecret: 23,
  /** RFC 8446 §4.2.1 */
  supportedVersions: 43,
  /** RFC 5746 §3.2 */
  renegotiationInfo: 0xff01,
} as const;

/** Stands among the cipher suites in place of an empty `renegotiation_info` (RFC 5746 §3.3). */
export const RENEGOTIATION_SCSV = 0x00ff;

/** Why a connection ends (RFC 5246 §7.2). */
export const ALERT = {
  closeNotify: 0,
  unexpectedMessage: 10,
  handshakeFailure: 40,
  badCertificate: 42,
  illegalParameter: 47,
  decodeError: 50,
  decryptError: 51,
  protocolVersion: 70,
  internalError: 80,
  userCanceled: 90,
  unsupportedExtension: 110,
} as const;

/** How much an alert means (RFC 5246 §7.2). */
export const ALERT_LEVEL = { warning: 1, fatal: 2 } as const;

const ALERT_NAMES = new Map<number, string>(
  Object.entries(ALERT).map(([name, code]) => [
    code,
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]),
);

/** An alert for people, e.g. `handshake_failure (40)`. */
export function alertInWords(description: number): string {
  const name = ALERT_NAMES.get(description);
  return name === undefined ? `alert ${description}` : `${name} (${description})`;
}
