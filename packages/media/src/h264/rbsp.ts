import { MalformedError } from '@pinhole/core';
import { BitReader } from './bit-reader.ts';
import { removeEmulationPrevention } from './emulation-prevention.ts';
import { nalType } from './nal-type.ts';

/** The RBSP of a NAL unit: what follows its header byte, emulation prevention removed; a view where nothing was. */
export const rbspOf = (nal: Uint8Array): Uint8Array => removeEmulationPrevention(nal.subarray(1));

/**
 * A reader over the RBSP of a NAL unit that must be of `type`.
 * @throws {MalformedError} `h264/nal-type`
 */
export function openRbsp(nal: Uint8Array, type: number, name: string): BitReader {
  if (nal.byteLength < 2 || nalType(nal) !== type) {
    throw new MalformedError(
      'h264/nal-type',
      `NAL unit of type ${nalType(nal)} with ${nal.byteLength} bytes where type ${type} (${name}) is needed, without start code`,
    );
  }
  return new BitReader(rbspOf(nal));
}

/**
 * `value` when it lies in `min`…`max`.
 * @throws {MalformedError} `code`, naming the syntax element.
 */
export function inRange(
  value: number,
  [min, max]: readonly [number, number],
  { code, name }: { readonly code: string; readonly name: string },
): number {
  if (value < min || value > max) {
    throw new MalformedError(code, `${name} is ${value}, the standard allows ${min}…${max}`);
  }
  return value;
}
