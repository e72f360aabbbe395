import { PinholeError } from '@pinhole/core';
import { chooseBackend, FfmpegError, JpegStream } from '@pinhole/ffmpeg';
import { FilmOfSnapshots } from './film-of-snapshots.ts';
import type { OpenPictureDecoder } from './picture-decoder.ts';

/**
 * Opens FFmpeg: as a library in a child process, which decodes each picture once; where there is only the program, by
 * decoding the last group of pictures anew for each JPEG, twice a second.
 * @throws {PinholeError} `mjpeg/no-decoder` where there is neither
 */
export const openPictureDecoder: OpenPictureDecoder = (options) => {
  const failed = (error: FfmpegError): void => options.failed(errorOf(error));
  try {
    if (chooseBackend().kind === 'command') return new FilmOfSnapshots({ ...options, failed });
    return new JpegStream({ ...options, failed });
  } catch (thrown) {
    throw thrown instanceof FfmpegError ? errorOf(thrown) : thrown;
  }
};

const errorOf = (error: FfmpegError): PinholeError =>
  error.code === 'ffmpeg/missing'
    ? new PinholeError('mjpeg/no-decoder', `JPEG pictures of H.264 need FFmpeg: ${error.message}`, {
        cause: error,
      })
    : new PinholeError('mjpeg/failed', `no JPEG could be made of the pictures: ${error.message}`, {
        cause: error,
      });
