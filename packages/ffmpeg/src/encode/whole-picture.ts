import { JpegWalk } from '@pinhole/media/jpeg';
import type { PictureFormat } from './encoder-options.ts';

/**
 * Tells whether a picture is all there: a JPEG that begins, tells its size and ends, or as many pixels as the size
 * takes. What lies behind the end of a JPEG is padding.
 */
export function isWholePicture(picture: Uint8Array, format: PictureFormat): boolean {
  return format.kind === 'mjpeg' ? isWholeJpeg(picture) : picture.byteLength >= rawPictureBytes(format);
}

/** Bytes of a raw picture. */
export function rawPictureBytes(format: Exclude<PictureFormat, { readonly kind: 'mjpeg' }>): number {
  const { kind, width, height } = format;
  const chroma = Math.ceil(width / 2) * Math.ceil(height / 2) * 2;
  return kind === 'yuyv422' || kind === 'uyvy422'
    ? 4 * Math.ceil(width / 2) * height
    : width * height + chroma;
}

function isWholeJpeg(jpeg: Uint8Array): boolean {
  const walk = new JpegWalk();
  const { width = 0, height = 0 } = (walk.advance(jpeg) === 'end' && walk.size) || {};
  return width > 0 && height > 0;
}
