import { PinholeError } from '@pinhole/core';
import type { PictureElement } from './players/player.ts';

/** What a snapshot looks like. */
export interface SnapshotOptions {
  /** Media type; JPEG unless told otherwise. */
  readonly type?: 'image/jpeg' | 'image/png' | 'image/webp';
  /** 0…1, for JPEG and WebP. */
  readonly quality?: number;
}

/** The place on the page where the pictures are: one is on top, those that are not ready wait below it. */
export class Screen {
  readonly #container: HTMLElement;
  #shown: PictureElement | undefined;

  constructor(container: HTMLElement) {
    this.#container = container;
  }

  /** The element whose picture is seen. */
  get shown(): PictureElement | undefined {
    return this.#shown;
  }

  /** Puts an element under the one that is seen: browsers only paint what is on the page. */
  add(element: PictureElement): void {
    const { style } = element;
    style.display = 'block';
    style.width = '100%';
    style.height = '100%';
    style.objectFit ||= 'inherit';
    // All in one grid cell, so that the container takes the picture's size and no other style is touched.
    style.gridArea = '1 / 1';
    this.#container.style.display = 'grid';
    this.#container.prepend(element);
  }

  /** From now on this one is seen; the one before is taken off the page. */
  show(element: PictureElement): void {
    if (this.#shown !== element) this.#shown?.remove();
    this.#shown = element;
  }

  /** Takes an element off the page, unless it is the one that is seen: then its last picture stays. */
  drop(element: PictureElement): void {
    if (this.#shown !== element) element.remove();
  }

  /** Takes all off the page. */
  clear(): void {
    this.#shown?.remove();
    this.#shown = undefined;
  }

  /**
   * The picture that is seen, as a file.
   * @throws {PinholeError} `client/no-picture` before the first one
   */
  async snapshot(options: SnapshotOptions): Promise<Blob> {
    const shown = this.#shown;
    const [width, height] =
      shown instanceof HTMLVideoElement
        ? [shown.videoWidth, shown.videoHeight]
        : [shown?.width, shown?.height];
    if (!shown || !width || !height) throw new PinholeError('client/no-picture', 'There is no picture yet.');
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    canvas.getContext('2d')?.drawImage(shown, 0, 0);
    return await new Promise((resolve, reject) => {
      canvas.toBlob(
        (blob) => {
          if (blob) resolve(blob);
          else reject(new PinholeError('client/no-picture', 'The browser could not encode the picture.'));
        },
        options.type ?? 'image/jpeg',
        options.quality ?? 0.92,
      );
    });
  }
}
