import { readTimeCode, type TimeCode } from '@pinhole/media/timecode';
import type { Page } from 'playwright-core';

/** What somebody sees in a place of a page. */
export interface PaintedPicture {
  readonly width: number;
  readonly height: number;
  readonly code: TimeCode | undefined;
}

/**
 * The picture that is on top in the element that `selector` names, which may have several videos, canvases and images in it.
 * @returns undefined when there is none yet.
 */
export async function paintedPicture(page: Page, selector: string): Promise<PaintedPicture | undefined> {
  const read = await page.evaluate((place) => {
    const all = document.querySelectorAll<HTMLVideoElement | HTMLCanvasElement | HTMLImageElement>(
      `${place} :is(video, canvas, img)`,
    );
    const picture = all[all.length - 1];
    if (!picture) return undefined;
    const [width, height] =
      picture instanceof HTMLVideoElement
        ? [picture.videoWidth, picture.videoHeight]
        : picture instanceof HTMLImageElement
          ? [picture.naturalWidth, picture.naturalHeight]
          : [picture.width, picture.height];
    if (width === 0 || height === 0) return undefined;
    const probe = new OffscreenCanvas(width, Math.ceil(height / 3));
    const context = probe.getContext('2d');
    if (!context) return undefined;
    context.drawImage(picture, 0, 0);
    const { data } = context.getImageData(0, 0, probe.width, probe.height);
    let luma = ''; // green is near enough
    for (let i = 1; i < data.length; i += 4) luma += String.fromCharCode(data[i] ?? 0);
    return { width, height, luma: btoa(luma) };
  }, selector);
  if (!read) return undefined;
  const { width, height } = read;
  const luma = new Uint8Array(Buffer.from(read.luma, 'base64'));
  return { width, height, code: readTimeCode({ luma, width, height }) };
}

/** Waits until the picture there is another one, and later, than `after`; or for the first. @returns its number. */
export async function laterFrame(page: Page, selector: string, after = -1): Promise<number> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    const number = (await paintedPicture(page, selector))?.code?.frameNumber ?? -1;
    if (number > after) return number;
    if (Date.now() > deadline)
      throw new Error(`no picture after ${after} in ${selector}; it shows ${number}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}
