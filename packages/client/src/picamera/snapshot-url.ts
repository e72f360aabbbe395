/** Bytes that one call of `String.fromCharCode` takes without a long stack. */
const PART_BYTES = 8192;

/** A JPEG picture as an address that an `<img>` shows. */
export function snapshotUrl(jpeg: Uint8Array): string {
  let text = '';
  for (let at = 0; at < jpeg.byteLength; at += PART_BYTES) {
    text += String.fromCharCode(...jpeg.subarray(at, at + PART_BYTES));
  }
  return `data:image/jpeg;base64,${btoa(text)}`;
}
