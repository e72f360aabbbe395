import { ByteWriter } from '@pinhole/core';
import { fourCc, writeBox, writeFullBox } from './box.ts';
import { type ProducerTime, writeProducerTime } from './producer-time.ts';

/** One sample of a track. */
export interface TrackSample {
  /** What it holds, in order; the parts are put one behind the other. */
  readonly parts: readonly Uint8Array[];
  /** `before-each`: parts are NAL units, and each gets its 4-byte length before it. */
  readonly lengths: 'before-each' | 'none';
  /** Time to the next sample's decoding. */
  readonly durationTicks: number;
  /** From decoding to showing; may be negative. */
  readonly compositionOffsetTicks: number;
  /** Decoding can start here. */
  readonly key: boolean;
}

/** The samples that follow one another in one track. */
export interface TrackRun {
  readonly trackId: number;
  /** When the first sample is decoded, in ticks of the track. */
  readonly baseDecodeTime: number;
  /** One at least. */
  readonly samples: readonly TrackSample[];
}

/** What one fragment of a recording holds. */
export interface RecordingFragmentOptions {
  /** Counts up by one a fragment, from 1. */
  readonly sequenceNumber: number;
  readonly producerTime: ProducerTime;
  readonly runs: readonly TrackRun[];
}

/** One fragment of a recording. */
export interface RecordingFragment {
  /** prft, moof and mdat. */
  readonly bytes: Uint8Array;
  /** Where moof begins in `bytes`. */
  readonly moofOffset: number;
}

const LENGTH_BYTES = 4;
const BOX_HEADER_BYTES = 8;

const SYNC_SAMPLE_FLAGS = 0x0200_0000;
const NON_SYNC_SAMPLE_FLAGS = 0x0101_0000;

const TFHD = { durations: 0x08, flags: 0x20, baseIsMoof: 0x02_0000 } as const;
const TRUN = {
  offset: 0x1,
  firstFlags: 0x4,
  durations: 0x100,
  sizes: 0x200,
  flags: 0x400,
  compositionOffsets: 0x800,
} as const;

/**
 * A fragment of a recording, in which nothing is said twice: durations that are all alike, flags and composition offsets
 * that are as usual cost nothing. So the boxes are below a hundredth of any stream worth looking at.
 *
 * ```
 * prft  when the first video sample was captured, UTC
 * moof ─┬─ mfhd  sequence number
 *       └─ traf ─┬─ tfhd  default-base-is-moof, default duration and flags      (one traf a track)
 *                ├─ tfdt  64-bit decode time
 *                └─ trun  × samples: size, and what differs
 * mdat ── the samples of the first track, of the second …
 * ```
 *
 * @returns bytes in memory of their own; the parts may be freed
 * @throws {RangeError} a decode time, duration or composition offset that its field cannot hold, or no sample.
 * @see ISO/IEC 14496-12 §8.8.4 (moof) – §8.8.8 (trun), §8.8.12 (tfdt), §8.16.5 (prft)
 */
export function recordingFragment(options: RecordingFragmentOptions): RecordingFragment {
  const { sequenceNumber, producerTime, runs } = options;
  for (const run of runs) checkRun(run);
  const sizes = runs.map(({ samples }) => samples.map(sizeOf));
  const runBytes = sizes.map((run) => run.reduce((sum, size) => sum + size, 0));

  const boxes = new ByteWriter(1024);
  writeProducerTime(boxes, producerTime);
  const moofOffset = boxes.length;
  const offsetsAt: number[] = [];
  writeBox(boxes, 'moof', () => {
    writeFullBox(boxes, { type: 'mfhd' }, () => boxes.u32(sequenceNumber));
    for (const [index, run] of runs.entries()) offsetsAt.push(writeRun(boxes, run, sizes[index] ?? []));
  });
  const mdatOffset = boxes.length;
  let from = mdatOffset - moofOffset + BOX_HEADER_BYTES;
  for (const [index, at] of offsetsAt.entries()) {
    boxes.patchU32(at, from);
    from += runBytes[index] ?? 0;
  }
  const payloadBytes = runBytes.reduce((sum, size) => sum + size, 0);
  boxes.u32(BOX_HEADER_BYTES + payloadBytes).u32(fourCc('mdat'));

  const bytes = new Uint8Array(boxes.length + payloadBytes);
  bytes.set(boxes.finish());
  fill(bytes, boxes.length, runs);
  return { bytes, moofOffset };
}

const sizeOf = ({ parts, lengths }: TrackSample): number => {
  const each = lengths === 'before-each' ? LENGTH_BYTES : 0;
  return parts.reduce((sum, part) => sum + each + part.byteLength, 0);
};

/** @returns where the data offset stands, which is known only later */
function writeRun(
  writer: ByteWriter,
  { trackId, baseDecodeTime, samples }: TrackRun,
  sizes: readonly number[],
): number {
  const firstDuration = samples[0]?.durationTicks ?? 0;
  const firstKey = samples[0]?.key ?? false;
  const usualKey = samples[1]?.key ?? firstKey;
  const oneDuration = samples.every(({ durationTicks }) => durationTicks === firstDuration);
  const offsets = samples.some(({ compositionOffsetTicks }) => compositionOffsetTicks !== 0);
  const usualFlags = samples.every(({ key }, index) => index === 0 || key === usualKey);
  const fields =
    TRUN.offset |
    TRUN.sizes |
    (oneDuration ? 0 : TRUN.durations) |
    (usualFlags ? 0 : TRUN.flags) |
    (usualFlags && firstKey !== usualKey ? TRUN.firstFlags : 0) |
    (offsets ? TRUN.compositionOffsets : 0);
  let offsetAt = 0;
  writeBox(writer, 'traf', () => {
    const defaults = TFHD.flags | (oneDuration ? TFHD.durations : 0);
    writeFullBox(writer, { type: 'tfhd', flags: TFHD.baseIsMoof | defaults }, () => {
      writer.u32(trackId);
      if (oneDuration) writer.u32(firstDuration);
      writer.u32(flagsOf(usualKey));
    });
    writeFullBox(writer, { type: 'tfdt', version: 1 }, () => writer.u64(baseDecodeTime));
    // Version 1: composition offsets are signed.
    writeFullBox(writer, { type: 'trun', version: 1, flags: fields }, () => {
      writer.u32(samples.length);
      offsetAt = writer.length;
      writer.u32(0);
      if ((fields & TRUN.firstFlags) !== 0) writer.u32(flagsOf(firstKey));
      for (const [index, { durationTicks, compositionOffsetTicks, key }] of samples.entries()) {
        if (!oneDuration) writer.u32(durationTicks);
        writer.u32(sizes[index] ?? 0);
        if (!usualFlags) writer.u32(flagsOf(key));
        if (offsets) writer.i32(compositionOffsetTicks);
      }
    });
  });
  return offsetAt;
}

const flagsOf = (key: boolean): number => (key ? SYNC_SAMPLE_FLAGS : NON_SYNC_SAMPLE_FLAGS);

function fill(bytes: Uint8Array, offset: number, runs: readonly TrackRun[]): void {
  const view = new DataView(bytes.buffer);
  let at = offset;
  for (const { samples } of runs) {
    for (const { parts, lengths } of samples) {
      for (const part of parts) {
        if (lengths === 'before-each') {
          view.setUint32(at, part.byteLength);
          at += LENGTH_BYTES;
        }
        bytes.set(part, at);
        at += part.byteLength;
      }
    }
  }
}

function checkRun({ trackId, baseDecodeTime, samples }: TrackRun): void {
  if (samples.length === 0) throw new RangeError(`no samples in track ${trackId}`);
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
