import type { HarnessPage, SeenFrame } from '../../test/support/harness/harness.ts';
import { median } from './statistics.ts';

/** What became of one picture in the browser; milliseconds of the page's clock. */
export interface NotedPicture {
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

type NotingWindow = Window & { noted: NotedPicture[] };

/** Pictures come at most 60 a second: what is further off than this is another one. */
const SAME_PICTURE_MS = 8;

/** Lets the page note what becomes of pictures. To be called once a page. */
export async function notePictures({ page }: HarnessPage): Promise<void> {
  const refreshMs = await refreshIntervalMs(page);
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

/** All that was noted since the last call, in order. */
export async function takeNoted({ page }: HarnessPage): Promise<readonly NotedPicture[]> {
  return page.evaluate(() => (window as never as NotingWindow).noted.splice(0));
}

/** The times of those frames that were noted since anything was taken last. */
export async function pictureTimes(
  harness: HarnessPage,
  frames: readonly SeenFrame[],
): Promise<readonly PictureTimes[]> {
  const noted = await takeNoted(harness);
  const origin = await harness.page.evaluate(() => performance.timeOrigin);
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

/** From one refresh of the screen to the next, as the page sees it. */
async function refreshIntervalMs(page: HarnessPage['page']): Promise<number> {
  const refreshedAt = await page.evaluate(async () => {
    const times: number[] = [];
    while (times.length < 60) times.push(await new Promise(requestAnimationFrame));
    return times;
  });
  return median(refreshedAt.slice(1).map((at, i) => at - (refreshedAt[i] ?? at)));
}
