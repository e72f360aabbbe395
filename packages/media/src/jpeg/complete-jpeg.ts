import { JpegWalk, type PictureSize } from './jpeg-walk.ts';

const DHT = 0xc4;
const SOS = 0xda;

/** The tables of ITU-T T.81 Annex K.3 as one DHT segment: luminance DC and AC, chrominance DC and AC. */
const STANDARD_TABLES = Uint8Array.from(
  (
    'ffc401a2' +
    '0000010501010101010100000000000000' +
    '000102030405060708090a0b' +
    '0100030101010101010101010000000000' +
    '000102030405060708090a0b' +
    '100002010303020403050504040000017d' +
    '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a' +
    '3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a929394' +
    '95969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8' +
    'e9eaf1f2f3f4f5f6f7f8f9fa' +
    '1100020102040403040705040400010277' +
    '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728' +
    '292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92' +
    '939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7' +
    'e8e9eaf2f3f4f5f6f7f8f9fa'
  )
    .match(/../g)
    ?.map((byte) => Number.parseInt(byte, 16)) ?? [],
);

/** A whole JPEG that any decoder takes. */
export interface CompleteJpeg extends PictureSize {
  readonly jpeg: Uint8Array;
}

/**
 * Makes a JPEG of what a USB camera sends: without the padding behind its end, and with the standard Huffman tables
 * where the camera leaves them out, as Motion JPEG allows and browsers do not.
 * @returns undefined where it is no whole JPEG; a view where nothing was missing, else a copy.
 */
export function completeJpeg(bytes: Uint8Array): CompleteJpeg | undefined {
  const walk = new JpegWalk();
  let hasTables = false;
  let scanAt: number | undefined;
  let step = walk.step(bytes);
  for (; step === 'segment'; step = walk.step(bytes)) {
    const marker = bytes[walk.offset + 1];
    if (marker === DHT) hasTables = true;
    if (marker === SOS) scanAt ??= walk.offset;
  }
  if (step !== 'end' || walk.size === undefined || scanAt === undefined) return undefined;
  const jpeg = bytes.subarray(0, walk.offset);
  return { ...walk.size, jpeg: hasTables ? jpeg : withTables(jpeg, scanAt) };
}

function withTables(jpeg: Uint8Array, at: number): Uint8Array {
  const whole = new Uint8Array(jpeg.byteLength + STANDARD_TABLES.byteLength);
  whole.set(jpeg.subarray(0, at));
  whole.set(STANDARD_TABLES, at);
  whole.set(jpeg.subarray(at), at + STANDARD_TABLES.byteLength);
  return whole;
}
