import { type Micros, PinholeError } from '@pinhole/core';
import type { Camera, JpegPicture, MediaKind, Pictures } from '@pinhole/engine';
import { DecodedPictures, type PictureWish } from './decoded-pictures.ts';
import { JpegQuality } from './jpeg-quality.ts';
import { openPictureDecoder } from './open-decoder.ts';
import type { OpenPictureDecoder } from './picture-decoder.ts';

/** What {@link PictureFeeds} work with. */
export interface PictureFeedsOptions {
  readonly now: () => Micros;
  /** How good the JPEG pictures of a camera's H.264 are; the usual unless told. */
  readonly qualityOf?: (camera: string) => JpegQuality | undefined;
  /** Default: FFmpeg. */
  readonly openDecoder?: OpenPictureDecoder;
}

/** A camera's JPEG pictures for one viewer. */
export interface PictureFeed {
  /** Shared with others: a viewer that wants fewer leaves some out, by `rate`. */
  readonly pictures: Pictures;
  /** Pictures a second for this viewer at most; infinite for all that come. */
  readonly rate: number;
  /**
   * The newest picture of a camera that is live, or the next one.
   * @throws {PinholeError} `camera/not-live`, `mjpeg/failed`, `mjpeg/no-decoder`
   */
  first(options: { readonly deadline: Micros }): Promise<JpegPicture>;
  /** The viewer has gone. May be called again. */
  close(): void;
}

/** How many pictures a second are made of H.264 for somebody who does not say. */
export const DEFAULT_DECODED_RATE = 10;
/** Never more than this, whoever asks. */
export const HIGHEST_RATE = 60;

/** JPEG pictures of any camera: its own where it makes some, else decoded from its H.264. */
export class PictureFeeds {
  readonly #options: PictureFeedsOptions;
  readonly #decoded = new WeakMap<Camera, DecodedPictures>();

  constructor(options: PictureFeedsOptions) {
    this.#options = options;
  }

  /** What a camera has to make for a viewer of its pictures. */
  mediaOf(camera: Camera): MediaKind {
    return camera.description.jpeg ? 'pictures' : 'units';
  }

  /** Where a camera's pictures go by; nobody is asked to make any. */
  picturesOf(camera: Camera): Pictures {
    return camera.description.jpeg ? camera.pictures : this.#decodedOf(camera).pictures;
  }

  /**
   * Wants a camera's pictures. The caller holds the camera by `acquire` of what `mediaOf` says meanwhile.
   * @param wish.framesPerSecond all of the camera's, or ten of its H.264, when left out
   * @throws {PinholeError} `mjpeg/no-decoder` where H.264 would have to be decoded and cannot be
   */
  open(
    camera: Camera,
    wish: Pick<PictureWish, 'failed'> & { readonly framesPerSecond?: number | undefined },
  ): PictureFeed {
    if (camera.description.jpeg) {
      const rate = wish.framesPerSecond ?? Number.POSITIVE_INFINITY;
      return {
        pictures: camera.pictures,
        rate,
        first: (options) => camera.picture(options),
        close: () => {},
      };
    }
    const rate = Math.min(wish.framesPerSecond ?? DEFAULT_DECODED_RATE, HIGHEST_RATE);
    const decoded = this.#decodedOf(camera);
    const failures = new Set<(error: PinholeError) => void>();
    const close = decoded.want({
      framesPerSecond: rate,
      failed: (error) => {
        for (const failed of failures) failed(error);
        wish.failed(error);
      },
    });
    const { now } = this.#options;
    const first = ({ deadline }: { readonly deadline: Micros }): Promise<JpegPicture> =>
      firstOf(decoded.pictures, { camera: camera.id, waitMs: (deadline - now()) / 1000, failures });
    return { pictures: decoded.pictures, rate, first, close };
  }

  #decodedOf(camera: Camera): DecodedPictures {
    const { now, openDecoder = openPictureDecoder, qualityOf } = this.#options;
    const quality = qualityOf?.(camera.id) ?? new JpegQuality(() => false);
    const decoded = this.#decoded.get(camera) ?? new DecodedPictures({ camera, openDecoder, quality, now });
    this.#decoded.set(camera, decoded);
    return decoded;
  }
}

function firstOf(
  pictures: Pictures,
  options: {
    readonly camera: string;
    readonly waitMs: number;
    readonly failures: Set<(error: PinholeError) => void>;
  },
): Promise<JpegPicture> {
  if (pictures.last) return Promise.resolve(pictures.last);
  const { camera, waitMs, failures } = options;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      stopListening();
      failures.delete(failed);
      act();
    };
    const failed = (error: PinholeError): void => settle(() => reject(error));
    const late = new PinholeError(
      'camera/not-live',
      `camera "${camera}" has no picture: none could be decoded yet`,
    );
    const timer = setTimeout(() => settle(() => reject(late)), waitMs);
    const stopListening = pictures.events.on('picture', (picture) => settle(() => resolve(picture)));
    failures.add(failed);
  });
}
