import type { HarnessPage, SeenFrame } from '../../test/support/harness/harness.ts';

/** What became of one picture in the browser; milliseconds of the page's clock. */
interface Noted {
  readonly decodedAt: number;
  readonly seenAt: number;
  readonly paintedAt: number;
}

/** What became of one picture in the browser, in milliseconds since its capture. */
export interface PictureTimes {
  /** A video element handed it to the browser's compositor, or the decoder of WebCodecs gave it out. */
  readonly decodedMs: number;
  /** The page's script was told of it: by the video's frame callback, or as it drew the canvas in an animation frame. */
  readonly seenMs: number;
  /** On the screen, by the browser's account. */
  readonly paintedMs: number;
}

type NotingWindow = Window & { noted: Noted[] };

/** Pictures come at most 60 a second: what is further off than this is another one. */
const SAME_PICTURE_MS = 8;

/** Lets the page note what becomes of pictures. To be called once a page. */
export async function notePictures({ page }: HarnessPage, refreshMs: number): Promise<void> {
  await page.evaluate((refresh) => {
    const { noted } = Object.assign(window, { noted: [] }) as never as NotingWindow;
    const video = HTMLVideoElement.prototype;
    const request = Reflect.get(video, 'requestVideoFrameCallback') as (
      callback: VideoFrameRequestCallback,
    ) => number;
    video.requestVideoFrameCallback = function (callback) {
      return request.call(this, (now, metadata) => {
        const { presentationTime: decodedAt, expectedDisplayTime } = metadata;
        const seenAt = performance.now();
        noted.push({ decodedAt, seenAt, paintedAt: Math.max(expectedDisplayTime, seenAt) });
        callback(now, metadata);
      });
    };

    const given = new Map<number, number>();
    window.VideoDecoder = class extends VideoDecoder {
      constructor(init: VideoDecoderInit) {
        super({
          ...init,
          // A method: tsx gives names to functions, by a call that no page knows.
          output(frame) {
            given.set(frame.timestamp, performance.now());
            init.output(frame);
          },
        });
      }
    };
    const canvas = CanvasRenderingContext2D.prototype;
    const draw = Reflect.get(canvas, 'drawImage') as (...args: readonly unknown[]) => void;
    canvas.drawImage = function (
      this: CanvasRenderingContext2D,
      picture: CanvasImageSource,
      ...where: readonly unknown[]
    ) {
      draw.call(this, picture, ...where);
      if (!(picture instanceof VideoFrame)) return;
      const decodedAt = given.get(picture.timestamp);
      given.clear();
      const seenAt = Number(document.timeline.currentTime);
      // What is drawn in one refresh is on the screen at the next.
      if (decodedAt !== undefined) noted.push({ decodedAt, seenAt, paintedAt: seenAt + refresh });
    } as never;
  }, refreshMs);
}

/** The times of those frames that were noted since the last call. */
export async function pictureTimes(
  { page }: HarnessPage,
  frames: readonly SeenFrame[],
): Promise<readonly PictureTimes[]> {
  const { noted, origin } = await page.evaluate(() => ({
    noted: (window as never as NotingWindow).noted.splice(0),
    origin: performance.timeOrigin,
  }));
  return frames.flatMap(({ captureTime, paintedAt }) => {
    const [nearest] = noted
      .map((one) => ({ ...one, offMs: Math.abs(origin + one.paintedAt - paintedAt) }))
      .toSorted((a, b) => a.offMs - b.offMs);
    if (!nearest || nearest.offMs > SAME_PICTURE_MS) return [];
    const captured = captureTime / 1000;
    return [
      {
        decodedMs: origin + nearest.decodedAt - captured,
        seenMs: origin + nearest.seenAt - captured,
        paintedMs: paintedAt - captured,
      },
    ];
  });
}
