import { MalformedError, type Micros, micros } from '@pinhole/core';
import { parseRecordingNote, type RecordingNote } from '../recorder/recording-note.ts';
import type { ConfinedFile } from './confined-folder.ts';
import { shared } from './index-records.ts';
import { utcOf } from './local-time.ts';
import { type FileFragment, MovieFile, ticksToMicros } from './movie-file.ts';
import type { OnDemand, RecordedFile } from './recorded-file.ts';
import { parseRecordingPath } from './recording-path.ts';

/** What a file says of itself: all that is known of it but what lies beside it. */
export type FileFacts = Omit<RecordedFile, 'thumbnail'>;

/** A file that was last written to so long after it began belongs to a clock that jumped: its end is not known. */
const LONGEST_UNREAD = micros(24 * 3600 * 1e6);

/**
 * Reads what there is to know of a recording. Of one that was closed properly that takes one read, of one that was cut a read
 * a fragment. The file stays the caller's.
 *
 * Its times are those of its pictures, where it tells them. Files of others do not: they begin at the second in their name.
 */
export async function inspectFile(path: string, file: ConfinedFile): Promise<FileFacts> {
  const { sizeBytes, changedMs, handle } = file;
  const { local, branch } = parseRecordingPath(path);
  const changed = micros(changedMs * 1000);
  const foreign: { onDemand?: OnDemand } = {};
  try {
    const movie = await MovieFile.open(handle, { sizeBytes });
    const named = utcOf(local, { near: micros(changed - (movie.duration ?? 0)) });
    if (branch !== '') foreign.onDemand = { by: '', at: named };
    const { video, audio } = movie;
    const coding = {
      ...(video && { video: shared({ codec: video.codec, width: video.width, height: video.height }) }),
      ...(audio && {
        audio: shared({ codec: audio.codec, sampleRate: audio.timescale, channels: audio.channels }),
      }),
    };
    if (!movie.fragmented) {
      const endTime = micros(named + (movie.duration ?? 0));
      const state = 'complete';
      return {
        path,
        startTime: named,
        endTime,
        sizeBytes,
        state,
        layout: 'progressive',
        ...coding,
        ...foreign,
      };
    }
    const asked = askedBy(parseRecordingNote(movie.movie.note));
    const times = await timesOf(movie, { named });
    return {
      path,
      ...times,
      sizeBytes,
      state: movie.duration === undefined ? 'cut' : 'complete',
      layout: 'fragmented',
      ...coding,
      ...(asked ? { onDemand: asked } : foreign),
    };
  } catch (thrown) {
    if (!(thrown instanceof MalformedError)) throw thrown;
    const named = utcOf(local, { near: changed });
    const lasted = changed - named;
    const endTime = lasted > 0 && lasted < LONGEST_UNREAD ? changed : named;
    return { path, startTime: named, endTime, sizeBytes, state: 'unreadable', ...foreign };
  }
}

/** Who started it first. */
function askedBy(note: RecordingNote | undefined): OnDemand | undefined {
  if (note?.tree !== 'on-demand') return undefined;
  const [first] = note.by;
  const at = Date.parse(first?.since ?? '');
  return { by: first?.who ?? '', at: micros(Number.isNaN(at) ? 0 : at * 1000) };
}

async function timesOf(
  movie: MovieFile,
  { named }: { readonly named: Micros },
): Promise<{ readonly startTime: Micros; readonly endTime: Micros }> {
  const { duration } = movie;
  let first: FileFragment | undefined;
  let last: FileFragment | undefined;
  for await (const fragment of movie.fragments()) {
    first ??= fragment;
    last = fragment;
    if (duration !== undefined) break;
  }
  if (first === undefined || last === undefined) return { startTime: named, endTime: named };
  const startTime = captureStartOf(movie, first) ?? named;
  return { startTime, endTime: micros(startTime + (duration ?? endOf(movie, last))) };
}

/**
 * When the beginning of the file's time line was: the capture time of a fragment's first picture, less its place on that line.
 * @returns nothing when the fragment tells no capture time
 */
export function captureStartOf(movie: MovieFile, { producerTime }: FileFragment): Micros | undefined {
  const { video } = movie;
  if (video === undefined || producerTime === undefined) return undefined;
  return micros(producerTime.captureTime - ticksToMicros(producerTime.mediaTime, video.timescale));
}

/** Where a fragment's last picture ends on the time line of its file. */
function endOf(movie: MovieFile, { runs }: FileFragment): Micros {
  const { video } = movie;
  const last = runs.find(({ trackId }) => trackId === video?.trackId)?.samples.at(-1);
  return video && last ? ticksToMicros(last.decodeTime + last.durationTicks, video.timescale) : micros(0);
}
