import { type Logger, type Micros, PinholeError } from '@pinhole/core';
import type { Camera, JpegPicture } from '@pinhole/engine';
import type { PictureFeed, PictureFeeds } from '../pictures/index.ts';
import { PatientPublisher } from './patient-publisher.ts';
import { isOnline, type SlotFeed } from './slot-feed.ts';
import type { SlotPublisher } from './slot-publisher.ts';

/** What a feed is made with. */
export interface JpegFeedOptions {
  readonly camera: Camera;
  readonly publisher: SlotPublisher;
  readonly feeds: PictureFeeds;
  readonly now: () => Micros;
  readonly log: Logger;
}

/** A camera's JPEG pictures on their way into a slot; the newest counts. */
export class JpegFeed implements SlotFeed {
  readonly #options: JpegFeedOptions;
  readonly #writer: PatientPublisher;
  readonly #release: () => void;
  #feed: PictureFeed | undefined;
  #stopListening: (() => void) | undefined;
  skipped = 0;
  over = false;

  constructor(options: JpegFeedOptions) {
    this.#options = options;
    const { camera, publisher, feeds, now, log } = options;
    this.#writer = new PatientPublisher({
      publisher,
      places: 1,
      now,
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      settled: () => {},
    });
    this.#release = camera.acquire(feeds.mediaOf(camera));
    const failed = ({ message: why }: PinholeError): void => {
      this.over = true;
      log.error({ why }, 'no JPEG pictures for the slot');
    };
    try {
      this.#feed = feeds.open(camera, { failed });
      this.#stopListening = this.#feed.pictures.events.on('picture', (picture) => this.#write(picture));
    } catch (thrown) {
      if (!(thrown instanceof PinholeError)) throw thrown;
      failed(thrown);
    }
  }

  /** Each picture is one already. */
  requestKey(): void {}

  close(): void {
    this.#stopListening?.();
    this.#feed?.close();
    this.#writer.close();
    this.#release();
  }

  #write({ data, width, height, captureTime }: JpegPicture): void {
    const online = isOnline(this.#options.camera.state);
    const picture = { data, width, height, captureTime, key: false, gop: 0, online };
    if (!this.#writer.write(picture)) this.skipped++;
  }
}
