import type { Micros } from '@pinhole/core';
import { SyntheticEncoder } from '@pinhole/sources/synthetic';
import { encode } from 'jpeg-js';

/** Size of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

const LUMA_BLOCK = 4;
const CHROMA_BLOCK = 8;
const QUALITY = 70;

/** Draws the test card with frame number and time code, as JPEG. Sizes below 160×120 are grey. */
export class CardPictures {
  readonly #size: PictureSize;
  readonly #card: SyntheticEncoder | undefined;

  constructor(size: PictureSize) {
    this.#size = size;
    const drawn = size.width >= 160 && size.height >= 120 && size.width <= 1920 && size.height <= 1080;
    if (drawn) this.#card = new SyntheticEncoder({ ...size, framesPerSecond: 25 });
  }

  /** A picture of this moment. */
  draw(frameNumber: number, captureTime: Micros): Uint8Array {
    const { width, height } = this.#size;
    this.#card?.encode({ frameNumber, captureTime, key: true });
    return new Uint8Array(encode({ width, height, data: this.#pixels() }, QUALITY).data);
  }

  /** RGBA of the card's flat blocks, by BT.601 with video range as H.264 has it. */
  #pixels(): Uint8Array {
    const { width, height } = this.#size;
    const pixels = new Uint8Array(width * height * 4).fill(128);
    const picture = this.#card?.picture;
    if (picture === undefined) return pixels;
    const { luma, cb, cr, lumaStride, chromaStride } = picture;
    for (let y = 0, at = 0; y < height; y++) {
      const lumaRow = Math.floor(y / LUMA_BLOCK) * lumaStride;
      const chromaRow = Math.floor(y / CHROMA_BLOCK) * chromaStride;
      for (let x = 0; x < width; x++, at += 4) {
        const light = 1.164 * ((luma[lumaRow + Math.floor(x / LUMA_BLOCK)] ?? 16) - 16);
        const chroma = chromaRow + Math.floor(x / CHROMA_BLOCK);
        const [blue, red] = [(cb[chroma] ?? 128) - 128, (cr[chroma] ?? 128) - 128];
        pixels[at] = clamped(light + 1.596 * red);
        pixels[at + 1] = clamped(light - 0.392 * blue - 0.813 * red);
        pixels[at + 2] = clamped(light + 2.017 * blue);
        pixels[at + 3] = 255;
      }
    }
    return pixels;
  }
}

const clamped = (level: number): number => Math.max(0, Math.min(255, Math.round(level)));
