import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { crc32 } from 'node:zlib';
import type { RemoteAddress } from './ice-socket.ts';

const HEADER_BYTES = 20;
const ATTRIBUTE_HEADER_BYTES = 4;
const MAGIC_COOKIE = 0x2112_a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;

const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const XOR_MAPPED_ADDRESS = 0x0020;
const PRIORITY = 0x0024;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
const ICE_CONTROLLED = 0x8029;
const ICE_CONTROLLING = 0x802a;
/** From here on an attribute may be passed over by whoever does not know it (RFC 8489 §14). */
const OPTIONAL = 0x8000;

const SHA1_BYTES = 20;
const INTEGRITY_BYTES = ATTRIBUTE_HEADER_BYTES + SHA1_BYTES;
const FINGERPRINT_BYTES = ATTRIBUTE_HEADER_BYTES + 4;
const FINGERPRINT_XOR = 0x5354_554e;

/** Of a peer-reflexive candidate (RFC 8445 §5.1.2.1): only who learns of one by the check needs it. */
const CHECK_PRIORITY = 110 * 2 ** 24 + 0xffff * 2 ** 8 + 255;

/** The part of an agent in ICE (RFC 8445 §6.1.1). */
export type IceRole = 'controlling' | 'controlled';

/** A message on its way along a path in use, as its attributes say. */
export interface SignedBinding {
  readonly kind: 'request' | 'success';
  /** What the sender says it is; undefined where it does not say. */
  readonly role: IceRole | undefined;
  /** Whether the sender chooses this path (RFC 8445 §7.1.2). */
  readonly nominates: boolean;
  /** Whether the key signed it. */
  readonly isSigned: boolean;
}

/**
 * Reads a connectivity check, or the response to one.
 * @returns undefined for anything else: another method, an attribute that would have to be understood, something behind the
 *   signature, a wrong fingerprint, none of all that but cut off
 * @see RFC 8489 §5, §14.5, §14.7
 */
export function readBinding(message: Uint8Array, key: KeyObject): SignedBinding | undefined {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const end = message.byteLength;
  if (end < HEADER_BYTES || view.getUint16(2) !== end - HEADER_BYTES) return undefined;
  const type = view.getUint16(0);
  if ((type !== BINDING_REQUEST && type !== BINDING_SUCCESS) || view.getUint32(4) !== MAGIC_COOKIE)
    return undefined;
  let role: IceRole | undefined;
  let nominates = false;
  let integrityAt: number | undefined;
  for (let at = HEADER_BYTES; at < end; ) {
    if (at + ATTRIBUTE_HEADER_BYTES > end) return undefined;
    const attribute = view.getUint16(at);
    const length = view.getUint16(at + 2);
    const next = at + ATTRIBUTE_HEADER_BYTES + length + (-length & 3);
    if (next > end) return undefined;
    if (attribute === FINGERPRINT) {
      if (next !== end || length !== 4 || view.getUint32(at + 4) !== fingerprintOf(message, at))
        return undefined;
    } else if (integrityAt !== undefined) return undefined;
    else if (attribute === MESSAGE_INTEGRITY) {
      if (length !== SHA1_BYTES) return undefined;
      integrityAt = at;
    } else if (attribute === USE_CANDIDATE) nominates = true;
    else if (attribute === ICE_CONTROLLING) role = 'controlling';
    else if (attribute === ICE_CONTROLLED) role = 'controlled';
    else if (attribute < OPTIONAL && !isOfChecks(attribute)) return undefined;
    at = next;
  }
  if (integrityAt === undefined) return undefined;
  const valueAt = integrityAt + ATTRIBUTE_HEADER_BYTES;
  const isSigned = timingSafeEqual(
    integrityOf(message, integrityAt, key),
    message.subarray(valueAt, valueAt + SHA1_BYTES),
  );
  return { kind: type === BINDING_REQUEST ? 'request' : 'success', role, nominates, isSigned };
}

/** A connectivity check, signed. @see RFC 8445 §7.1.1, §7.2.2 */
export function serializeCheck(check: {
  /** 12 bytes. */
  readonly transaction: Uint8Array;
  /** The peer's name and ours, `ufrag:ufrag`. */
  readonly username: string;
  readonly role: IceRole;
  readonly tieBreaker: bigint;
  readonly nominates: boolean;
  /** The peer's password. */
  readonly key: KeyObject;
}): Uint8Array {
  const { transaction, username, role, tieBreaker, nominates, key } = check;
  const name = Buffer.from(username);
  const nameBytes = name.byteLength + (-name.byteLength & 3);
  const attributeBytes = 4 + nameBytes + 8 + 12 + (nominates ? 4 : 0);
  const { message, view } = begin(BINDING_REQUEST, transaction, attributeBytes);
  let at = HEADER_BYTES;
  const attribute = (type: number, length: number, room = length): number => {
    view.setUint16(at, type);
    view.setUint16(at + 2, length);
    at += ATTRIBUTE_HEADER_BYTES + room;
    return at - room;
  };
  message.set(name, attribute(USERNAME, name.byteLength, nameBytes));
  view.setUint32(attribute(PRIORITY, 4), CHECK_PRIORITY);
  view.setBigUint64(attribute(role === 'controlling' ? ICE_CONTROLLING : ICE_CONTROLLED, 8), tieBreaker);
  if (nominates) attribute(USE_CANDIDATE, 0);
  return sign(message, at, key);
}

/**
 * The response to a check, signed with our password: it was heard, and came from there.
 * @returns undefined for an address in a notation that is not known here
 * @see RFC 8489 §14.2 (XOR-MAPPED-ADDRESS)
 */
export function serializeCheckResponse(
  request: Uint8Array,
  [host, port]: RemoteAddress,
  key: KeyObject,
): Uint8Array | undefined {
  const address = addressBytes(host);
  if (!address) return undefined;
  const transaction = request.subarray(8, HEADER_BYTES);
  const { message, view } = begin(BINDING_SUCCESS, transaction, 8 + address.byteLength);
  view.setUint16(HEADER_BYTES, XOR_MAPPED_ADDRESS);
  view.setUint16(HEADER_BYTES + 2, 4 + address.byteLength);
  view.setUint16(HEADER_BYTES + 4, address.byteLength === 4 ? 1 : 2);
  view.setUint16(HEADER_BYTES + 6, port ^ (MAGIC_COOKIE >>> 16));
  // With the cookie, and behind it with the transaction's number: they follow each other in the header.
  for (const [i, byte] of address.entries()) message[HEADER_BYTES + 8 + i] = byte ^ (message[4 + i] ?? 0);
  return sign(message, HEADER_BYTES + 8 + address.byteLength, key);
}

const isOfChecks = (attribute: number): boolean =>
  attribute === USERNAME || attribute === PRIORITY || attribute === XOR_MAPPED_ADDRESS;

function begin(
  type: number,
  transaction: Uint8Array,
  attributeBytes: number,
): { readonly message: Uint8Array; readonly view: DataView } {
  const message = new Uint8Array(HEADER_BYTES + attributeBytes + INTEGRITY_BYTES + FINGERPRINT_BYTES);
  const view = new DataView(message.buffer);
  view.setUint16(0, type);
  view.setUint16(2, message.byteLength - HEADER_BYTES);
  view.setUint32(4, MAGIC_COOKIE);
  message.set(transaction, 8);
  return { message, view };
}

/** Puts signature and fingerprint behind what is written. */
function sign(message: Uint8Array, integrityAt: number, key: KeyObject): Uint8Array {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  view.setUint16(integrityAt, MESSAGE_INTEGRITY);
  view.setUint16(integrityAt + 2, SHA1_BYTES);
  message.set(integrityOf(message, integrityAt, key), integrityAt + ATTRIBUTE_HEADER_BYTES);
  const fingerprintAt = integrityAt + INTEGRITY_BYTES;
  view.setUint16(fingerprintAt, FINGERPRINT);
  view.setUint16(fingerprintAt + 2, 4);
  view.setUint32(fingerprintAt + 4, fingerprintOf(message, fingerprintAt));
  return message;
}

/** Over all before it, as if it were the last (RFC 8489 §14.5). */
function integrityOf(message: Uint8Array, integrityAt: number, key: KeyObject): Uint8Array {
  // `slice` of a Buffer would be no copy.
  const signed = new Uint8Array(message.subarray(0, integrityAt));
  new DataView(signed.buffer).setUint16(2, integrityAt - HEADER_BYTES + INTEGRITY_BYTES);
  return createHmac('sha1', key).update(signed).digest();
}

const fingerprintOf = (message: Uint8Array, fingerprintAt: number): number =>
  (crc32(message.subarray(0, fingerprintAt)) ^ FINGERPRINT_XOR) >>> 0;

/** 4 or 16 bytes; undefined for what is no IP address, or one that is written half in decimals. */
function addressBytes(host: string): Uint8Array | undefined {
  if (isIPv4(host)) return Uint8Array.from(host.split('.'), Number);
  if (!isIPv6(host) || /[.%]/.test(host)) return undefined;
  const [before = [], after = []] = host
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':').map((group) => Number.parseInt(group, 16))));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}
