import { microsToMillis } from '@pinhole/core';
import type { JpegPicture } from '@pinhole/engine';

const BOUNDARY = 'pinhole-picture';

/** Of a response that is a row of pictures, each replacing the one before (`multipart/x-mixed-replace`). */
export const MULTIPART_TYPE = `multipart/x-mixed-replace; boundary=${BOUNDARY}`;

const encoder = new TextEncoder();

/** Goes before the first part. */
export const MULTIPART_START: Uint8Array = encoder.encode(`--${BOUNDARY}\r\n`);

const PART_END: Uint8Array = encoder.encode(`\r\n--${BOUNDARY}\r\n`);

/**
 * One part: headers, the file, and the boundary that ends it. Browsers show a part when they have seen its end, so that
 * must not wait for the next picture.
 *
 * `X-Timestamp` is when the picture was captured, in seconds of UTC, as cameras write it; `X-Captured-At` is the same for
 * people.
 */
export function multipartPart({ data, captureTime, width, height }: JpegPicture): readonly Uint8Array[] {
  const head = [
    'Content-Type: image/jpeg',
    `Content-Length: ${data.byteLength}`,
    `X-Timestamp: ${(captureTime / 1e6).toFixed(6)}`,
    `X-Captured-At: ${new Date(microsToMillis(captureTime)).toISOString()}`,
    `X-Picture-Size: ${width}x${height}`,
  ];
  return [encoder.encode(`${head.join('\r\n')}\r\n\r\n`), data, PART_END];
}
