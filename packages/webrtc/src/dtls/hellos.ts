import { ByteReader, ByteWriter, MalformedError } from '@pinhole/core';
import { VERSION } from './code-points.ts';
import {
  type Extensions,
  parseCodes,
  parseExtensions,
  requireEnd,
  serializeCodes,
  serializeExtensions,
} from './extensions.ts';

/** 32 bytes in each hello. */
export const RANDOM_BYTES = 32;
const MAX_SESSION_ID_BYTES = 32;

/** What a client offers. */
export interface ClientHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly cookie: Uint8Array;
  readonly suites: readonly number[];
  readonly extensions: Extensions;
}

/** What a server chose. */
export interface ServerHello {
  readonly version: number;
  readonly random: Uint8Array;
  readonly suite: number;
  readonly extensions: Extensions;
}

/** @see RFC 6347 §4.2.1 (cookie), RFC 5246 §7.4.1.2. Without a session to take up, and without compression. */
export const serializeClientHello = (hello: Omit<ClientHello, 'version'>): Uint8Array =>
  new ByteWriter()
    .u16(VERSION.dtls12)
    .bytes(hello.random)
    .u8(0)
    .u8(hello.cookie.byteLength)
    .bytes(hello.cookie)
    .bytes(serializeCodes(hello.suites))
    .u16(0x0100)
    .bytes(serializeExtensions(hello.extensions))
    .finish();

/**
 * @returns views
 * @throws {MalformedError} `bytes/too-short`, `dtls/malformed`
 */
export function parseClientHello(body: Uint8Array): ClientHello {
  const reader = new ByteReader(body);
  const version = reader.u16();
  const random = reader.bytes(RANDOM_BYTES);
  skipSessionId(reader);
  const cookie = reader.bytes(reader.u8());
  const suites = parseCodes(reader);
  const compressions = reader.bytes(reader.u8());
  if (!compressions.includes(0))
    throw new MalformedError('dtls/malformed', 'a client hello that wants compression');
  return { version, random, cookie, suites, extensions: parseExtensions(reader) };
}

/** @see RFC 5246 §7.4.1.3. The session cannot be taken up later. */
export const serializeServerHello = (hello: Omit<ServerHello, 'version'>): Uint8Array =>
  new ByteWriter()
    .u16(VERSION.dtls12)
    .bytes(hello.random)
    .u8(0)
    .u16(hello.suite)
    .u8(0)
    .bytes(serializeExtensions(hello.extensions))
    .finish();

/**
 * @returns views
 * @throws {MalformedError} `bytes/too-short`, `dtls/malformed`
 */
export function parseServerHello(body: Uint8Array): ServerHello {
  const reader = new ByteReader(body);
  const version = reader.u16();
  const random = reader.bytes(RANDOM_BYTES);
  skipSessionId(reader);
  const suite = reader.u16();
  if (reader.u8() !== 0) throw new MalformedError('dtls/malformed', 'a server hello with compression');
  return { version, random, suite, extensions: parseExtensions(reader) };
}

/**
 * The cookie by which a server has clients prove that they get what it sends.
 * @returns a view
 * @throws {MalformedError} `bytes/too-short`, `dtls/malformed`
 * @see RFC 6347 §4.2.1
 */
export function parseHelloVerifyRequest(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body);
  // The version says nothing here: servers of 1.2 put the one of 1.0.
  reader.skip(2);
  const cookie = reader.bytes(reader.u8());
  requireEnd(reader, 'a cookie');
  return cookie;
}

function skipSessionId(reader: ByteReader): void {
  const length = reader.u8();
  if (length > MAX_SESSION_ID_BYTES)
    throw new MalformedError(
      'dtls/malformed',
      `a session id of ${length} bytes, ${MAX_SESSION_ID_BYTES} at most`,
    );
  reader.skip(length);
}
