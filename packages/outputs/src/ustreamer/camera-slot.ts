import { Backoff, type Logger, type Micros, messageOf, millis } from '@pinhole/core';
import type { Camera } from '@pinhole/engine';
import { slotHolders } from '@pinhole/native';
import type { PictureFeeds } from '../pictures/index.ts';
import { JpegFeed } from './jpeg-feed.ts';
import { SlotClaim } from './slot-claim.ts';
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
  /** Times that the slot's name was taken away, or given to another object. */
  readonly replaced: number;
  /** Times that another program wrote into the slot, and was left alone with it. */
  readonly steppedAside: number;
}

/** A reader that did not show itself for so long is gone; as µStreamer has it. */
const READER_SECONDS = 10;
/** What failed is tried again after so long. */
const AGAIN = { firstMs: millis(2_000), maxMs: millis(30_000) };
const NO_COUNTERS: SlotCounters = { published: 0, lockedOut: 0, tooLarge: 0, failed: 0, foreign: 0 };

/**
 * One camera in one slot of shared memory. The camera runs for it while somebody reads, and until there is a first
 * picture, so that whoever comes finds one. A slot whose name is taken away is made anew; one into which another program
 * writes is left to that, and taken when it is quiet.
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
  #replaced = 0;
  #steppedAside = 0;
  readonly #claim: SlotClaim;
  /** Of the slots before this one. */
  #past = NO_COUNTERS;
  #toldFault: string | undefined;
  #taken = false;
  /** Whether those that wrote are gone. */
  #left = false;

  constructor(options: CameraSlotOptions) {
    this.#options = options;
    const { camera, target } = options;
    this.#claim = new SlotClaim(target.name);
    this.#log = options.log.child({ camera: camera.id, slot: target.name });
  }

  /** What happened. */
  get counters(): CameraSlotCounters {
    return {
      ...added(this.#past, this.#publisher?.counters ?? NO_COUNTERS),
      skipped: this.#skipped + (this.#feed?.skipped ?? 0),
      awoken: this.#awoken,
      openFailures: this.#openFailures,
      replaced: this.#replaced,
      steppedAside: this.#steppedAside,
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
    if (publisher.isForeign) {
      this.#steppedAside++;
      this.#leave(publisher);
      this.#tellTaken();
      return;
    }
    if (!publisher.isCurrent) {
      this.#replaced++;
      this.#log.warn({}, 'another program took the slot’s name away, or made another slot of that name');
      this.#leave(publisher);
      return;
    }
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
    if (now() < this.#againAt) return undefined;
    try {
      const claim = this.#claim.look(now());
      if (claim === 'taken') this.#tellTaken();
      if (claim !== 'free' || (this.#taken && !this.#isLeft())) return undefined;
      this.#publisher = SlotPublisher.open(target, { now });
      this.#again.reset();
      this.#taken = false;
      this.#left = false;
      this.#log.info({ layout: target.layout }, 'the camera is in a slot for µStreamer’s readers');
    } catch (thrown) {
      this.#openFailures++;
      this.#againAt = now() + this.#again.next() * 1000;
      this.#tellFault(messageOf(thrown));
    }
    return this.#publisher;
  }

  /** Lets a slot be that is not ours any more. */
  #leave(publisher: SlotPublisher): void {
    this.#rest();
    this.#past = added(this.#past, publisher.counters);
    publisher.close();
    this.#publisher = undefined;
    this.#wasRead = false;
    this.#againAt = 0;
  }

  /** Whether a slot was let go of by those that wrote: one that only waits would write again. Looks from time to time. */
  #isLeft(): boolean {
    if (this.#left) return true;
    const { target, now } = this.#options;
    this.#againAt = now() + this.#again.next() * 1000;
    void slotHolders(target.name).then(({ programs }) => {
      this.#left = programs.length === 0;
    });
    return false;
  }

  /** Says once who it is that writes. */
  #tellTaken(): void {
    if (this.#taken) return;
    this.#taken = true;
    const { name } = this.#options.target;
    void slotHolders(name).then(({ programs }) => {
      const who = programs.length > 0 ? programs.join(', ') : 'a program that cannot be seen from here';
      this.#log.error(
        { who: programs },
        `${who} writes into this slot, too: the camera stays out of it. Name another slot, or end that program`,
      );
    });
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

const added = (one: SlotCounters, other: SlotCounters): SlotCounters => ({
  published: one.published + other.published,
  lockedOut: one.lockedOut + other.lockedOut,
  tooLarge: one.tooLarge + other.tooLarge,
  failed: one.failed + other.failed,
  foreign: one.foreign + other.foreign,
});
