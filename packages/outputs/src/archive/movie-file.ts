import type { FileHandle } from 'node:fs/promises';
import { MalformedError, type Micros, micros } from '@pinhole/core';
import {
  type BoxHeader,
  boxesIn,
  type Fragment,
  LONGEST_BOX_HEADER_BYTES,
  MFRO_BYTES,
  type Movie,
  type MovieAudioTrack,
  type MovieVideoTrack,
  parseBoxHeader,
  parseFragment,
  parseMovie,
  parseMovieFragmentRandomAccess,
  type RandomAccessPoint,
  randomAccessBytes,
} from '@pinhole/media/fmp4';

/** One whole fragment of a file. Places of samples count from `start`. */
export interface FileFragment extends Fragment {
  /** Where it begins, `prft` and all. */
  readonly start: number;
  /** Where the next one begins. */
  readonly end: number;
}

/** What comes before the samples of a fragment is mostly had by one read of so much. */
const READ_AHEAD_BYTES = 4096;
const FIRST_READ_BYTES = 16 * 1024;
/** An hour of pictures and sound in one file of others takes 3 MB. */
const LARGEST_MOVIE_BYTES = 64 * 2 ** 20;
const LARGEST_FRAGMENT_HEAD_BYTES = 2 ** 20;
/** Boxes that come before `moov` or between fragments; no file has more. */
const MOST_BOXES = 1000;
/** All ones: the writer did not know. */
const UNKNOWN_DURATION = 0xffff_ffff;

/** An MP4 file, read by its headers: nothing but what is asked for comes off the disk. */
export class MovieFile {
  readonly movie: Movie;
  /** `moov` with its header. */
  readonly moov: Uint8Array;
  /** Samples lie in fragments. */
  readonly fragmented: boolean;
  readonly #handle: FileHandle;
  readonly #sizeBytes: number;
  readonly #fragmentsAt: number;

  /** The beginning of the file, read already. */
  readonly #first: Uint8Array;

  private constructor(
    handle: FileHandle,
    options: { sizeBytes: number; first: Uint8Array; moov: Uint8Array; fragmentsAt: number },
  ) {
    this.#handle = handle;
    this.#first = options.first;
    this.#sizeBytes = options.sizeBytes;
    this.#fragmentsAt = options.fragmentsAt;
    this.moov = options.moov;
    this.movie = parseMovie(options.moov);
    const [moov] = boxesIn(options.moov);
    this.fragmented = moov !== undefined && [...boxesIn(moov.body)].some(({ type }) => type === 'mvex');
  }

  /**
   * Reads what the file says of itself. The handle stays the caller's.
   * @throws {MalformedError} `fmp4/*`, `h264/*`: it has no `moov` (yet), or is no MP4.
   */
  static async open(handle: FileHandle, { sizeBytes }: { readonly sizeBytes: number }): Promise<MovieFile> {
    const first = await readAt(handle, { at: 0, length: Math.min(FIRST_READ_BYTES, sizeBytes) });
    let at = 0;
    for (let boxes = 0; boxes < MOST_BOXES; boxes++) {
      const header = parseBoxHeader(
        at + LONGEST_BOX_HEADER_BYTES <= first.byteLength
          ? first.subarray(at)
          : await readAt(handle, { at, length: LONGEST_BOX_HEADER_BYTES }),
      );
      if (header === undefined || at + header.sizeBytes > sizeBytes) break;
      const end = at + header.sizeBytes;
      if (header.type === 'moov') {
        if (header.sizeBytes > LARGEST_MOVIE_BYTES) break;
        const moov =
          end <= first.byteLength
            ? first.subarray(at, end)
            : await readAt(handle, { at, length: header.sizeBytes });
        return new MovieFile(handle, { sizeBytes, first, moov, fragmentsAt: end });
      }
      at = end;
    }
    throw new MalformedError('fmp4/movie', 'the file has no moov');
  }

  /** Its pictures, if they are H.264. */
  get video(): MovieVideoTrack | undefined {
    return this.movie.tracks.find((track) => track.kind === 'video');
  }

  /** Its sound, if it has any. */
  get audio(): MovieAudioTrack | undefined {
    return this.movie.tracks.find((track) => track.kind === 'audio');
  }

  /** How long it lasts, once it was closed. */
  get duration(): Micros | undefined {
    const { duration, timescale } = this.movie;
    return duration === undefined || duration >= UNKNOWN_DURATION
      ? undefined
      : ticksToMicros(duration, timescale);
  }

  /**
   * Whole fragments that have pictures, in the order of the file, mostly one read each. One that was cut short or garbled
   * ends it.
   * @param from where to begin, as `moofOffset` of a key frame or `start` of an earlier fragment tells; else the first
   */
  async *fragments({
    from = this.#fragmentsAt,
  }: {
    readonly from?: number;
  } = {}): AsyncGenerator<FileFragment, void, void> {
    const video = this.video?.trackId;
    let at = from;
    while (at < this.#sizeBytes) {
      const fragment = await this.#fragmentAt(at).catch((thrown: unknown) => {
        // Garbage behind the last whole fragment: what a dying disk leaves.
        if (thrown instanceof MalformedError) return undefined;
        throw thrown;
      });
      if (fragment === undefined) return;
      at = fragment.end;
      if (fragment.runs.some(({ trackId, samples }) => trackId === video && samples.length > 0))
        yield fragment;
    }
  }

  /** What the index of a closed file tells of its key frames; none of one that has no index. */
  async keyFrames(): Promise<readonly RandomAccessPoint[]> {
    try {
      const tailAt = Math.max(0, this.#sizeBytes - MFRO_BYTES);
      const size = randomAccessBytes(await this.read({ at: tailAt, length: MFRO_BYTES }));
      if (size === undefined || size > this.#sizeBytes - this.#fragmentsAt) return [];
      return parseMovieFragmentRandomAccess(await this.read({ at: this.#sizeBytes - size, length: size }));
    } catch (thrown) {
      // Without an index the fragments are walked through.
      if (thrown instanceof MalformedError) return [];
      throw thrown;
    }
  }

  /** Reads bytes of the file; fewer at its end. */
  async read({ at, length }: { readonly at: number; readonly length: number }): Promise<Uint8Array> {
    const end = Math.min(at + length, this.#sizeBytes);
    return end <= this.#first.byteLength
      ? this.#first.subarray(Math.min(at, end), end)
      : await readAt(this.#handle, { at, length });
  }

  /** The fragment that begins here, or behind boxes of no use; nothing at the end, or where it is not whole. */
  async #fragmentAt(start: number): Promise<FileFragment | undefined> {
    let bytes = await this.read({ at: start, length: READ_AHEAD_BYTES });
    const headerAt = async (offset: number): Promise<BoxHeader | undefined> => {
      const there = bytes.subarray(offset);
      const header = parseBoxHeader(
        there.byteLength >= LONGEST_BOX_HEADER_BYTES
          ? there
          : await this.read({ at: start + offset, length: LONGEST_BOX_HEADER_BYTES }),
      );
      return header !== undefined && start + offset + header.sizeBytes <= this.#sizeBytes
        ? header
        : undefined;
    };
    let offset = 0;
    for (let boxes = 0; boxes < MOST_BOXES; boxes++) {
      const header = await headerAt(offset);
      if (header === undefined || header.type === 'mfra' || header.type === 'mdat') return undefined;
      offset += header.sizeBytes;
      if (offset > LARGEST_FRAGMENT_HEAD_BYTES) return undefined;
      if (offset > bytes.byteLength) bytes = await this.read({ at: start, length: offset });
      if (header.type !== 'moof') continue;
      const media = await headerAt(offset);
      if (media?.type !== 'mdat') return undefined;
      const fragment = parseFragment(bytes.subarray(0, offset));
      const end = offset + media.sizeBytes;
      return fragment.endOffset > end ? undefined : { ...fragment, start, end: start + end };
    }
    return undefined;
  }
}

async function readAt(
  handle: FileHandle,
  { at, length }: { readonly at: number; readonly length: number },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Ticks as microseconds. */
export const ticksToMicros = (ticks: number, timescale: number): Micros =>
  micros(Math.round((ticks * 1e6) / timescale));
