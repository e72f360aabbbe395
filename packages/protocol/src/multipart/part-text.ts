import type { PartHeaders } from './part.ts';

const LONGEST_TEXT = 200;

/** Bytes as characters of the same codes. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The beginning of a text on one line, without what cannot be printed or is markup. */
export const printable = (bytes: Uint8Array): string =>
  latin1(bytes.subarray(0, 4 * LONGEST_TEXT))
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[^\x21-\x7e]+/g, ' ')
    .trim()
    .slice(0, LONGEST_TEXT);

/** Whether words are to be expected rather than a picture. */
export const isTextType = (type: string): boolean => /^text\/|^application\/(?:problem\+)?json/.test(type);

/** The Content-Length, which some pad with blanks; undefined where it is none. */
export function lengthOf(headers: PartHeaders): number | undefined {
  const text = headers.get('content-length') ?? '';
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
