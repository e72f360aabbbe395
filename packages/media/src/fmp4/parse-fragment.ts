import { ByteReader, MalformedError } from '@pinhole/core';
import { type Box, boxesIn } from './box-header.ts';
import { type ProducerTime, readProducerTime } from './producer-time.ts';

/** Where one sample lies and when it is decoded and shown. */
export interface SamplePlace {
  /** From the first byte that was parsed; the sample itself need not be there. */
  readonly offset: number;
  readonly sizeBytes: number;
  /** On the track's time line, in its ticks. */
  readonly decodeTime: number;
  readonly durationTicks: number;
  /** From decoding to showing. */
  readonly compositionOffsetTicks: number;
  /** Decoding can start here. */
  readonly key: boolean;
}

/** The samples of one track in a fragment. */
export interface FragmentRun {
  readonly trackId: number;
  /** Of the first sample, in ticks of the track. */
  readonly decodeTime: number;
  /** Where that is written, from the first byte that was parsed: to be changed in place. */
  readonly decodeTimeAt: { readonly offset: number; readonly bytes: 4 | 8 };
  readonly samples: readonly SamplePlace[];
}

/** What the boxes of a fragment tell. */
export interface Fragment {
  readonly sequenceNumber: number;
  /** Where that is written, 4 bytes, from the first byte that was parsed. */
  readonly sequenceNumberOffset: number;
  /** When its first picture was captured, if it tells. */
  readonly producerTime: ProducerTime | undefined;
  /** Where moof begins, from the first byte that was parsed. */
  readonly moofOffset: number;
  /** Bytes from the first that was parsed to the end of the last sample. */
  readonly endOffset: number;
  readonly runs: readonly FragmentRun[];
}

const CODE = 'fmp4/fragment';

/** Ten minutes of video at 100 frames a second: no fragment has more, and no lie makes us allocate more. */
const MOST_SAMPLES = 60_000;

const TFHD = { baseOffset: 0x1, description: 0x2, duration: 0x8, size: 0x10, flags: 0x20 } as const;
const TRUN = {
  offset: 0x1,
  firstFlags: 0x4,
  durations: 0x100,
  sizes: 0x200,
  flags: 0x400,
  compositionOffsets: 0x800,
} as const;

const NON_SYNC = 0x0001_0000;

/**
 * Reads what comes before the samples of a fragment: `bytes` begin with `prft`, `styp`, `sidx` or the like, or at once
 * with `moof`, and hold `moof` whole. What is behind it need not be there.
 *
 * Fields that a fragment leaves to `trex` count as 0: `initSegment` and `recordingHeader` write no other.
 *
 * @throws {MalformedError} `fmp4/fragment`, `fmp4/box`; for any input, nothing else.
 */
export function parseFragment(bytes: Uint8Array): Fragment {
  try {
    let producerTime: ProducerTime | undefined;
    for (const box of boxesIn(upToMoof(bytes))) {
      if (box.type === 'prft') producerTime = readProducerTime(new ByteReader(box.body));
      if (box.type === 'moof') return readMoof(box, producerTime);
    }
  } catch (thrown) {
    if (!(thrown instanceof MalformedError) || thrown.code !== 'bytes/too-short') throw thrown;
    throw new MalformedError(CODE, `a box of moof ends too early: ${thrown.message}`, { cause: thrown });
  }
  throw new MalformedError(CODE, 'no moof box');
}

/** A walk over whole boxes must not stumble over an mdat that is cut. */
function upToMoof(bytes: Uint8Array): Uint8Array {
  const reader = new ByteReader(bytes);
  while (reader.remaining >= 8) {
    const size = reader.u32();
    const type = reader.u32();
    if (size < 8 || size - 8 > reader.remaining) break; // the walk tells what is wrong
    reader.skip(size - 8);
    if (type === 0x6d6f_6f66) return bytes.subarray(0, reader.offset);
  }
  return bytes;
}

function readMoof(moof: Box, producerTime: ProducerTime | undefined): Fragment {
  let sequenceNumber: number | undefined;
  let sequenceNumberOffset = 0;
  let samplesLeft = MOST_SAMPLES;
  const runs: FragmentRun[] = [];
  for (const { type, body, offset, headerBytes } of boxesIn(moof.body)) {
    const bodyOffset = moof.offset + moof.headerBytes + offset + headerBytes;
    if (type === 'mfhd') {
      const reader = new ByteReader(body);
      reader.skip(4);
      sequenceNumber = reader.u32();
      sequenceNumberOffset = bodyOffset + 4;
    } else if (type === 'traf') {
      const run = readRun(body, { bodyOffset, moofOffset: moof.offset, samplesLeft });
      samplesLeft -= run.samples.length;
      runs.push(run);
    }
  }
  if (sequenceNumber === undefined) throw new MalformedError(CODE, 'no mfhd in moof');
  const endOffset = runs
    .flatMap(({ samples }) => samples)
    .reduce((end, { offset, sizeBytes }) => Math.max(end, offset + sizeBytes), moof.offset + moof.sizeBytes);
  return { sequenceNumber, sequenceNumberOffset, producerTime, moofOffset: moof.offset, endOffset, runs };
}

interface RunPlace {
  readonly bodyOffset: number;
  readonly moofOffset: number;
  readonly samplesLeft: number;
}

interface TrackDefaults {
  readonly trackId: number;
  readonly duration: number;
  readonly size: number;
  readonly flags: number;
}

function readRun(traf: Uint8Array, { bodyOffset, moofOffset, samplesLeft }: RunPlace): FragmentRun {
  let defaults: TrackDefaults | undefined;
  let decodeTime: number | undefined;
  let decodeTimeAt: FragmentRun['decodeTimeAt'] = { offset: 0, bytes: 8 };
  const samples: SamplePlace[] = [];
  for (const { type, body, offset, headerBytes } of boxesIn(traf)) {
    if (type === 'tfhd') defaults = readDefaults(new ByteReader(body));
    else if (type === 'tfdt') {
      const reader = new ByteReader(body);
      const bytes = reader.u8() === 1 ? 8 : 4;
      reader.skip(3);
      decodeTime = bytes === 8 ? reader.u64() : reader.u32();
      decodeTimeAt = { offset: bodyOffset + offset + headerBytes + 4, bytes };
    } else if (type === 'trun') {
      if (defaults === undefined || decodeTime === undefined) {
        throw new MalformedError(CODE, 'trun before tfhd and tfdt');
      }
      readSamples(new ByteReader(body), { defaults, decodeTime, moofOffset, samples, most: samplesLeft });
    }
  }
  if (defaults === undefined || decodeTime === undefined) {
    throw new MalformedError(CODE, 'a traf without tfhd or tfdt');
  }
  return { trackId: defaults.trackId, decodeTime, decodeTimeAt, samples };
}

function readDefaults(reader: ByteReader): TrackDefaults {
  const fields = reader.u32() & 0xff_ffff;
  const trackId = reader.u32();
  if ((fields & TFHD.baseOffset) !== 0) {
    throw new MalformedError(CODE, 'a base data offset: only offsets from moof are read');
  }
  if ((fields & TFHD.description) !== 0) reader.skip(4);
  const duration = (fields & TFHD.duration) === 0 ? 0 : reader.u32();
  const size = (fields & TFHD.size) === 0 ? 0 : reader.u32();
  const flags = (fields & TFHD.flags) === 0 ? 0 : reader.u32();
  return { trackId, duration, size, flags };
}

interface SampleRun {
  readonly defaults: TrackDefaults;
  readonly decodeTime: number;
  readonly moofOffset: number;
  /** Those of runs before; filled. */
  readonly samples: SamplePlace[];
  readonly most: number;
}

function readSamples(reader: ByteReader, run: SampleRun): void {
  const { defaults, samples, moofOffset, most } = run;
  const head = reader.u32();
  const [version, fields] = [head >>> 24, head & 0xff_ffff];
  const count = reader.u32();
  if (samples.length + count > most) {
    throw new MalformedError(CODE, `${count} samples; more than ${most} are not read`);
  }
  const last = samples.at(-1);
  let offset = last === undefined ? moofOffset : last.offset + last.sizeBytes;
  let decodeTime = last === undefined ? run.decodeTime : last.decodeTime + last.durationTicks;
  if ((fields & TRUN.offset) !== 0) offset = moofOffset + signed(reader.u32());
  if (offset < 0) throw new MalformedError(CODE, `samples begin ${-offset} bytes before the fragment`);
  const firstFlags = (fields & TRUN.firstFlags) === 0 ? undefined : reader.u32();
  for (let index = 0; index < count; index++) {
    const durationTicks = (fields & TRUN.durations) === 0 ? defaults.duration : reader.u32();
    const sizeBytes = (fields & TRUN.sizes) === 0 ? defaults.size : reader.u32();
    const own = (fields & TRUN.flags) === 0 ? defaults.flags : reader.u32();
    const flags = index === 0 && firstFlags !== undefined ? firstFlags : own;
    const shift = (fields & TRUN.compositionOffsets) === 0 ? 0 : reader.u32();
    const compositionOffsetTicks = version === 0 ? shift : signed(shift);
    samples.push({
      offset,
      sizeBytes,
      decodeTime,
      durationTicks,
      compositionOffsetTicks,
      key: (flags & NON_SYNC) === 0,
    });
    offset += sizeBytes;
    decodeTime += durationTicks;
  }
}

const signed = (value: number): number => value | 0;
