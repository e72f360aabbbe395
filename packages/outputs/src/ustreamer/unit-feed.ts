import type { Micros, millis } from '@pinhole/core';
import type { AccessUnitSink, Camera, Delivery, StreamReader, StreamUnit } from '@pinhole/engine';
import { PatientPublisher } from './patient-publisher.ts';
import { isOnline, type SlotFeed } from './slot-feed.ts';
import type { SlotPublisher } from './slot-publisher.ts';

/** What a feed is made with. */
export interface UnitFeedOptions {
  readonly camera: Camera;
  readonly publisher: SlotPublisher;
  readonly now: () => Micros;
}

/** Pictures that wait for a lock; with all places taken the stream goes on at the next key unit. */
const PLACES = 8;
/** Until two key units have been seen. */
const USUAL_GOP = 30;

/** A camera's H.264 on its way into a slot: a slot has one place, so nothing old is replayed, and a key unit comes first. */
export class UnitFeed implements SlotFeed, AccessUnitSink {
  readonly #options: UnitFeedOptions;
  readonly #writer: PatientPublisher;
  readonly #release: () => void;
  readonly #reader: StreamReader;
  readonly over = false;
  #needsKey = true;
  #sinceKey: number | undefined;
  #gop = USUAL_GOP;
  #skipped = 0;

  constructor(options: UnitFeedOptions) {
    this.#options = options;
    const { camera, publisher, now } = options;
    this.#writer = new PatientPublisher({
      publisher,
      places: PLACES,
      now,
      after,
      settled: (_, outcome) => {
        if (outcome === 'published') return;
        this.#needsKey = true;
        camera.stream.requestKeyFrame(now());
      },
    });
    this.#release = camera.acquire();
    this.#reader = camera.stream.attach(this, { now });
  }

  get pressure(): number {
    return this.#writer.pressure;
  }

  get skipped(): number {
    const { droppedBusy, droppedUntilKey } = this.#reader.counters;
    return this.#skipped + droppedBusy + droppedUntilKey;
  }

  write(unit: StreamUnit, { catchUp }: Delivery): void {
    const { camera, publisher, now } = this.#options;
    this.#count(unit);
    if (catchUp || (this.#needsKey && !unit.key)) {
      if (this.#needsKey) camera.stream.requestKeyFrame(now());
      this.#skipped++;
      return;
    }
    this.#needsKey = false;
    const { width, height } = unit.parameters;
    this.#writer.write({ ...unit, width, height, gop: this.#gop, online: isOnline(camera.state) });
    if (publisher.readers.wantsKey && !unit.key) this.requestKey();
  }

  requestKey(): void {
    const { camera, now } = this.#options;
    camera.stream.requestKeyFrame(now());
  }

  close(): void {
    this.#reader.detach();
    this.#writer.close();
    this.#release();
  }

  #count({ key }: StreamUnit): void {
    if (!key) {
      if (this.#sinceKey !== undefined) this.#sinceKey++;
      return;
    }
    if (this.#sinceKey !== undefined) this.#gop = this.#sinceKey;
    this.#sinceKey = 1;
  }
}

const after = (delayMs: ReturnType<typeof millis>, run: () => void): (() => void) => {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
};
