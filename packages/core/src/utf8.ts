/**
 * UTF-8 of `text`; a lone surrogate becomes U+FFFD. `TextEncoder` is not among what a pure package may use.
 * @see RFC 3629 §3
 */
export function encodeUtf8(text: string): Uint8Array {
  // Three bytes a UTF-16 unit is the most: a pair of them takes four.
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    const scalar = text.codePointAt(at) ?? 0;
    const code = scalar >= 0xd800 && scalar <= 0xdfff ? 0xfffd : scalar;
    if (code < 0x80) {
      bytes[length++] = code;
      continue;
    }
    if (code < 0x800) {
      bytes[length++] = 0xc0 | (code >> 6);
    } else if (code < 0x10000) {
      bytes[length++] = 0xe0 | (code >> 12);
      bytes[length++] = 0x80 | ((code >> 6) & 0x3f);
    } else {
      at++;
      bytes[length++] = 0xf0 | (code >> 18);
      bytes[length++] = 0x80 | ((code >> 12) & 0x3f);
      bytes[length++] = 0x80 | ((code >> 6) & 0x3f);
    }
    bytes[length++] = 0x80 | (code & 0x3f);
  }
  return bytes.slice(0, length);
}

/** Units given to `String.fromCharCode` at once: arguments live on the stack. */
const UNITS_AT_ONCE = 4096;

/**
 * Text of UTF-8 `bytes`; each byte that fits no character becomes U+FFFD.
 * @see RFC 3629 §4
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const parts: string[] = [];
  let units: number[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      units.push(lead);
      at++;
    } else {
      const length = lengthOf(lead);
      const code = length === 0 ? undefined : codePoint(bytes, at, length);
      if (code === undefined) units.push(0xfffd);
      else if (code < 0x10000) units.push(code);
      else units.push(0xd7c0 + (code >> 10), 0xdc00 | (code & 0x3ff));
      at += code === undefined ? 1 : length;
    }
    if (units.length >= UNITS_AT_ONCE) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  parts.push(String.fromCharCode(...units));
  return parts.join('');
}

/** Least code point that needs so many bytes: a shorter form of the same is not UTF-8. */
const LEAST_CODE = [0, 0, 0x80, 0x800, 0x10000];

function lengthOf(lead: number): number {
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number | undefined {
  let code = (bytes[at] ?? 0) & (0x7f >> length);
  for (let next = at + 1; next < at + length; next++) {
    const byte = bytes[next] ?? 0;
    if (byte >> 6 !== 2) return undefined;
    code = (code << 6) | (byte & 0x3f);
  }
  const valid = code >= (LEAST_CODE[length] ?? 0) && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return valid ? code : undefined;
}
