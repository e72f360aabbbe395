import { type Micros, micros, PinholeError } from '@pinhole/core';
import type { Archive } from '../archive.ts';
import { SEAM, type TimeRange } from '../coverage.ts';
import type { RecordedFile } from '../recorded-file.ts';
import { FilePart } from './file-part.ts';
import { isPlayable, type RewindMemory } from './footage-plan.ts';
import { MemoryPart } from './memory-part.ts';
import { NAMED_WITHIN, type Part, type PieceStart } from './part.ts';

/** What footage is read from. */
export interface FootageSource {
  readonly archive: Archive;
  readonly memory?: RewindMemory | undefined;
}

/** A part, and where in it footage goes on. */
export interface NextPart {
  readonly part: Part;
  readonly start: PieceStart;
}

/** Two recordings of one stream may differ so much in when they say that a picture was taken. */
const JITTER = 100_000;

/**
 * The parts of a range one after the other, each opened when it is its turn, and closed when the next one is asked for. Behind a
 * recording comes the one that begins where it ends; where recordings overlap otherwise, the rest of the one that began first,
 * from its first key frame on.
 *
 * @param reached until when footage was read when the next part is asked for; nothing before the first piece
 */
export async function* partsOf(
  { archive, memory }: FootageSource,
  { from, to, reached }: TimeRange & { readonly reached: () => Micros | undefined },
): AsyncGenerator<NextPart, void, void> {
  const waiting = new Set(
    archive.range({ from, to }).filter((file) => isPlayable(file) && !endsBefore(file, { at: from })),
  );
  for (let file = nextOf(waiting, reached()); file !== undefined; file = nextOf(waiting, reached())) {
    waiting.delete(file);
    const part = await openPart(archive, file.path);
    if (part === undefined) continue;
    try {
      yield { part, start: startIn(part, { from, until: reached() }) };
    } finally {
      await part.close();
    }
  }
  const until = reached();
  for (const part of MemoryPart.split(memory?.gops({ from: until ?? from, to }) ?? [])) {
    const done = reached();
    if (part.newest < (done ?? from)) continue;
    const holds = done !== undefined && part.zero <= done;
    yield { part, start: holds ? { at: done, begin: 'next' } : startIn(part, { from, until: done }) };
  }
}

/** A border that was asked for by its millisecond belongs to the recording behind it. */
const endsBefore = ({ endTime, state }: RecordedFile, { at }: { readonly at: Micros }): boolean =>
  state !== 'recording' && endTime < at + NAMED_WITHIN;

function nextOf(waiting: ReadonlySet<RecordedFile>, until: Micros | undefined): RecordedFile | undefined {
  const files = [...waiting];
  if (until === undefined) return files[0];
  // One that is being written has more than was told.
  const left = files.filter(({ endTime, state }) => endTime > until + JITTER || state === 'recording');
  return left.find(({ startTime }) => Math.abs(startTime - until) < SEAM) ?? left[0];
}

/** The part of a recording; nothing when it was deleted meanwhile, or cannot be read. */
async function openPart(archive: Archive, path: string): Promise<FilePart | undefined> {
  try {
    return await FilePart.open(await archive.openRecording(path));
  } catch (thrown) {
    if (thrown instanceof PinholeError) return undefined;
    throw thrown;
  }
}

function startIn(
  { zero }: Part,
  { from, until }: { readonly from: Micros; readonly until: Micros | undefined },
): PieceStart {
  if (until === undefined) return { at: from, begin: 'key-before' };
  return zero > until - SEAM
    ? { at: zero, begin: 'key-before' }
    : { at: micros(until - JITTER), begin: 'key-after' };
}
