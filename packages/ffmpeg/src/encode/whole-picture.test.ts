import { describe, expect, it } from 'vitest';
import { isWholePicture, rawPictureBytes } from './whole-picture.ts';

const MJPEG = { kind: 'mjpeg' } as const;
/** SOI, a frame header of 16×8 in one component, a scan of four bytes, EOI. */
const JPEG = Uint8Array.from(
  Buffer.from('ffd8ffc0000b080008001001011100ffda0008010100003f0012ff0034ffd9', 'hex'),
);

describe('isWholePicture', () => {
  it('takes a JPEG that begins, tells its size and ends, with padding behind it or without', () => {
    expect(isWholePicture(JPEG, MJPEG)).toBe(true);
    expect(isWholePicture(Uint8Array.of(...JPEG, 0, 0, 0, 0), MJPEG)).toBe(true);
  });

  it('refuses a JPEG cut off anywhere', () => {
    for (let end = 0; end < JPEG.byteLength; end++) {
      expect(isWholePicture(JPEG.subarray(0, end), MJPEG), `${end} bytes`).toBe(false);
    }
  });

  it('refuses a JPEG without pixels, and what is none', () => {
    const flat = JPEG.slice();
    flat[8] = 0; // height 0x0008
    expect(isWholePicture(flat, MJPEG)).toBe(false);
    expect(isWholePicture(new TextEncoder().encode('<html>not found</html>'), MJPEG)).toBe(false);
  });

  it('wants as many bytes of a raw picture as its size takes', () => {
    const format = { kind: 'yuyv422', width: 16, height: 8 } as const;

    expect(rawPictureBytes(format)).toBe(256);
    expect(rawPictureBytes({ ...format, kind: 'nv12' })).toBe(192);
    expect(isWholePicture(new Uint8Array(256), format)).toBe(true);
    expect(isWholePicture(new Uint8Array(255), format)).toBe(false);
  });
});
