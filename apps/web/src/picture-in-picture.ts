import { drawableOf, drawTurned, type Orientation } from './view/turned-picture.ts';
import { isTurned } from './view/view-settings.ts';

/** While nothing is painted because the page is hidden. The browser makes a second of it. */
const HIDDEN_INTERVAL_MS = 100;

/**
 * Shows the picture in a small window above all others, or takes it back. A canvas goes through a video element of its own,
 * and so does a picture that is turned.
 * @throws {Error} in words for people, where the browser cannot.
 */
export async function showPictureInPicture(container: HTMLElement, orientation: Orientation): Promise<void> {
  if (document.pictureInPictureElement) return document.exitPictureInPicture();
  if (!document.pictureInPictureEnabled) throw new Error('This browser has no picture in picture.');
  const video = isTurned(orientation)
    ? await turnedVideo(container, orientation)
    : await videoOf(shownIn(container));
  if (!video) throw new Error('There is no picture yet.');
  await video.requestPictureInPicture();
}

/** What is seen: others that have no picture yet lie below it. */
const shownIn = (container: HTMLElement): HTMLVideoElement | HTMLCanvasElement | undefined =>
  [...container.querySelectorAll<HTMLVideoElement | HTMLCanvasElement>('video, canvas')].at(-1);

async function videoOf(
  shown: HTMLVideoElement | HTMLCanvasElement | undefined,
  ended = (): void => {},
): Promise<HTMLVideoElement | undefined> {
  if (!(shown instanceof HTMLCanvasElement)) return shown;
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = shown.captureStream();
  video.addEventListener('leavepictureinpicture', () => {
    video.srcObject = null;
    ended();
  });
  await video.play();
  return video;
}

/** A video of what the container shows, whichever element that is from now on, turned. */
async function turnedVideo(
  container: HTMLElement,
  orientation: Orientation,
): Promise<HTMLVideoElement | undefined> {
  const canvas = document.createElement('canvas');
  const draw = (): boolean => {
    const element = shownIn(container);
    const picture = element && drawableOf(element);
    if (picture) drawTurned(canvas, picture, orientation);
    return picture !== undefined;
  };
  if (!draw()) return undefined;
  let request = requestAnimationFrame(function again() {
    draw();
    request = requestAnimationFrame(again);
  });
  const timer = setInterval(() => document.hidden && draw(), HIDDEN_INTERVAL_MS);
  return await videoOf(canvas, () => {
    cancelAnimationFrame(request);
    clearInterval(timer);
  });
}
