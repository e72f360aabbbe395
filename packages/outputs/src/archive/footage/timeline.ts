import { type Micros, micros, type Ticks90k } from '@pinhole/core';
import { FMP4_AUDIO_TRACK_ID, FMP4_TIMESCALE, FMP4_TRACK_ID, type TrackRun } from '@pinhole/media/fmp4';
import { SEAM } from '../coverage.ts';
import type { Part, Piece, PieceRun } from './part.ts';

/** A piece where it lies on the common time line. */
export interface PlacedPiece {
  readonly captureTime: Micros;
  /** When its first picture is shown. */
  readonly mediaTime: Ticks90k;
  readonly key: boolean;
  readonly runs: readonly TrackRun[];
}

/** How a common time line is laid out. */
export interface TimelineOptions {
  /** The time, UTC, at which it is 0. */
  readonly origin: Micros;
  /** `kept`: what was not recorded takes its time · `closed`: what was recorded later follows at once. */
  readonly gaps: 'kept' | 'closed';
}

type Kind = PieceRun['kind'];
type OpenRun = PieceRun & { readonly baseTicks: number };
type Ends = Partial<Record<Kind, number>>;

/**
 * Pieces of several parts on one time line, each part where its capture time says.
 *
 * Capture times have the jitter of whoever took them, so a part begins a little before or behind the end of the one before it.
 * Players take a hole for a hole and a step back for a fault; so the last picture lasts until the next one, and where there is no
 * room for that the part is put right behind the one before. Both concern one border only: the next part is where its own
 * capture time says, and nothing adds up. What is missing for a second or longer is a gap.
 *
 * A piece is handed on when the next one is known, at the end by `finish`.
 */
export class Timeline {
  readonly #gaps: 'kept' | 'closed';
  readonly #origin: Micros;
  #part: Part | undefined;
  /** What is added to the ticks of the present part. */
  #offset: Record<Kind, number> = { video: 0, audio: 0 };
  #closedTicks = 0;
  #held: { readonly piece: Piece; readonly runs: readonly OpenRun[] } | undefined;
  #ends: Ends = {};

  constructor({ origin, gaps }: TimelineOptions) {
    this.#origin = origin;
    this.#gaps = gaps;
  }

  /** Takes the next piece. @returns the one before it, once there is one */
  place(piece: Piece, part: Part): PlacedPiece | undefined {
    if (part !== this.#part) this.#enter(part, piece);
    const runs = piece.runs
      .map((run) => ({ ...run, baseTicks: this.#offset[run.kind] + run.decodeTicks }))
      // Pictures depend on each other, and make room by how long the last one lasts.
      .map((run) => (run.kind === 'video' ? run : behind(run, this.#ends.audio ?? 0)))
      .filter(({ samples }) => samples.length > 0);
    const done = this.#handOn(runs);
    this.#held = { piece, runs };
    for (const run of runs) this.#ends[run.kind] = endOf(run);
    return done;
  }

  /** The last piece. */
  finish(): PlacedPiece | undefined {
    const done = this.#handOn([]);
    this.#held = undefined;
    return done;
  }

  /** Finds where a part lies whose first piece this is. */
  #enter(part: Part, { runs }: Piece): void {
    this.#part = part;
    const [video] = runs;
    if (video === undefined) return;
    const wanted = toTicks(part.zero - this.#origin, FMP4_TIMESCALE) - this.#closedTicks;
    const end = this.#ends.video;
    let offset = Math.max(wanted, -video.decodeTicks);
    if (end !== undefined) {
      const hole = wanted + video.decodeTicks - end;
      if (hole >= toTicks(SEAM, FMP4_TIMESCALE)) {
        if (this.#gaps === 'closed') {
          this.#closedTicks += hole;
          offset = wanted - hole;
        }
      } else if (hole < 0 && -hole >= this.#lastDuration()) {
        offset = wanted - hole;
      }
    }
    this.#offset = { video: offset, audio: this.#soundOffset(part, { offset, runs }) };
  }

  /** Frames of sound are not cut: where a part's first one lies over the last one before it, all come a little later. */
  #soundOffset(
    { coding }: Part,
    { offset, runs }: Pick<Piece, 'runs'> & { readonly offset: number },
  ): number {
    const rate = coding.audio?.sampleRate ?? FMP4_TIMESCALE;
    const soundOffset = Math.round((offset * rate) / FMP4_TIMESCALE);
    const audio = runs.find(({ kind }) => kind === 'audio');
    const end = this.#ends.audio;
    if (audio === undefined || end === undefined) return soundOffset;
    const { baseTicks } = behind({ ...audio, baseTicks: soundOffset + audio.decodeTicks }, end);
    return soundOffset + Math.max(0, end - baseTicks);
  }

  #lastDuration(): number {
    const video = this.#held?.runs.find(({ kind }) => kind === 'video');
    return video?.samples.at(-1)?.durationTicks ?? 0;
  }

  #handOn(next: readonly OpenRun[]): PlacedPiece | undefined {
    if (this.#held === undefined) return undefined;
    const { piece, runs } = this.#held;
    const [video] = runs;
    return {
      captureTime: piece.captureTime,
      mediaTime: (piece.mediaTicks + (video ? video.baseTicks - video.decodeTicks : 0)) as Ticks90k,
      key: piece.key,
      runs: runs.map((run) => ({
        trackId: run.kind === 'video' ? FMP4_TRACK_ID : FMP4_AUDIO_TRACK_ID,
        baseDecodeTime: run.baseTicks,
        samples: lastingUntil(
          run,
          next.find(({ kind }) => kind === run.kind),
        ),
      })),
    };
  }
}

const endOf = ({ baseTicks, samples }: OpenRun): number =>
  samples.reduce((sum, { durationTicks }) => sum + durationTicks, baseTicks);

/** What of a run lies behind this; a sample that lies there for the most part counts. */
function behind(run: OpenRun, ticks: number): OpenRun {
  let { baseTicks } = run;
  let skipped = 0;
  for (const { durationTicks } of run.samples) {
    if (baseTicks >= 0 && baseTicks + durationTicks / 2 >= ticks) break;
    baseTicks += durationTicks;
    skipped++;
  }
  return skipped === 0 ? run : { ...run, baseTicks, samples: run.samples.slice(skipped) };
}

/** The samples, the last of which lasts until the next run begins, unless that is too far away to belong together. */
function lastingUntil(run: OpenRun, next: OpenRun | undefined): OpenRun['samples'] {
  const last = run.samples.at(-1);
  const hole = next === undefined ? 0 : next.baseTicks - endOf(run);
  if (last === undefined || hole === 0 || hole >= toTicks(SEAM, run.timescale)) return run.samples;
  const durationTicks = last.durationTicks + hole;
  return durationTicks > 0 ? [...run.samples.slice(0, -1), { ...last, durationTicks }] : run.samples;
}

const toTicks = (time: number, timescale: number): number => Math.round((time * timescale) / 1e6);

/** Ticks of the common time line as time. */
export const ticksToTime = (ticks: number): Micros => micros(Math.round((ticks * 1e6) / FMP4_TIMESCALE));
