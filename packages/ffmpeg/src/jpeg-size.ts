import { ByteReader, MalformedError } from '@pinhole/core';

/**
 * Width and height that a JPEG file tells.
 * @returns undefined where it tells none
 * @see ITU-T T.81 §B.2.2 (frame header)
 */
export function jpegSize(jpeg: Uint8Array): { readonly width: number; readonly height: number } | undefined {
  const reader = new ByteReader(jpeg);
  try {
    reader.skip(2);
    for (;;) {
      const marker = reader.u16();
      const length = reader.u16();
      if (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)) {
        reader.skip(1);
        const height = reader.u16();
        return { width: reader.u16(), height };
      }
      reader.skip(length - 2);
    }
  } catch (thrown) {
    if (thrown instanceof MalformedError) return undefined; // it ended first
    throw thrown;
  }
}
