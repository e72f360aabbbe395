import { type Micros, micros, type PinholeError } from '@pinhole/core';
import {
  type AccessUnitSink,
  type Camera,
  type Delivery,
  Pictures,
  type StreamReader,
  type StreamUnit,
} from '@pinhole/engine';
import { SendQueue } from '../queue/index.ts';
import type { JpegQuality } from './jpeg-quality.ts';
import type { OpenPictureDecoder, PictureDecoder } from './picture-decoder.ts';

/** Somebody who wants pictures. */
export interface PictureWish {
  readonly framesPerSecond: number;
  /** The decoder gave up: there are no pictures until somebody wishes anew. */
  readonly failed: (error: PinholeError) => void;
}

/** What {@link DecodedPictures} work with. */
export interface DecodedPicturesOptions {
  readonly camera: Camera;
  readonly openDecoder: OpenPictureDecoder;
  readonly quality: JpegQuality;
  readonly now: () => Micros;
}

/** A decoder may start up for a second; one that is behind by more skips to the next key unit. */
const QUEUE_LIMITS = {
  wait: micros(1_500_000),
  catchUpWait: micros(5_000_000),
  bytes: 8 * 2 ** 20,
  catchUpBytes: 32 * 2 ** 20,
};

/** JPEG pictures of a camera that makes H.264: one decoder for all who want some, and none while nobody does. */
export class DecodedPictures implements AccessUnitSink {
  readonly pictures = new Pictures();
  readonly #options: DecodedPicturesOptions;
  readonly #wishes = new Set<PictureWish>();
  #queue = new SendQueue(QUEUE_LIMITS);
  #decoder: PictureDecoder | undefined;
  #reader: StreamReader | undefined;
  #sequence = 0;

  constructor(options: DecodedPicturesOptions) {
    this.#options = options;
    options.quality.follow((quality) => this.#decoder?.setQuality(quality));
  }

  get pressure(): number {
    return this.#queue.pressure(this.#options.now());
  }

  write({ data, captureTime, key }: StreamUnit, { catchUp }: Delivery): void {
    const { now } = this.#options;
    const queue = this.#queue;
    queue.push({ bytes: data.byteLength, at: now(), catchUp });
    this.#decoder?.push({ data, captureTime, key, hidden: catchUp }, () => queue.shift(now()));
  }

  /**
   * Makes pictures from now on, at the highest rate that anybody wants.
   * @returns a function that ends the wish; it may be called again
   * @throws {PinholeError} `mjpeg/no-decoder`
   */
  want(wish: PictureWish): () => void {
    this.#wishes.add(wish);
    try {
      if (this.#decoder) this.#decoder.setRate(this.#rate());
      else this.#open();
    } catch (thrown) {
      this.#wishes.delete(wish);
      throw thrown;
    }
    return () => {
      if (!this.#wishes.delete(wish)) return;
      if (this.#wishes.size === 0) this.#close();
      else this.#decoder?.setRate(this.#rate());
    };
  }

  #open(): void {
    const { camera, now, openDecoder, quality } = this.#options;
    const decoder = openDecoder({
      framesPerSecond: this.#rate(),
      quality: quality.value,
      picture: ({ jpeg, ...picture }) => {
        if (decoder !== this.#decoder) return;
        this.pictures.write({ ...picture, data: jpeg, sequence: this.#sequence++ }, now());
      },
      failed: (error) => {
        if (decoder === this.#decoder) this.#failed(error);
      },
    });
    this.#decoder = decoder;
    this.#queue = new SendQueue(QUEUE_LIMITS);
    this.#reader = camera.stream.attach(this, { now });
  }

  #close(): void {
    this.#reader?.detach();
    this.#reader = undefined;
    this.#decoder?.close();
    this.#decoder = undefined;
    this.pictures.restart();
  }

  #failed(error: PinholeError): void {
    const wishes = [...this.#wishes];
    this.#wishes.clear();
    this.#close();
    for (const wish of wishes) wish.failed(error);
  }

  #rate(): number {
    return Math.max(...[...this.#wishes].map(({ framesPerSecond }) => framesPerSecond));
  }
}
