import { type Micros, micros, PinholeError } from '@pinhole/core';
import { coverageOf, gapsOf, type TimeRange } from '../coverage.ts';
import { type Coding, contentTypeOf, isSamePicture, isSameSound, withoutSound } from './coding.ts';
import { checkRange, type FootageSpan, isPlayable, spansOf } from './footage-plan.ts';
import { type FootageSource, partsOf } from './footage-source.ts';
import { FootageWriter } from './footage-writer.ts';
import { NAMED_WITHIN, type Part, type Piece } from './part.ts';
import { Timeline, ticksToTime } from './timeline.ts';

/** What of the past is wanted. */
export interface FootageRequest extends TimeRange {
  /**
   * `playback`: from the key frame at `from` or before it, up to `to`, for a player's buffer; it ends earlier where pictures or
   * sound become coded otherwise · `export`: a file from that key frame up to the first one at `to` or behind it.
   */
  readonly purpose: 'playback' | 'export';
  /** What was not recorded takes its time, or is passed over. Default `kept`. */
  readonly gaps?: 'kept' | 'closed';
  /** The time, UTC, at which its time line is 0; that of the first picture when left out. Not later than that. */
  readonly origin?: Micros;
}

/** The past, ready to be read. */
export interface Footage {
  /** For a `Content-Type` and for MSE. */
  readonly contentType: string;
  /** When its first picture was taken. */
  readonly startTime: Micros;
  /** The time at which its time line is 0. */
  readonly origin: Micros;
  /** When it ends, as far as is known now. */
  readonly endTime: Micros;
  readonly picture: { readonly width: number; readonly height: number };
  /** `left-out` when recordings of the range have sound of several kinds, or some have none. */
  readonly sound: 'kept' | 'left-out' | 'none';
  /** Its bytes, to be read once. Nothing is read from the disk before it is asked for. */
  stream(): ReadableStream<Uint8Array>;
  /** Ends it unread. May be called again. */
  close(): Promise<void>;
}

interface PartPiece {
  readonly part: Part;
  readonly piece: Piece;
}

/** Recordings and memory of one camera as one picture that goes on. Nothing is coded anew. */
export class FootageReader {
  readonly #source: FootageSource;

  constructor(source: FootageSource) {
    this.#source = source;
  }

  /** What there is of a range, cut where it is coded otherwise. @throws {PinholeError} `footage/bad-range` */
  async spans(range: TimeRange): Promise<readonly FootageSpan[]> {
    checkRange(range);
    const { archive, memory } = this.#source;
    await archive.lookAtOpen();
    return spansOf(archive.range(range).filter(isPlayable), { ...range, memory });
  }

  /** Key frames of a range, oldest first: where an export can begin and end. @throws {PinholeError} `footage/bad-range` */
  async keyFrames(range: TimeRange & { readonly limit?: number }): Promise<readonly Micros[]> {
    checkRange(range);
    const { from, to, limit = MOST_KEY_FRAMES } = range;
    const found: Micros[] = [];
    let reached: Micros | undefined;
    for await (const { part } of partsOf(this.#source, { from, to, reached: () => reached })) {
      for (const key of await part.keyFrames()) {
        if (key < from - NAMED_WITHIN || key >= to || key <= (found.at(-1) ?? -1)) continue;
        if (found.length >= limit) return found;
        found.push(key);
      }
      reached = found.at(-1);
    }
    return found;
  }

  /**
   * Opens what was recorded of a range. Read its stream to the end, cancel it, or close it.
   *
   * @throws {PinholeError} `footage/bad-range` · `footage/nothing-recorded` · `footage/mixed` for an export over a change of size
   */
  async open(request: FootageRequest): Promise<Footage> {
    checkRange(request);
    const plan = request.purpose === 'export' ? await this.#planExport(request) : undefined;
    const pieces = this.#pieces(request);
    const first = await pieces.next();
    if (first.done) throw this.#nothing(request);
    const { part, piece } = first.value;
    const coding = plan === undefined || plan.sound === 'kept' ? part.coding : withoutSound(part.coding);
    const origin = micros(Math.min(request.origin ?? piece.captureTime, piece.captureTime));
    const sound = plan?.sound === 'left-out' ? 'left-out' : coding.audio ? 'kept' : 'none';
    const endTime = plan?.endTime ?? request.to;
    const duration = plan && this.#durationOf({ ...request, from: piece.captureTime, to: endTime });
    const options = { coding, ...(duration && { file: { duration } }) };
    const bytes = this.#bytes({ first: first.value, rest: pieces, origin, options, request });
    const close = async (): Promise<void> => {
      await bytes.return();
      // A generator that was never begun does not end those it would read from.
      await pieces.return();
    };
    return {
      contentType: contentTypeOf(coding),
      startTime: piece.captureTime,
      origin,
      endTime,
      picture: { width: coding.width, height: coding.height },
      sound,
      stream: () => streamOf(bytes, close),
      close,
    };
  }

  async *#bytes(reading: {
    readonly first: PartPiece;
    readonly rest: AsyncGenerator<PartPiece, void, void>;
    readonly origin: Micros;
    readonly options: ConstructorParameters<typeof FootageWriter>[0];
    readonly request: FootageRequest;
  }): AsyncGenerator<Uint8Array, void, void> {
    const { first, rest, origin, options, request } = reading;
    const writer = new FootageWriter(options);
    const timeline = new Timeline({ origin, gaps: request.gaps ?? 'kept' });
    const { coding } = options;
    const placed = ({ piece, part }: PartPiece): Uint8Array | undefined => {
      const runs = coding.audio ? piece.runs : piece.runs.filter(({ kind }) => kind === 'video');
      const done = timeline.place({ ...piece, runs }, part);
      return done && writer.piece(done);
    };
    try {
      yield writer.header();
      placed(first);
      for await (const next of rest) {
        if (!fits(next.part.coding, coding, request)) break;
        const bytes = placed(next);
        if (bytes !== undefined) yield bytes;
      }
      const last = timeline.finish();
      if (last !== undefined) yield writer.piece(last);
      const end = writer.end();
      if (end !== undefined) yield end;
    } finally {
      await rest.return();
    }
  }

  /** Pieces of the range, part by part. */
  async *#pieces({ from, to, purpose }: FootageRequest): AsyncGenerator<PartPiece, void, void> {
    let reached: Micros | undefined;
    for await (const { part, start } of partsOf(this.#source, { from, to, reached: () => reached })) {
      for await (const piece of part.pieces(start)) {
        const ends =
          purpose === 'export'
            ? piece.key && piece.captureTime >= to - NAMED_WITHIN && reached !== undefined
            : piece.captureTime >= to;
        if (ends) return;
        yield { part, piece };
        reached = endOf(part, piece);
      }
    }
  }

  /** Looks at every header first: a file that turns out to be none half-way helps nobody. */
  async #planExport({
    from,
    to,
  }: FootageRequest): Promise<{ readonly endTime: Micros; readonly sound: Footage['sound'] }> {
    let first: Part | undefined;
    let reached: Micros | undefined;
    let endTime = from;
    let sound: Footage['sound'] = 'kept';
    const cuts: Micros[] = [];
    let previous: Part | undefined;
    for await (const { part } of partsOf(this.#source, { from, to, reached: () => reached })) {
      first ??= part;
      if (previous && !isSamePicture(previous.coding, part.coding)) cuts.push(part.zero);
      if (!isSameSound(first.coding, part.coding)) sound = 'left-out';
      previous = part;
      const keys = await part.keyFrames();
      const lastKey = keys.at(-1);
      const end = keys.find((key) => key >= to - NAMED_WITHIN && key > part.zero);
      endTime = end ?? micros(Math.max(endTime, this.#endOfPart(part, lastKey ?? part.zero)));
      reached = endTime;
      if (end !== undefined) break;
    }
    if (cuts.length > 0) {
      const times = cuts.map((cut) => new Date(cut / 1000).toISOString()).join(', ');
      throw new PinholeError(
        'footage/mixed',
        `pictures are coded otherwise from ${times} on; export up to there, and from there on into another file`,
      );
    }
    return { endTime, sound: first?.coding.audio === undefined && sound === 'kept' ? 'none' : sound };
  }

  /** As the index tells, or memory. */
  #endOfPart(part: Part, lastKey: Micros): Micros {
    const { archive, memory } = this.#source;
    const around = { from: lastKey, to: micros(lastKey + 1) };
    const ends = archive
      .range(around)
      .filter(({ startTime }) => Math.abs(startTime - part.zero) < 2_000_000)
      .map(({ endTime }) => endTime);
    return micros(Math.max(lastKey, ...(ends.length > 0 ? ends : [memory?.extent.to ?? lastKey])));
  }

  #durationOf({ from, to, gaps }: FootageRequest): Micros {
    const files = this.#source.archive.range({ from, to }).filter(isPlayable);
    const missing =
      gaps === 'closed'
        ? gapsOf(coverageOf(files, { from, to }), { from, to }).reduce(
            (sum, gap) => sum + gap.to - gap.from,
            0,
          )
        : 0;
    return micros(Math.max(0, to - from - missing));
  }

  #nothing({ from, to }: TimeRange): PinholeError {
    const { archive } = this.#source;
    const said = (at: number): string => new Date(at / 1000).toISOString();
    const before = archive.range({ from: micros(0), to: from }).findLast(isPlayable);
    const after = archive.range({ from: to, to: micros(Number.MAX_SAFE_INTEGER), limit: 1 })[0];
    const near = [
      ...(before ? [`the last recording before ended ${said(before.endTime)}`] : []),
      ...(after ? [`the next one begins ${said(after.startTime)}`] : []),
    ];
    return new PinholeError(
      'footage/nothing-recorded',
      [`nothing was recorded from ${said(from)} to ${said(to)}`, ...near].join('; '),
    );
  }
}

/** No more key frames are told at once: an hour of one a second. */
const MOST_KEY_FRAMES = 3600;

/** Whether a part can go on in what a header has promised. */
const fits = (next: Coding, header: Coding, { purpose }: FootageRequest): boolean =>
  isSamePicture(next, header) && (purpose === 'export' || isSameSound(next, header));

const endOf = ({ zero }: Part, { runs }: Piece): Micros => {
  const [video] = runs;
  const ticks =
    video?.samples.reduce((sum, { durationTicks }) => sum + durationTicks, video.decodeTicks) ?? 0;
  return micros(zero + ticksToTime(ticks));
};

/** Nothing is made before it is asked for. */
function streamOf(
  bytes: AsyncGenerator<Uint8Array, void, void>,
  close: () => Promise<void>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const next = await bytes.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      cancel: close,
    },
    { highWaterMark: 0 },
  );
}
