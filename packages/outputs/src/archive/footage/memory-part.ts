import { type Micros, micros } from '@pinhole/core';
import type { AudioParameters, StreamUnit } from '@pinhole/engine';
import { FMP4_TIMESCALE, FMP4_TRACK_ID, type FragmentRun, parseFragment } from '@pinhole/media/fmp4';
import type { RewindGop } from '../../recorder/rewind-buffer.ts';
import { type SegmentChunk, SegmentMuxer } from '../../recorder/segment-muxer.ts';
import { PictureInterval } from '../../recorder/segment-timeline.ts';
import { ticksToMicros } from '../movie-file.ts';
import { type Coding, codingOfStream } from './coding.ts';
import { NAMED_WITHIN, type Part, type Piece, type PieceRun, type PieceStart } from './part.ts';

/** As long as the fragments of a file. */
const FRAGMENT = micros(500_000);

/**
 * What memory holds of a stream, as pictures and sound on a time line: laid out by the same hand as a file's, so that one goes
 * on where the other ends.
 */
export class MemoryPart implements Part {
  readonly coding: Coding;
  readonly zero: Micros;
  readonly #gops: readonly RewindGop[];
  readonly #first: StreamUnit;
  readonly #audio: AudioParameters | undefined;

  private constructor(gops: readonly RewindGop[], first: StreamUnit) {
    this.#gops = gops;
    this.#first = first;
    this.#audio = gops.find(({ sound }) => sound.length > 0)?.sound[0]?.parameters;
    this.coding = codingOfStream(first.parameters, this.#audio);
    this.zero = micros(first.captureTime - (first.pts - first.dts));
  }

  /** What is held, cut where the pictures become others or are missing for a while. */
  static *split(gops: readonly RewindGop[]): Generator<MemoryPart, void, void> {
    let open: RewindGop[] = [];
    for (const gop of gops) {
      if (open.length > 0 && !isSequel(open.at(-1), gop)) {
        yield* MemoryPart.#of(open);
        open = [];
      }
      open.push(gop);
    }
    yield* MemoryPart.#of(open);
  }

  static *#of(gops: readonly RewindGop[]): Generator<MemoryPart, void, void> {
    const first = gops[0]?.units[0];
    if (first !== undefined) yield new MemoryPart(gops, first);
  }

  /** When its newest picture was taken. */
  get newest(): Micros {
    return this.#gops.at(-1)?.units.at(-1)?.captureTime ?? this.zero;
  }

  async *pieces({ at, begin }: PieceStart): AsyncGenerator<Piece, void, void> {
    const firstAt = this.#firstGop({ at, begin });
    if (firstAt === undefined) return;
    const [zeroUnit, startUnit] = [this.#first, this.#gops[firstAt]?.units[0]];
    if (startUnit === undefined) return;
    // Pieces of a later beginning lie on the time line of the whole.
    const shiftTicks = toTicks(startUnit.dts - zeroUnit.dts, FMP4_TIMESCALE);
    for (const chunk of this.#chunks(firstAt, startUnit)) {
      const piece = pieceOf(chunk, {
        zero: this.zero,
        shiftTicks,
        rate: this.#audio?.sampleRate ?? FMP4_TIMESCALE,
      });
      if (piece === undefined) continue;
      const wanted = begin === 'next' ? from(piece, { at, zero: this.zero }) : piece;
      if (wanted !== undefined) yield wanted;
    }
  }

  keyFrames(): Promise<readonly Micros[]> {
    return Promise.resolve(this.#keys());
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #keys(): readonly Micros[] {
    return this.#gops.flatMap(({ units }) =>
      units.filter(({ key }) => key).map(({ captureTime }) => captureTime),
    );
  }

  #firstGop({ at, begin }: PieceStart): number | undefined {
    const keys = this.#keys();
    if (begin === 'key-after') {
      const index = keys.findIndex((key) => key >= at - NAMED_WITHIN);
      return index === -1 ? undefined : index;
    }
    return Math.max(
      0,
      keys.findLastIndex((key) => key < at + NAMED_WITHIN),
    );
  }

  *#chunks(firstGop: number, first: StreamUnit): Generator<SegmentChunk, void, void> {
    const interval = new PictureInterval();
    const muxer = new SegmentMuxer({ first, audio: this.#audio, fragment: FRAGMENT });
    let last: StreamUnit | undefined;
    for (const { units, sound } of this.#gops.slice(firstGop)) {
      let heard = 0;
      for (const unit of units) {
        if (last !== undefined) interval.add(micros(unit.dts - last.dts));
        yield* muxer.push(unit, interval.interval);
        last = unit;
        for (let frame = sound[heard]; frame !== undefined && frame.pts <= unit.pts; frame = sound[heard]) {
          muxer.pushAudio(frame);
          heard++;
        }
      }
    }
    if (last !== undefined) yield* muxer.finish(undefined, interval.interval).chunks;
  }
}

const LONGEST_PAUSE = 2_000_000;

/** The second goes on where the first ends: the same pictures, and on one time line. */
function isSequel(before: RewindGop | undefined, after: RewindGop): boolean {
  const [last, next] = [before?.units.at(-1), after.units[0]];
  if (last === undefined || next === undefined || last.parameters !== next.parameters) return false;
  const decoded = next.dts - last.dts;
  const captured = next.captureTime - last.captureTime;
  return decoded >= 0 && decoded < LONGEST_PAUSE && Math.abs(captured - decoded) < LONGEST_PAUSE / 2;
}

/** What a fragment holds; nothing of a chunk that is none. */
function pieceOf(
  { bytes, units }: SegmentChunk,
  { zero, shiftTicks, rate }: { readonly zero: Micros; readonly shiftTicks: number; readonly rate: number },
): Piece | undefined {
  if (units === 0) return undefined;
  const { runs } = parseFragment(bytes);
  const video = runs.find(({ trackId }) => trackId === FMP4_TRACK_ID);
  const [first] = video?.samples ?? [];
  if (video === undefined || first === undefined) return undefined;
  const mediaTicks = shiftTicks + first.decodeTime + first.compositionOffsetTicks;
  return {
    captureTime: micros(zero + ticksToMicros(mediaTicks, FMP4_TIMESCALE)),
    mediaTicks,
    key: first.key,
    runs: [video, ...runs.filter((run) => run !== video)].map((run) => {
      const timescale = run === video ? FMP4_TIMESCALE : rate;
      const shift = Math.round((shiftTicks * timescale) / FMP4_TIMESCALE);
      return runOf(run, { kind: run === video ? 'video' : 'audio', timescale, shift, bytes });
    }),
  };
}

const runOf = (
  { decodeTime, samples }: FragmentRun,
  options: {
    readonly kind: PieceRun['kind'];
    readonly timescale: number;
    readonly shift: number;
    readonly bytes: Uint8Array;
  },
): PieceRun => ({
  kind: options.kind,
  timescale: options.timescale,
  decodeTicks: decodeTime + options.shift,
  samples: samples.map(({ offset, sizeBytes, durationTicks, compositionOffsetTicks, key }) => ({
    parts: [options.bytes.subarray(offset, offset + sizeBytes)],
    lengths: 'none',
    durationTicks,
    compositionOffsetTicks,
    key,
  })),
});

/** The samples of a piece from a time on; nothing when all come before. */
function from(piece: Piece, { at, zero }: { readonly at: Micros; readonly zero: Micros }): Piece | undefined {
  const runs = piece.runs
    .map((run) => laterOf(run, micros(at - zero)))
    .filter((run): run is PieceRun => run !== undefined);
  const [video] = runs;
  const [first] = video?.samples ?? [];
  if (video?.kind !== 'video' || first === undefined) return undefined;
  if (runs.every((run, i) => run === piece.runs[i])) return piece;
  const mediaTicks = video.decodeTicks + first.compositionOffsetTicks;
  const captureTime = micros(zero + ticksToMicros(mediaTicks, video.timescale));
  return { captureTime, mediaTicks, key: first.key, runs };
}

function laterOf(run: PieceRun, position: Micros): PieceRun | undefined {
  let ticks = run.decodeTicks;
  for (const [index, { durationTicks }] of run.samples.entries()) {
    // The middle of a sample decides: its beginning may be off by the jitter of capture times.
    if (ticksToMicros(ticks + durationTicks / 2, run.timescale) >= position) {
      return index === 0 ? run : { ...run, decodeTicks: ticks, samples: run.samples.slice(index) };
    }
    ticks += durationTicks;
  }
  return undefined;
}

const toTicks = (time: number, timescale: number): number => Math.round((time * timescale) / 1e6);
