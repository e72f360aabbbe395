import type { ByteWriter } from '@pinhole/core';

/** A four-character code as the number it is on the wire. */
export function fourCc(code: string): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 256 + code.charCodeAt(i);
  return value;
}

/**
 * Writes a box whose size is known once `body` has written its content.
 * @see ISO/IEC 14496-12 §4.2
 */
export function writeBox(writer: ByteWriter, type: string, body: () => void): void {
  const start = writer.length;
  writer.u32(0).u32(fourCc(type));
  body();
  writer.patchU32(start, writer.length - start);
}

/** Writes a box that begins with version (0 unless told) and `flags`. */
export function writeFullBox(
  writer: ByteWriter,
  {
    type,
    version = 0,
    flags = 0,
  }: { readonly type: string; readonly version?: number; readonly flags?: number },
  body: () => void,
): void {
  writeBox(writer, type, () => {
    writer.u8(version).u24(flags);
    body();
  });
}

/** Writes `count` zero bytes: reserved fields. */
export function writeZeros(writer: ByteWriter, count: number): void {
  writer.bytes(new Uint8Array(count));
}
