import { MalformedError, type Micros, micros } from '@pinhole/core';
import type { FragmentRun, TrackSample } from '@pinhole/media/fmp4';
import type { ConfinedFile } from '../confined-folder.ts';
import { captureStartOf } from '../inspect-file.ts';
import { type FileFragment, MovieFile, ticksToMicros } from '../movie-file.ts';
import { type Coding, codingOfFile } from './coding.ts';
import { NAMED_WITHIN, type Part, type Piece, type PieceRun, type PieceStart } from './part.ts';

/** Ours are below 5 MB; what is larger is not read into memory. */
const LARGEST_PIECE_BYTES = 64 * 2 ** 20;

/** A recording of ours as pictures and sound on a time line. It may be one that is being written: what is whole is read. */
export class FilePart implements Part {
  readonly coding: Coding;
  readonly zero: Micros;
  readonly #movie: MovieFile;
  readonly #file: ConfinedFile;

  private constructor(movie: MovieFile, options: { file: ConfinedFile; coding: Coding; zero: Micros }) {
    this.#movie = movie;
    this.#file = options.file;
    this.coding = options.coding;
    this.zero = options.zero;
  }

  /**
   * Reads the header and where the time line begins. The file is the part's then, and is closed if it is none.
   * @returns nothing for a file without fragments of H.264 that tell their time
   */
  static async open(file: ConfinedFile): Promise<FilePart | undefined> {
    try {
      const movie = await MovieFile.open(file.handle, file);
      const coding = codingOfFile(movie);
      for await (const fragment of coding && movie.fragmented ? movie.fragments() : []) {
        const zero = captureStartOf(movie, fragment);
        if (zero === undefined || coding === undefined) break;
        return new FilePart(movie, { file, coding, zero });
      }
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) {
        await file.handle.close();
        throw thrown;
      }
    }
    await file.handle.close();
    return undefined;
  }

  async *pieces(start: PieceStart): AsyncGenerator<Piece, void, void> {
    const from = await this.#placeOf(start);
    if (from === undefined) return;
    let begun = false;
    let reached: number | undefined;
    for await (const fragment of this.#movie.fragments({ from })) {
      const run = this.#runOf(fragment);
      if (run === undefined || !isSane(run, { reached, timescale: this.#video.timescale })) return;
      reached = endOf(run);
      // Beginning in the midst of a fragment is for memory, which has no fragments.
      begun ||= start.begin !== 'next' || this.#timeOf(fragment) >= start.at;
      if (!begun) continue;
      const piece = await this.#read(fragment);
      if (piece === undefined) return;
      yield piece;
    }
  }

  async keyFrames(): Promise<readonly Micros[]> {
    const { timescale } = this.#video;
    const listed = await this.#movie.keyFrames();
    if (listed.length > 0)
      return listed.map(({ time }) => micros(this.zero + ticksToMicros(time, timescale)));
    const found: Micros[] = [];
    for await (const fragment of this.#movie.fragments()) {
      if (this.#firstOf(fragment)?.key) found.push(this.#timeOf(fragment));
    }
    return found;
  }

  async close(): Promise<void> {
    await this.#file.handle.close();
  }

  get #video(): NonNullable<MovieFile['video']> {
    const { video } = this.#movie;
    if (video === undefined) throw new Error('a part without pictures');
    return video;
  }

  /** Where in the file to begin; nothing when it has no such key frame. */
  async #placeOf({ at, begin }: PieceStart): Promise<number | undefined> {
    const isBefore = (time: Micros): boolean => time < at + NAMED_WITHIN;
    const { timescale } = this.#video;
    const listed = (await this.#movie.keyFrames()).map(({ time, moofOffset }) => ({
      time: micros(this.zero + ticksToMicros(time, timescale)),
      place: moofOffset,
    }));
    if (listed.length > 0 && begin !== 'next') {
      const before = listed.findLast(({ time }) => isBefore(time)) ?? listed[0];
      return begin === 'key-before'
        ? before?.place
        : listed.find(({ time }) => time >= at - NAMED_WITHIN)?.place;
    }
    let place: number | undefined;
    for await (const fragment of this.#movie.fragments()) {
      if (begin === 'next') return fragment.start;
      if (!this.#firstOf(fragment)?.key) continue;
      const time = this.#timeOf(fragment);
      if (begin === 'key-after' && time >= at - NAMED_WITHIN) return fragment.start;
      if (begin === 'key-before' && !isBefore(time)) return place ?? fragment.start;
      place = fragment.start;
    }
    return begin === 'key-before' ? place : undefined;
  }

  #runOf({ runs }: FileFragment): FragmentRun | undefined {
    return runs.find(({ trackId, samples }) => trackId === this.#video.trackId && samples.length > 0);
  }

  #firstOf(fragment: FileFragment): FragmentRun['samples'][number] | undefined {
    return this.#runOf(fragment)?.samples[0];
  }

  /** When its first picture was taken, by the time line of the file. */
  #timeOf(fragment: FileFragment): Micros {
    return micros(this.zero + ticksToMicros(this.#mediaTicksOf(fragment), this.#video.timescale));
  }

  #mediaTicksOf(fragment: FileFragment): number {
    const first = this.#firstOf(fragment);
    return first ? first.decodeTime + first.compositionOffsetTicks : 0;
  }

  async #read(fragment: FileFragment): Promise<Piece | undefined> {
    const { start, end } = fragment;
    const samples = fragment.runs.flatMap((run) => run.samples);
    const from = Math.min(...samples.map(({ offset }) => offset));
    const length = end - start - from;
    if (length > LARGEST_PIECE_BYTES) return undefined;
    const bytes = await this.#movie.read({ at: start + from, length });
    // Cut short by others since its header was read.
    if (bytes.byteLength < length) return undefined;
    const { audio } = this.coding;
    const runs = fragment.runs.flatMap((run): readonly PieceRun[] => {
      const track = this.#movie.movie.tracks.find(({ trackId }) => trackId === run.trackId);
      if (track === undefined || run.samples.length === 0) return [];
      if (
        track.kind === 'audio' &&
        (!audio || !isSane(run, { reached: undefined, timescale: track.timescale }))
      )
        return [];
      const { kind, timescale } = track;
      return [{ kind, timescale, decodeTicks: run.decodeTime, samples: samplesOf(run, { bytes, from }) }];
    });
    return {
      captureTime: this.#timeOf(fragment),
      mediaTicks: this.#mediaTicksOf(fragment),
      key: this.#firstOf(fragment)?.key ?? false,
      runs: runs.toSorted((a, b) => Number(a.kind === 'audio') - Number(b.kind === 'audio')),
    };
  }
}

/** A time line does not step back, and no picture of ours lasts longer; else the file is garbled from there on. */
const LONGEST_SECONDS = 3600;

function isSane(
  run: FragmentRun,
  { reached, timescale }: { readonly reached: number | undefined; readonly timescale: number },
): boolean {
  const longest = LONGEST_SECONDS * timescale;
  const { decodeTime, samples } = run;
  if (!Number.isSafeInteger(decodeTime) || endOf(run) - decodeTime > longest) return false;
  if (reached !== undefined && (decodeTime < reached - 1 || decodeTime > reached + longest)) return false;
  return samples.every(({ compositionOffsetTicks }) => Math.abs(compositionOffsetTicks) < longest);
}

const endOf = ({ decodeTime, samples }: FragmentRun): number =>
  samples.reduce((sum, { durationTicks }) => sum + durationTicks, decodeTime);

const samplesOf = (
  { samples }: FragmentRun,
  { bytes, from }: { readonly bytes: Uint8Array; readonly from: number },
): TrackSample[] =>
  samples.map(({ offset, sizeBytes, durationTicks, compositionOffsetTicks, key }) => ({
    parts: [bytes.subarray(offset - from, offset - from + sizeBytes)],
    lengths: 'none',
    durationTicks,
    compositionOffsetTicks,
    key,
  }));
