import { MalformedError } from '@pinhole/core';
import type { RtpExtension } from './rtp-packet.ts';

/** Profile of the one-byte form: ids 1…14, values of 1…16 bytes (RFC 8285 §4.2). */
export const ONE_BYTE_PROFILE = 0xbede;

/** Profile of the two-byte form: ids 1…255, values of 0…255 bytes (RFC 8285 §4.3); its lower 4 bits are for the application. */
export const TWO_BYTE_PROFILE = 0x1000;

/** One element of a header extension. What `id` means is settled by `a=extmap` in SDP. */
export interface ExtensionElement {
  readonly id: number;
  readonly value: Uint8Array;
}

/**
 * The elements of a header extension, in either form; none when the profile is not one of RFC 8285.
 * @returns views.
 * @throws {MalformedError} `rtp/extension-element` an element is longer than the extension.
 * @see RFC 8285 §4.1.2 (padding), §4.2 (id 15 ends the reading), §4.3
 */
export function parseExtensionElements({ profile, bytes }: RtpExtension): ExtensionElement[] {
  const oneByte = profile === ONE_BYTE_PROFILE;
  if (!oneByte && (profile & 0xfff0) !== TWO_BYTE_PROFILE) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements: ExtensionElement[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const first = view.getUint8(at);
    if (first === 0) {
      at++;
      continue;
    }
    const id = oneByte ? first >> 4 : first;
    if (oneByte && id === 15) break;
    const start = at + (oneByte ? 1 : 2);
    if (start > bytes.byteLength) {
      throw new MalformedError('rtp/extension-element', `element ${id} ends before its length`);
    }
    const length = oneByte ? (first & 0x0f) + 1 : view.getUint8(at + 1);
    if (start + length > bytes.byteLength) {
      const left = bytes.byteLength - start;
      throw new MalformedError('rtp/extension-element', `element ${id} has ${length} bytes, ${left} left`);
    }
    // One-byte id 0 with a length is padding too: its value is passed over.
    if (id !== 0) elements.push({ id, value: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/**
 * A header extension of these elements, in the one-byte form when all fit it, else in the two-byte form (which the
 * peer must have agreed to by `a=extmap-allow-mixed`).
 * @throws {RangeError} an id outside 1…255 or a value above 255 bytes.
 * @see RFC 8285 §4.2, §4.3
 */
export function serializeExtensionElements(elements: readonly ExtensionElement[]): RtpExtension {
  for (const { id, value } of elements) {
    if (!Number.isInteger(id) || id < 1 || id > 255) throw new RangeError(`extension id ${id}, need 1…255`);
    if (value.byteLength > 255) {
      throw new RangeError(`extension ${id} has ${value.byteLength} bytes, at most 255 fit`);
    }
  }
  const oneByte = elements.every(
    ({ id, value: { byteLength } }) => id <= 14 && byteLength >= 1 && byteLength <= 16,
  );
  const headerBytes = oneByte ? 1 : 2;
  const length = elements.reduce((sum, { value }) => sum + headerBytes + value.byteLength, 0);
  const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
  let at = 0;
  for (const { id, value } of elements) {
    if (oneByte) {
      bytes[at] = (id << 4) | (value.byteLength - 1);
    } else {
      bytes[at] = id;
      bytes[at + 1] = value.byteLength;
    }
    bytes.set(value, at + headerBytes);
    at += headerBytes + value.byteLength;
  }
  return { profile: oneByte ? ONE_BYTE_PROFILE : TWO_BYTE_PROFILE, bytes };
}
