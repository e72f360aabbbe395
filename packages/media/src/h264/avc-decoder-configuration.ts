import { ByteReader, ByteWriter, MalformedError } from '@pinhole/core';
import type { AvccLengthSize } from './avcc.ts';
import { parseSps } from './sps.ts';

/** The `avcC` record of MP4 and Matroska, also `AVCDecoderConfigurationRecord` of FLV. */
export interface AvcDecoderConfiguration {
  readonly profileIdc: number;
  /** The byte behind `profile_idc` of the SPS. */
  readonly constraintFlags: number;
  readonly levelIdc: number;
  /** Bytes of the length before each NAL unit of a sample. */
  readonly lengthSizeBytes: AvccLengthSize;
  /** NAL units without start code. */
  readonly sps: readonly Uint8Array[];
  /** NAL units without start code. */
  readonly pps: readonly Uint8Array[];
  /** SPS extension NAL units (type 13), for alpha; rarely any. */
  readonly spsExtensions: readonly Uint8Array[];
}

/** What a record is made of; profile and level come from the first SPS. */
export interface AvcParameterSets {
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  readonly spsExtensions?: readonly Uint8Array[];
}

const CODE = 'h264/avc-decoder-configuration';

/** Profiles whose record ends with chroma format and bit depths (ISO/IEC 14496-15 §5.3.3.1.2). */
const PROFILES_WITH_COLOUR = new Set([100, 110, 122, 144, 244]);

/**
 * Reads an `avcC` record. Tolerates reserved bits that are clear, and a missing or cut end behind the parameter sets:
 * many muxers leave out what High profile asks for there.
 * @returns views into `record`; they die with it.
 * @throws {MalformedError} `h264/avc-decoder-configuration`
 * @see ISO/IEC 14496-15 §5.3.3.1
 */
export function parseAvcDecoderConfiguration(record: Uint8Array): AvcDecoderConfiguration {
  try {
    return read(new ByteReader(record));
  } catch (thrown) {
    if (!(thrown instanceof MalformedError) || thrown.code === CODE) throw thrown;
    throw new MalformedError(CODE, `the record ends too early: ${thrown.message}`, { cause: thrown });
  }
}

/**
 * Writes an `avcC` record for samples with 4-byte lengths.
 * @throws {MalformedError} `h264/avc-decoder-configuration` without SPS or with more or larger parameter sets than the
 *   record holds; as `parseSps` for an SPS that cannot be read.
 * @see ISO/IEC 14496-15 §5.3.3.1
 */
export function serializeAvcDecoderConfiguration(sets: AvcParameterSets): Uint8Array {
  const [first] = sets.sps;
  if (!first) throw new MalformedError(CODE, 'no SPS given: at least one is needed');
  const sps = parseSps(first);
  const writer = new ByteWriter().u8(1).u8(sps.profileIdc).u8(sps.constraintFlags).u8(sps.levelIdc);
  writer.u8(0xfc | 3); // reserved bits, lengthSizeMinusOne
  writeSets(writer, sets.sps, { name: 'SPS', max: 31, reserved: 0xe0 });
  writeSets(writer, sets.pps, { name: 'PPS', max: 255, reserved: 0 });
  if (PROFILES_WITH_COLOUR.has(sps.profileIdc)) {
    writer.u8(0xfc | sps.chromaFormatIdc);
    writer.u8(0xf8 | (sps.bitDepthLuma - 8));
    writer.u8(0xf8 | (sps.bitDepthChroma - 8));
    writeSets(writer, sets.spsExtensions ?? [], { name: 'SPS extensions', max: 255, reserved: 0 });
  }
  return writer.finish().slice();
}

function read(reader: ByteReader): AvcDecoderConfiguration {
  const version = reader.u8();
  if (version !== 1) throw new MalformedError(CODE, `version ${version}, only 1 is known`);
  const profileIdc = reader.u8();
  const constraintFlags = reader.u8();
  const levelIdc = reader.u8();
  const lengthSizeBytes = (reader.u8() & 3) + 1;
  if (lengthSizeBytes === 3)
    throw new MalformedError(CODE, 'lengthSizeMinusOne is 2, the standard allows 0, 1, 3');
  const sps = readSets(reader, reader.u8() & 0x1f);
  const pps = readSets(reader, reader.u8());
  const spsExtensions = PROFILES_WITH_COLOUR.has(profileIdc) ? readExtensions(reader) : [];
  return {
    profileIdc,
    constraintFlags,
    levelIdc,
    lengthSizeBytes: lengthSizeBytes as AvccLengthSize,
    sps,
    pps,
    spsExtensions,
  };
}

const readSets = (reader: ByteReader, count: number): readonly Uint8Array[] =>
  Array.from({ length: count }, () => reader.bytes(reader.u16()));

function readExtensions(reader: ByteReader): readonly Uint8Array[] {
  if (reader.remaining < 4) return [];
  reader.skip(3); // chroma_format, bit_depth_luma_minus8, bit_depth_chroma_minus8: the SPS has them
  try {
    return readSets(reader, reader.u8());
  } catch (thrown) {
    if (thrown instanceof MalformedError) return [];
    throw thrown;
  }
}

function writeSets(
  writer: ByteWriter,
  nals: readonly Uint8Array[],
  { name, max, reserved }: { readonly name: string; readonly max: number; readonly reserved: number },
): void {
  if (nals.length > max) throw new MalformedError(CODE, `${nals.length} ${name}, the record holds ${max}`);
  writer.u8(reserved | nals.length);
  for (const nal of nals) {
    if (nal.byteLength > 0xffff) {
      throw new MalformedError(CODE, `${name} of ${nal.byteLength} bytes, the record holds 65535 each`);
    }
    writer.u16(nal.byteLength).bytes(nal);
  }
}
