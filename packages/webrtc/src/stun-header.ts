/** Bytes of a STUN header (RFC 8489 §5). */
const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112_a442;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const FINGERPRINT = 0x8028;

/** RFC 8445 §5.3 allows 256 characters for each of the two names in a USERNAME. */
const MAX_USERNAME_BYTES = 513;

/** What a STUN message is, by the class bits of its type. */
export type StunClass = 'request' | 'indication' | 'success' | 'error';

const CLASSES: readonly StunClass[] = ['request', 'indication', 'success', 'error'];

/**
 * What kind of STUN message a datagram is; undefined where it is none.
 *
 * ```text
 *  0 0 M M M M M C M M M C M M M M    type: M method, C class
 * ```
 *
 * @see RFC 8489 §5, RFC 7983 §7 (first byte 0…3)
 */
export function stunClassOf(datagram: Uint8Array): StunClass | undefined {
  if (datagram.byteLength < HEADER_BYTES || (datagram[0] ?? 0xff) > 3) return undefined;
  const view = viewOf(datagram);
  const hasLength = view.getUint16(2) === datagram.byteLength - HEADER_BYTES;
  if (!hasLength || view.getUint32(4) !== MAGIC_COOKIE) return undefined;
  const type = view.getUint16(0);
  return CLASSES[((type & 0x0100) >> 7) | ((type & 0x0010) >> 4)];
}

/** The 12 bytes that a response has in common with its request, as text to look up. */
export function transactionOf(message: Uint8Array): string {
  return latin1(message.subarray(8, HEADER_BYTES));
}

/**
 * The name that the peer calls us by: what stands before the colon in the USERNAME of a connectivity check.
 * @returns undefined where there is none
 * @see RFC 8445 §7.2.2
 */
export function localUfragOf(request: Uint8Array): string | undefined {
  for (const { type, value } of attributesOf(request)) {
    if (type !== USERNAME) continue;
    if (value.byteLength > MAX_USERNAME_BYTES) return undefined;
    const colon = value.indexOf(0x3a);
    return colon > 0 ? latin1(value.subarray(0, colon)) : undefined;
  }
  return undefined;
}

/**
 * Whether something stands behind the signature of a STUN message that the signature does not cover; only a FINGERPRINT
 * may. Anybody on the way could have put it there.
 * @see RFC 8489 §14.5
 */
export function hasUnsignedTail(message: Uint8Array): boolean {
  let isSigned = false;
  for (const { type } of attributesOf(message)) {
    if (isSigned && type !== FINGERPRINT) return true;
    isSigned ||= type === MESSAGE_INTEGRITY;
  }
  return false;
}

/** The attributes of a STUN message, up to the first that passes its end. */
function* attributesOf(
  message: Uint8Array,
): Generator<{ readonly type: number; readonly value: Uint8Array }, void, void> {
  const view = viewOf(message);
  for (let at = HEADER_BYTES; at + 4 <= message.byteLength; ) {
    const length = view.getUint16(at + 2);
    const end = at + 4 + length;
    if (end > message.byteLength) return;
    yield { type: view.getUint16(at), value: message.subarray(at + 4, end) };
    // Padded to whole 32-bit words.
    at = end + (-length & 3);
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
