import type { CmdType } from './codes.ts';

/** The most bytes of a body in one frame of generation A; the type byte comes before them. */
export const LEGACY_CHUNK_BYTES = 65_535;

/**
 * The frame that begins an answer of generation A: `type`, then the length of the body in ASCII digits.
 * @throws {RangeError} for an empty body: clients would take what comes next for a length, and throw
 */
export function legacyHeader(type: CmdType, totalBytes: number): Uint8Array {
  if (!Number.isSafeInteger(totalBytes) || totalBytes < 1) {
    throw new RangeError(`an answer of generation A with ${totalBytes} bytes`);
  }
  return Uint8Array.from([type, ...Array.from(String(totalBytes), (digit) => digit.charCodeAt(0))]);
}

/**
 * A frame with a part of the body; `bytes` is copied behind the type.
 * @throws {RangeError} for none, which would end the answer, or more than {@link LEGACY_CHUNK_BYTES}
 */
export function legacyChunk(type: CmdType, bytes: Uint8Array): Uint8Array {
  if (bytes.byteLength < 1 || bytes.byteLength > LEGACY_CHUNK_BYTES) {
    throw new RangeError(`${bytes.byteLength} bytes in one frame of generation A`);
  }
  const frame = new Uint8Array(1 + bytes.byteLength);
  frame[0] = type;
  frame.set(bytes, 1);
  return frame;
}

/** The frame that ends an answer. The next answer of the same type may not begin before it. */
export const legacyTrailer = (type: CmdType): Uint8Array => Uint8Array.of(type);

/**
 * All frames of an answer whose body is at hand, in order.
 * @throws {RangeError} for an empty body
 */
export function* legacyFrames(type: CmdType, body: Uint8Array): Generator<Uint8Array, void, void> {
  yield legacyHeader(type, body.byteLength);
  for (let at = 0; at < body.byteLength; at += LEGACY_CHUNK_BYTES) {
    yield legacyChunk(type, body.subarray(at, at + LEGACY_CHUNK_BYTES));
  }
  yield legacyTrailer(type);
}
