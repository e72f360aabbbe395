import { crc32 } from 'node:zlib';

/** One line of a log. */
export interface CheckedLine {
  /** What was written; nothing when the line is damaged. */
  readonly text: string | undefined;
  /** Where the next line begins. */
  readonly end: number;
}

const NEWLINE = 0x0a;
const SUM_LENGTH = 9;

/** A text without line breaks as a line that tells when it was torn or garbled: CRC-32 in eight hex digits, a space, the text. */
export const checkedLine = (text: string): string => `${sumOf(text)} ${text}\n`;

/** @yields the whole lines of a log, whatever its bytes; a last one without its end is left out. */
export function* checkedLinesOf(bytes: Uint8Array): Generator<CheckedLine, void, void> {
  const decoder = new TextDecoder();
  let at = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, at)) {
    const text = bytes.subarray(at + SUM_LENGTH, end);
    const sum = decoder.decode(bytes.subarray(at, at + SUM_LENGTH));
    const isWhole = end - at > SUM_LENGTH && sum === `${sumOf(text)} `;
    at = end + 1;
    yield { text: isWhole ? decoder.decode(text) : undefined, end: at };
  }
}

const sumOf = (text: string | Uint8Array): string => crc32(text).toString(16).padStart(8, '0');
