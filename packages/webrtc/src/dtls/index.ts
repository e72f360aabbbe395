export { sharedCertificate } from './certificate.ts';
export { DtlsConnection } from './dtls-connection.ts';
export type { SrtpKeyPair } from './srtp-key-pair.ts';
