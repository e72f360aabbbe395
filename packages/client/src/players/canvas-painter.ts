import type { Micros } from '@pinhole/core';
import { localTime } from '../clock/local-clock.ts';
import type { PaintedFrame } from './player.ts';

/** A decoded picture on its way to the screen. */
export interface DecodedPicture {
  /** Closed by the painter. */
  readonly image: VideoFrame | ImageBitmap;
  /** In pixels, as shown. */
  readonly width: number;
  readonly height: number;
  readonly captureTime?: Micros;
  /** From before the live edge: shown only when nothing newer is on its way. */
  readonly catchUp: boolean;
}

/** What a canvas painter needs. */
export interface CanvasPainterOptions {
  readonly painted: (frame: PaintedFrame) => void;
  /** Whether the decoder still has units to give out. */
  readonly moreComing: () => boolean;
}

/** Draws the newest picture at each animation frame; an older one that was not drawn yet is given up. */
export class CanvasPainter {
  readonly element: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #options: CanvasPainterOptions;
  #next: DecodedPicture | undefined;
  #drawn: Omit<PaintedFrame, 'paintedAt'> | undefined;
  #request: number | undefined;
  #painted = 0;
  #dropped = 0;

  constructor(options: CanvasPainterOptions) {
    this.#options = options;
    this.element = document.createElement('canvas');
    this.#context = this.element.getContext('2d', { alpha: false });
  }

  /** Pictures that reached the screen. */
  get painted(): number {
    return this.#painted;
  }

  /** Live pictures that a newer one overtook. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a picture; its image is closed here. */
  offer(picture: DecodedPicture): void {
    if (this.#next) {
      this.#next.image.close();
      if (!this.#next.catchUp) this.#dropped++;
    }
    this.#next = picture;
    this.#request ??= requestAnimationFrame((time) => this.#animate(time));
  }

  /** Gives up what was not drawn; the canvas keeps its picture. */
  close(): void {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#request = undefined;
    this.#next?.image.close();
    this.#next = undefined;
  }

  #animate(time: DOMHighResTimeStamp): void {
    this.#request = undefined;
    // What was drawn in the animation frame before is on the screen by now.
    if (this.#drawn) {
      const drawn = this.#drawn;
      this.#drawn = undefined;
      this.#painted++;
      this.#options.painted({ ...drawn, paintedAt: localTime(time) });
    }
    const next = this.#next;
    if (next && !(next.catchUp && this.#options.moreComing())) this.#draw(next);
    if (this.#next || this.#drawn) {
      this.#request ??= requestAnimationFrame((later) => this.#animate(later));
    }
  }

  #draw({ image, width, height, captureTime }: DecodedPicture): void {
    this.#next = undefined;
    if (this.element.width !== width) this.element.width = width;
    if (this.element.height !== height) this.element.height = height;
    this.#context?.drawImage(image, 0, 0, width, height);
    image.close();
    this.#drawn = { width, height, ...(captureTime === undefined ? {} : { captureTime }) };
  }
}
