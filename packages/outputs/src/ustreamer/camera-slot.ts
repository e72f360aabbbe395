import { Backoff, type Logger, type Micros, messageOf, millis } from '@pinhole/core';
import type { Camera } from '@pinhole/engine';
import type { PictureFeeds } from '../pictures/index.ts';
import { JpegFeed } from './jpeg-feed.ts';
import type { SlotFeed } from './slot-feed.ts';
import { type SlotCounters, SlotPublisher, type SlotTarget } from './slot-publisher.ts';
import { UnitFeed } from './unit-feed.ts';

/** What a camera's slot is made with. */
export interface CameraSlotOptions {
  readonly camera: Camera;
  readonly target: SlotTarget;
  readonly feeds: PictureFeeds;
  readonly now: () => Micros;
  readonly log: Logger;
}

/** What happened at a camera's slot since the program started. */
export interface CameraSlotCounters extends SlotCounters {
  readonly skipped: number;
  /** Times that a first reader came. */
  readonly awoken: number;
  /** Times that the slot could not be opened. */
  readonly openFailures: number;
}

/** A reader that did not show itself for so long is gone; as µStreamer has it. */
const READER_SECONDS = 10;
/** What failed is tried again after so long. */
const AGAIN = { firstMs: millis(2_000), maxMs: millis(30_000) };
const NO_COUNTERS: SlotCounters = { published: 0, lockedOut: 0, tooLarge: 0, failed: 0 };

/**
 * One camera in one slot of shared memory. The camera runs for it while somebody reads, and until there is a first
 * picture, so that whoever comes finds one.
 */
export class CameraSlot {
  readonly #options: CameraSlotOptions;
  readonly #log: Logger;
  #publisher: SlotPublisher | undefined;
  #feed: SlotFeed | undefined;
  readonly #again = new Backoff(AGAIN);
  #againAt = 0;
  #closed = false;
  #wasRead = false;
  #skipped = 0;
  #awoken = 0;
  #openFailures = 0;
  #toldFault: string | undefined;

  constructor(options: CameraSlotOptions) {
    this.#options = options;
    const { camera, target } = options;
    this.#log = options.log.child({ camera: camera.id, slot: target.name });
  }

  /** What happened. */
  get counters(): CameraSlotCounters {
    return {
      ...(this.#publisher?.counters ?? NO_COUNTERS),
      skipped: this.#skipped + (this.#feed?.skipped ?? 0),
      awoken: this.#awoken,
      openFailures: this.#openFailures,
    };
  }

  /** Whether somebody reads it now. */
  get isRead(): boolean {
    return this.#publisher !== undefined && this.#publisher.readers.secondsSince < READER_SECONDS;
  }

  /** Looks for readers. Called a few times a second. */
  tick(): void {
    if (this.#closed) return;
    const publisher = this.#publisher ?? this.#open();
    if (publisher === undefined) return;
    this.#renew();
    const { secondsSince, wantsKey } = publisher.readers;
    const isRead = secondsSince < READER_SECONDS;
    this.#tellFault(publisher.fault);
    if (isRead && !this.#wasRead) this.#awoken++;
    this.#wasRead = isRead;
    if (isRead || publisher.counters.published === 0) this.#wake(publisher);
    else this.#rest();
    if (isRead && wantsKey) this.#feed?.requestKey();
  }

  /** Lets the camera go, and takes the slot's name away where that is wanted. May be called again; never throws. */
  close(): void {
    this.#rest();
    if (!this.#closed) this.#publisher?.close();
    this.#closed = true;
  }

  #open(): SlotPublisher | undefined {
    const { target, now } = this.#options;
    if (!this.#isTimeToTry()) return undefined;
    try {
      this.#publisher = SlotPublisher.open(target, { now });
      this.#again.reset();
      this.#log.info({ layout: target.layout }, 'the camera is in a slot for µStreamer’s readers');
    } catch (thrown) {
      this.#openFailures++;
      this.#tellFault(messageOf(thrown));
    }
    return this.#publisher;
  }

  /** A source that gave up is started by whoever comes anew, and so is a decoder. */
  #renew(): void {
    const { kind } = this.#options.camera.state;
    if (kind === 'live') this.#again.reset();
    if (!this.#feed || !(this.#feed.over || kind === 'failed' || kind === 'idle')) return;
    if (this.#isTimeToTry()) this.#rest();
  }

  #isTimeToTry(): boolean {
    const now = this.#options.now();
    if (now < this.#againAt) return false;
    this.#againAt = now + this.#again.next() * 1000;
    return true;
  }

  #wake(publisher: SlotPublisher): void {
    if (this.#feed) return;
    const { camera, feeds, now, target } = this.#options;
    this.#feed =
      target.kind === 'h264'
        ? new UnitFeed({ camera, publisher, now })
        : new JpegFeed({ camera, publisher, feeds, now, log: this.#log });
  }

  #rest(): void {
    if (!this.#feed) return;
    this.#skipped += this.#feed.skipped;
    this.#feed.close();
    this.#feed = undefined;
  }

  #tellFault(fault: string | undefined): void {
    if (fault !== undefined && fault !== this.#toldFault)
      this.#log.error({ why: fault }, 'the slot cannot be written');
    this.#toldFault = fault;
  }
}
