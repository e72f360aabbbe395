import type { AccessUnit, JpegPicture, MediaKind, Source } from '@pinhole/engine';
import { readTimeCode } from '@pinhole/media/timecode';
import { ffmpegOutput } from '../../test/support/clip-file.ts';
import type { BenchContext } from './figure.ts';
import { pause } from './machine.ts';

/** What came out of a source, and when: UTC milliseconds. */
export interface Arrived<Media> {
  readonly media: Media;
  readonly at: number;
}

/** A source that runs without any server, until the bench ends or it is stopped. */
export interface WatchedSource {
  readonly units: readonly Arrived<AccessUnit>[];
  readonly pictures: readonly Arrived<JpegPicture>[];
  /** Waits until there are so many of them. @throws {Error} with the source's own words when they do not come */
  until(kind: MediaKind, count: number): Promise<void>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;

/** Starts a source. */
export function watchSource(
  context: BenchContext,
  source: Source,
  options: { readonly wants: MediaKind },
): WatchedSource {
  const units: Arrived<AccessUnit>[] = [];
  const pictures: Arrived<JpegPicture>[] = [];
  const end = new AbortController();
  let words = '';
  const now = (): number => performance.timeOrigin + performance.now();
  source.want?.(new Set([options.wants]));
  const ended = source
    .start(
      {
        write: (media) => units.push({ media, at: now() }),
        picture: (media) => pictures.push({ media, at: now() }),
        state: (state) => {
          words = JSON.stringify(state);
        },
      },
      { signal: end.signal },
    )
    .catch((thrown: unknown) => {
      words = String(thrown);
    });
  const stop = async (): Promise<void> => {
    end.abort();
    await ended;
  };
  context.defer(stop);
  return {
    units,
    pictures,
    stop,
    async until(kind, count) {
      const arrived = kind === 'units' ? units : pictures;
      for (const deadline = now() + PATIENCE_MS; arrived.length < count; await pause(20))
        if (now() > deadline) throw new Error(`${arrived.length} ${kind} of ${count}: ${words}`);
    },
  };
}

/** What is drawn in a picture, and when it came. */
export interface ReadPicture {
  readonly frameNumber: number;
  /** UTC milliseconds. */
  readonly capturedAt: number;
  readonly at: number;
}

/** Reads the time codes of pictures, which begin with a key unit. */
export function readPictures(
  arrived: readonly Arrived<AccessUnit | JpegPicture>[],
  options: { readonly format: 'h264' | 'mjpeg'; readonly width: number; readonly height: number },
): readonly ReadPicture[] {
  const { format, width, height } = options;
  const gray = '-fps_mode passthrough -pix_fmt gray -f rawvideo pipe:1'.split(' ');
  const bytes = Buffer.concat(arrived.map(({ media }) => media.data));
  const raw = ffmpegOutput(['-f', format, '-i', 'pipe:0', ...gray], bytes);
  const pixels = width * height;
  if (raw.byteLength !== arrived.length * pixels)
    throw new Error(`${raw.byteLength / pixels} pictures of ${arrived.length} came out of ffmpeg`);
  return arrived.flatMap(({ at }, i) => {
    const luma = raw.subarray(i * pixels, (i + 1) * pixels);
    const code = readTimeCode({ luma, width, height });
    return code === undefined
      ? []
      : [{ frameNumber: code.frameNumber, capturedAt: code.captureTime / 1000, at }];
  });
}
