import { Emitter, type Micros } from '@pinhole/core';
import type { JpegPicture } from './jpeg-picture.ts';
import { RateMeter } from './rate-meter.ts';

/** What a camera's JPEG pictures tell. */
export interface PicturesEvents {
  /** The newest picture. Listeners return at once; one that is slow keeps the newest and forgets the rest. */
  picture: JpegPicture;
}

/** A camera's JPEG pictures on their way to anybody: each is whole, so only the newest one counts. */
export class Pictures {
  readonly events = new Emitter<PicturesEvents>();
  readonly #meter = new RateMeter();
  #last: JpegPicture | undefined;
  #count = 0;
  #bytes = 0;

  /** The newest picture; undefined before the first one and after a restart of the source. */
  get last(): JpegPicture | undefined {
    return this.#last;
  }

  /** What came since the camera was made. */
  get counters(): { readonly pictures: number; readonly bytes: number } {
    return { pictures: this.#count, bytes: this.#bytes };
  }

  /** Pictures and bits a second over the last few seconds. */
  rate(now: Micros): { readonly framesPerSecond: number; readonly bitsPerSecond: number } {
    return this.#meter.rate(now);
  }

  /** Takes the source's next picture and tells it to everybody. */
  write(picture: JpegPicture, now: Micros): void {
    this.#count++;
    this.#bytes += picture.data.byteLength;
    this.#meter.add(now, picture.data.byteLength);
    this.#last = picture;
    this.events.emit('picture', picture);
  }

  /** Forgets the newest picture: the source starts anew. */
  restart(): void {
    this.#last = undefined;
  }
}
