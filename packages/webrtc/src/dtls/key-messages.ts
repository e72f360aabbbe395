import { ByteReader, ByteWriter, MalformedError } from '@pinhole/core';
import { parseCodes, requireEnd, serializeCodes } from './extensions.ts';
import { SIGNATURE_SCHEMES, type Signature } from './signature-schemes.ts';

const NAMED_CURVE = 3;
/** Kinds of certificates that are taken (RFC 8422 §5.5, RFC 5246 §7.4.4). */
const CERTIFICATE_TYPES = Uint8Array.of(64, 1); // ecdsa_sign, rsa_sign

/** Certificate: a chain of one. @see RFC 5246 §7.4.2 */
export const serializeCertificate = (der: Uint8Array): Uint8Array =>
  new ByteWriter(der.byteLength + 6)
    .u24(der.byteLength + 3)
    .u24(der.byteLength)
    .bytes(der)
    .finish();

/**
 * The first certificate of a chain, which is the peer's; undefined for an empty one.
 * @returns a view
 * @throws {MalformedError} `bytes/too-short`, `dtls/malformed`
 */
export function parseCertificate(body: Uint8Array): Uint8Array | undefined {
  const reader = new ByteReader(body);
  const chain = new ByteReader(reader.bytes(reader.u24()));
  requireEnd(reader, 'a chain of certificates');
  return chain.remaining === 0 ? undefined : chain.bytes(chain.u24());
}

/** What the server agrees by, and its signature of that. */
export interface ServerKeyExchange {
  readonly group: number;
  readonly publicKey: Uint8Array;
  /** All of the message that is signed, along with both random numbers. */
  readonly signed: Uint8Array;
  readonly signature: Signature;
}

/** The part of ServerKeyExchange that is signed. @see RFC 8422 §5.4 */
export const serializeKeyParameters = (group: number, publicKey: Uint8Array): Uint8Array =>
  new ByteWriter().u8(NAMED_CURVE).u16(group).u8(publicKey.byteLength).bytes(publicKey).finish();

/** A signature, as CertificateVerify is one and ServerKeyExchange ends with one. @see RFC 5246 §4.7 */
export const serializeSignature = ({ scheme, bytes }: Signature): Uint8Array =>
  new ByteWriter().u16(scheme).u16(bytes.byteLength).bytes(bytes).finish();

/**
 * @returns views
 * @throws {MalformedError} `bytes/too-short`, `dtls/malformed`
 * @see RFC 8422 §5.4
 */
export function parseServerKeyExchange(body: Uint8Array): ServerKeyExchange {
  const reader = new ByteReader(body);
  const type = reader.u8();
  if (type !== NAMED_CURVE)
    throw new MalformedError('dtls/malformed', `curve type ${type} in a server key exchange, need 3`);
  const group = reader.u16();
  const publicKey = reader.bytes(reader.u8());
  const signed = body.subarray(0, reader.offset);
  const signature = parseSignature(reader);
  return { group, publicKey, signed, signature };
}

/**
 * @returns views
 * @throws {MalformedError} `bytes/too-short`, `dtls/malformed`
 */
export function parseSignature(reader: ByteReader): Signature {
  const scheme = reader.u16();
  const bytes = reader.bytes(reader.u16());
  requireEnd(reader, 'a signature');
  return { scheme, bytes };
}

/** Asks the client for a certificate, of whomever: what it is known by is the fingerprint. @see RFC 5246 §7.4.4 */
export const serializeCertificateRequest = (): Uint8Array =>
  new ByteWriter()
    .u8(CERTIFICATE_TYPES.byteLength)
    .bytes(CERTIFICATE_TYPES)
    .bytes(serializeCodes(SIGNATURE_SCHEMES))
    .u16(0)
    .finish();

/**
 * What the client may sign with.
 * @throws {MalformedError} `bytes/too-short`, `dtls/malformed`
 */
export function parseCertificateRequest(body: Uint8Array): readonly number[] {
  const reader = new ByteReader(body);
  reader.skip(reader.u8());
  const schemes = parseCodes(reader);
  reader.skip(reader.u16());
  requireEnd(reader, 'a certificate request');
  return schemes;
}

/** ClientKeyExchange. @see RFC 8422 §5.7 */
export const serializeClientKeyExchange = (publicKey: Uint8Array): Uint8Array =>
  new ByteWriter().u8(publicKey.byteLength).bytes(publicKey).finish();

/**
 * The client's public key.
 * @returns a view
 * @throws {MalformedError} `bytes/too-short`, `dtls/malformed`
 */
export function parseClientKeyExchange(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  const publicKey = reader.bytes(reader.u8());
  requireEnd(reader, 'a client key exchange');
  return publicKey;
}
