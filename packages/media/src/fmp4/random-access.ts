import { ByteReader, ByteWriter, MalformedError } from '@pinhole/core';
import { writeBox, writeFullBox } from './box.ts';
import { boxesIn } from './box-header.ts';
import { FMP4_TRACK_ID } from './init-segment.ts';

/** Where decoding of the video can start. */
export interface RandomAccessPoint {
  /** Presentation time of the key frame, in ticks of the video track. */
  readonly time: number;
  /** Where the `moof` of its fragment begins in the file; the key frame is its first video sample. */
  readonly moofOffset: number;
}

const CODE = 'fmp4/random-access';

/** Bytes of an entry as it is written here: two 64-bit fields, three numbers of a byte each. */
const ENTRY_BYTES = 19;

/** Bytes of `mfro`, which ends a file and tells how long `mfra` is. */
export const MFRO_BYTES = 16;

/**
 * The `mfra` box that ends a recording: its key frames, so that a player seeks without reading the file.
 * @see ISO/IEC 14496-12 §8.8.9 (mfra) – §8.8.11 (mfro)
 */
export function movieFragmentRandomAccess(points: readonly RandomAccessPoint[]): Uint8Array {
  const writer = new ByteWriter(64 + points.length * ENTRY_BYTES);
  writeBox(writer, 'mfra', () => {
    writeFullBox(writer, { type: 'tfra', version: 1 }, () => {
      writer.u32(FMP4_TRACK_ID).u32(0).u32(points.length); // numbers of traf, trun and sample take a byte each
      for (const { time, moofOffset } of points) writer.u64(time).u64(moofOffset).u8(1).u8(1).u8(1);
    });
    writeFullBox(writer, { type: 'mfro' }, () => writer.u32(writer.length + 4));
  });
  return writer.finish().slice();
}

/**
 * How many bytes at the end of a file `mfra` takes, as its last 16 bytes tell.
 * @returns undefined when they are no `mfro` box: the file was not closed
 */
export function randomAccessBytes(lastBytes: Uint8Array): number | undefined {
  if (lastBytes.byteLength < MFRO_BYTES) return undefined;
  const reader = new ByteReader(lastBytes.subarray(-MFRO_BYTES));
  const [size, type] = [reader.u32(), reader.u32()];
  reader.skip(4);
  return size === MFRO_BYTES && type === 0x6d66_726f ? reader.u32() : undefined;
}

/**
 * Reads an `mfra` box: the key frames of the video track, oldest first as written.
 * @throws {MalformedError} `fmp4/random-access`, `fmp4/box`
 */
export function parseMovieFragmentRandomAccess(bytes: Uint8Array): readonly RandomAccessPoint[] {
  const [mfra] = boxesIn(bytes);
  if (mfra?.type !== 'mfra') throw new MalformedError(CODE, `"${mfra?.type ?? ''}" where mfra should be`);
  for (const box of boxesIn(mfra.body)) {
    if (box.type !== 'tfra') continue;
    const points = readTrackPoints(new ByteReader(box.body));
    if (points !== undefined) return points;
  }
  return [];
}

function readTrackPoints(reader: ByteReader): readonly RandomAccessPoint[] | undefined {
  try {
    const version = reader.u8();
    reader.skip(3);
    if (reader.u32() !== FMP4_TRACK_ID) return undefined;
    const lengths = reader.u32();
    const numberBytes = 3 + ((lengths >> 4) & 3) + ((lengths >> 2) & 3) + (lengths & 3);
    const count = reader.u32();
    const entryBytes = (version === 1 ? 16 : 8) + numberBytes;
    if (count * entryBytes > reader.remaining) {
      throw new MalformedError(CODE, `${count} entries in ${reader.remaining} bytes`);
    }
    return Array.from({ length: count }, () => {
      const time = version === 1 ? reader.u64() : reader.u32();
      const moofOffset = version === 1 ? reader.u64() : reader.u32();
      reader.skip(numberBytes);
      return { time, moofOffset };
    });
  } catch (thrown) {
    if (!(thrown instanceof MalformedError) || thrown.code === CODE) throw thrown;
    throw new MalformedError(CODE, `tfra ends too early: ${thrown.message}`, { cause: thrown });
  }
}
