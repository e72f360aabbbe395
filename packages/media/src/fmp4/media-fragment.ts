import type { Ticks90k } from '@pinhole/core';
import { NAL_TYPE, nalType } from '../h264/nal-type.ts';
import { fourCc } from './box.ts';
import { FMP4_TRACK_ID } from './init-segment.ts';

/** One access unit in a fragment. */
export interface FragmentSample {
  /** Without start codes. Parameter sets, delimiters and filler may be among them; they are left out. */
  readonly nalUnits: readonly Uint8Array[];
  /** Time to the next sample's decoding. */
  readonly durationTicks: number;
  /** From decoding to showing; negative where a picture is shown before its nominal decode time. */
  readonly compositionOffsetTicks: number;
  /** Decoding can start here. */
  readonly key: boolean;
}

/** What one fragment holds. */
export interface MediaFragmentOptions {
  /** Counts up by one a fragment, from 1. */
  readonly sequenceNumber: number;
  /** When the first sample is decoded. */
  readonly baseDecodeTime: Ticks90k;
  readonly samples: readonly FragmentSample[];
  /**
   * Keep parameter sets in the samples. The init segment has them too; players that read only the first one (FFmpeg and
   * what is built on it) follow a change of size by these.
   */
  readonly parameterSets?: 'left-out' | 'kept';
}

const MFHD_BYTES = 16;
const TFHD_BYTES = 16;
const TFDT_BYTES = 20;
const TRUN_BYTES = 20;
const TRUN_SAMPLE_BYTES = 16;
const BOX_HEADER_BYTES = 8;
const LENGTH_BYTES = 4;

const TFHD_DEFAULT_BASE_IS_MOOF = 0x02_0000;
/** Data offset, and for each sample duration, size, flags and composition offset. */
const TRUN_FIELDS = 0x000f01;
/** Version 1: composition offsets are signed. */
const TRUN_VERSION = 0x0100_0000;
/** `sample_depends_on` 2: on no other. */
const SYNC_SAMPLE_FLAGS = 0x0200_0000;
/** `sample_depends_on` 1: on others; `sample_is_non_sync_sample`. */
const NON_SYNC_SAMPLE_FLAGS = 0x0101_0000;

/** What a sample need not hold. */
const NEEDLESS: ReadonlySet<number> = new Set([NAL_TYPE.accessUnitDelimiter, NAL_TYPE.filler]);

/** What a sample of `avc1` should not hold either: parameter sets are in the init segment. */
const LEFT_OUT: ReadonlySet<number> = new Set([
  ...NEEDLESS,
  NAL_TYPE.sps,
  NAL_TYPE.pps,
  NAL_TYPE.spsExtension,
]);

/**
 * A movie fragment of these samples, in one allocation into which the NAL units are copied once, each behind a 4-byte
 * length.
 *
 * ```
 * moof ─┬─ mfhd  sequence number
 *       └─ traf ─┬─ tfhd  default-base-is-moof
 *                ├─ tfdt  64-bit decode time
 *                └─ trun  × samples: duration, size, flags, signed composition offset
 * mdat ── length, NAL unit, length, NAL unit …
 * ```
 *
 * @throws {RangeError} a decode time, duration or composition offset that its field cannot hold, or no sample.
 * @see ISO/IEC 14496-12 §8.8.4 (moof) – §8.8.8 (trun), §8.8.12 (tfdt)
 */
export function mediaFragment(options: MediaFragmentOptions): Uint8Array {
  const { sequenceNumber, baseDecodeTime, samples, parameterSets = 'left-out' } = options;
  checkTimes(baseDecodeTime, samples);
  const passedOver = parameterSets === 'kept' ? NEEDLESS : LEFT_OUT;
  const contents = samples.map(({ nalUnits }) =>
    nalUnits.filter((nal) => nal.byteLength > 0 && !passedOver.has(nalType(nal))),
  );
  const sizes = contents.map((nals) => nals.reduce((sum, nal) => sum + LENGTH_BYTES + nal.byteLength, 0));

  const trunBytes = TRUN_BYTES + samples.length * TRUN_SAMPLE_BYTES;
  const trafBytes = BOX_HEADER_BYTES + TFHD_BYTES + TFDT_BYTES + trunBytes;
  const moofBytes = BOX_HEADER_BYTES + MFHD_BYTES + trafBytes;
  const mdatBytes = sizes.reduce((sum, size) => sum + size, BOX_HEADER_BYTES);
  const bytes = new Uint8Array(moofBytes + mdatBytes);
  const view = new DataView(bytes.buffer);

  let at = 0;
  const u32 = (value: number): void => {
    view.setUint32(at, value);
    at += 4;
  };
  const box = (type: string, sizeBytes: number): void => {
    u32(sizeBytes);
    u32(fourCc(type));
  };

  box('moof', moofBytes);
  box('mfhd', MFHD_BYTES);
  u32(0);
  u32(sequenceNumber);
  box('traf', trafBytes);
  box('tfhd', TFHD_BYTES);
  u32(TFHD_DEFAULT_BASE_IS_MOOF);
  u32(FMP4_TRACK_ID);
  box('tfdt', TFDT_BYTES);
  u32(0x0100_0000);
  u32(Math.floor(baseDecodeTime / 2 ** 32));
  u32(baseDecodeTime % 2 ** 32);
  box('trun', trunBytes);
  u32(TRUN_VERSION | TRUN_FIELDS);
  u32(samples.length);
  u32(moofBytes + BOX_HEADER_BYTES);
  for (const [index, { durationTicks, compositionOffsetTicks, key }] of samples.entries()) {
    u32(durationTicks);
    u32(sizes[index] ?? 0);
    u32(key ? SYNC_SAMPLE_FLAGS : NON_SYNC_SAMPLE_FLAGS);
    u32(compositionOffsetTicks);
  }
  box('mdat', mdatBytes);
  for (const nal of contents.flat()) {
    u32(nal.byteLength);
    bytes.set(nal, at);
    at += nal.byteLength;
  }
  return bytes;
}

function checkTimes(baseDecodeTime: Ticks90k, samples: readonly FragmentSample[]): void {
  if (samples.length === 0) throw new RangeError('a fragment of no samples');
  if (!Number.isSafeInteger(baseDecodeTime) || baseDecodeTime < 0) {
    throw new RangeError(`baseDecodeTime ${baseDecodeTime}, need an integer of 0 or more ticks`);
  }
  for (const { durationTicks, compositionOffsetTicks } of samples) {
    if (durationTicks !== durationTicks >>> 0) {
      throw new RangeError(`durationTicks ${durationTicks}, need an integer below 2^32`);
    }
    if (compositionOffsetTicks !== (compositionOffsetTicks | 0)) {
      throw new RangeError(`compositionOffsetTicks ${compositionOffsetTicks}, need a signed 32-bit integer`);
    }
  }
}
