import type { Micros } from '@pinhole/core';
import { micros } from '@pinhole/core';

/** What a test picture says about itself. */
export interface TimeCode {
  /** Counts pictures, 0…2^32 - 1. */
  readonly frameNumber: number;
  /** When the picture was drawn, UTC, 0…2^52 - 1. */
  readonly captureTime: Micros;
}

const FRAME_NUMBER_BITS = 32;
const CAPTURE_TIME_BITS = 52;
const CHECKSUM_BITS = 16;
const CONTENT_BITS = FRAME_NUMBER_BITS + CAPTURE_TIME_BITS;

/** Cells that a time code fills; a strip has at least that many. */
export const TIME_CODE_BITS = CONTENT_BITS + CHECKSUM_BITS;

/**
 * The bits of a time code, one byte (0 or 1) a cell, in reading order:
 *
 * ```
 *  frame number (32, most significant first) | capture time, µs (52) | CRC-16 of both (16) | 1 0 1 0 … to the end
 * ```
 *
 * The CRC is CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xffff), so neither an all-dark nor an all-light strip fits.
 *
 * @param cells Cells of the strip, at least `TIME_CODE_BITS`.
 */
export function timeCodeBits(code: TimeCode, cells: number = TIME_CODE_BITS): Uint8Array {
  assertFits('frameNumber', code.frameNumber, FRAME_NUMBER_BITS);
  assertFits('captureTime', code.captureTime, CAPTURE_TIME_BITS);
  const bits = new Uint8Array(cells);
  writeBits(bits, 0, FRAME_NUMBER_BITS, code.frameNumber);
  writeBits(bits, FRAME_NUMBER_BITS, CAPTURE_TIME_BITS, code.captureTime);
  writeBits(bits, CONTENT_BITS, CHECKSUM_BITS, checksum(bits));
  for (let i = TIME_CODE_BITS; i < cells; i++) bits[i] = fillerBit(i);
  return bits;
}

/**
 * Reads back what `timeCodeBits` made.
 * @returns undefined when the checksum or the filler does not fit.
 */
export function parseTimeCodeBits(bits: Uint8Array): TimeCode | undefined {
  if (bits.length < TIME_CODE_BITS) return undefined;
  for (let i = TIME_CODE_BITS; i < bits.length; i++) if (bits[i] !== fillerBit(i)) return undefined;
  if (readBits(bits, CONTENT_BITS, CHECKSUM_BITS) !== checksum(bits)) return undefined;
  return {
    frameNumber: readBits(bits, 0, FRAME_NUMBER_BITS),
    captureTime: micros(readBits(bits, FRAME_NUMBER_BITS, CAPTURE_TIME_BITS)),
  };
}

const fillerBit = (cell: number): number => (cell - TIME_CODE_BITS + 1) % 2;

function checksum(bits: Uint8Array): number {
  let crc = 0xffff;
  for (let i = 0; i < CONTENT_BITS; i++) {
    const feedback = ((crc >> 15) & 1) ^ (bits[i] ?? 0);
    crc = ((crc << 1) & 0xffff) ^ (feedback === 1 ? 0x1021 : 0);
  }
  return crc;
}

function writeBits(bits: Uint8Array, at: number, count: number, value: number): void {
  let rest = value;
  for (let i = count - 1; i >= 0; i--) {
    bits[at + i] = rest % 2;
    rest = Math.floor(rest / 2);
  }
}

function readBits(bits: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = 0; i < count; i++) value = value * 2 + (bits[at + i] ?? 0);
  return value;
}

function assertFits(field: string, value: number, bits: number): void {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${field} ${value} is not a whole number of ${bits} bits`);
  }
}
