import { isUpended, type ViewSettings } from './view-settings.ts';

/** How a picture is turned. */
export type Orientation = Pick<ViewSettings, 'turn' | 'mirrored'>;

/** Something that can be drawn, with its size in pixels. */
export interface Drawable {
  readonly image: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** Draws a picture into a canvas as it is seen on the page; the canvas takes its size. */
export function drawTurned(
  canvas: HTMLCanvasElement,
  { image, width, height }: Drawable,
  orientation: Orientation,
): void {
  const [wide, high] = isUpended(orientation) ? [height, width] : [width, height];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) return;
  context.setTransform(1, 0, 0, 1, wide / 2, high / 2);
  context.rotate((orientation.turn * Math.PI) / 180);
  if (orientation.mirrored) context.scale(-1, 1);
  context.drawImage(image, -width / 2, -height / 2, width, height);
}

/** What an element shows; undefined before its first picture. */
export function drawableOf(element: HTMLVideoElement | HTMLCanvasElement): Drawable | undefined {
  const [width, height] =
    element instanceof HTMLVideoElement
      ? [element.videoWidth, element.videoHeight]
      : [element.width, element.height];
  return width > 0 && height > 0 ? { image: element, width, height } : undefined;
}

/** A picture as a JPEG file, turned. */
export async function turnedFile(picture: Blob, orientation: Orientation): Promise<Blob> {
  const image = await createImageBitmap(picture);
  const canvas = document.createElement('canvas');
  drawTurned(canvas, { image, width: image.width, height: image.height }, orientation);
  image.close();
  return await new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The browser could not encode the picture.'))),
      'image/jpeg',
      0.92,
    );
  });
}
