import { MalformedError } from '@pinhole/core';

/** Bytes of the length before each NAL unit; `lengthSizeMinusOne` + 1 of the decoder configuration. */
export type AvccLengthSize = 1 | 2 | 4;

/**
 * Splits a sample of MP4, FLV or Matroska, where a length stands before each NAL unit, into its NAL units. Empty ones
 * are left out: some muxers write them.
 * @returns views into `sample`; they die with it.
 * @throws {MalformedError} `h264/avcc` when a length reaches beyond the sample.
 * @see ISO/IEC 14496-15 §5.3.2
 */
export function splitAvcc(sample: Uint8Array, lengthSizeBytes: AvccLengthSize): readonly Uint8Array[] {
  const nals: Uint8Array[] = [];
  let at = 0;
  while (at < sample.byteLength) {
    if (at + lengthSizeBytes > sample.byteLength) {
      throw new MalformedError(
        'h264/avcc',
        `${sample.byteLength - at} bytes at offset ${at}, too few for a length of ${lengthSizeBytes} bytes`,
      );
    }
    const length = readLength(sample, at, lengthSizeBytes);
    const start = at + lengthSizeBytes;
    if (length > sample.byteLength - start) {
      throw new MalformedError(
        'h264/avcc',
        `NAL unit of ${length} bytes at offset ${start}, but the sample ends at ${sample.byteLength}`,
      );
    }
    if (length > 0) nals.push(sample.subarray(start, start + length));
    at = start + length;
  }
  return nals;
}

/**
 * Puts NAL units into one sample, each behind a 4-byte length.
 * @returns a copy.
 */
export function joinAvcc(nals: Iterable<Uint8Array>): Uint8Array {
  const list = [...nals];
  const sample = new Uint8Array(list.reduce((sum, nal) => sum + 4 + nal.byteLength, 0));
  const view = new DataView(sample.buffer);
  let at = 0;
  for (const nal of list) {
    view.setUint32(at, nal.byteLength);
    sample.set(nal, at + 4);
    at += 4 + nal.byteLength;
  }
  return sample;
}

function readLength(sample: Uint8Array, at: number, lengthSizeBytes: AvccLengthSize): number {
  let length = 0;
  for (const byte of sample.subarray(at, at + lengthSizeBytes)) length = length * 256 + byte;
  return length;
}
