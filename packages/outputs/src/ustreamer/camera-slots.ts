import type { Logger, Micros } from '@pinhole/core';
import type { Camera } from '@pinhole/engine';
import { PictureFeeds } from '../pictures/index.ts';
import { CameraSlot, type CameraSlotCounters } from './camera-slot.ts';
import type { SlotTarget } from './slot-publisher.ts';

/** What all slots are made with. */
export interface CameraSlotsOptions {
  readonly slots: readonly { readonly camera: Camera; readonly target: SlotTarget }[];
  readonly now: () => Micros;
  readonly log: Logger;
  /** Where pictures come from; shared with other outputs, so that none is decoded twice. */
  readonly feeds?: PictureFeeds;
}

/** All slots of shared memory into which this program publishes cameras. */
export class CameraSlots {
  readonly #slots: readonly CameraSlot[];

  constructor({ slots, now, log, feeds = new PictureFeeds({ now }) }: CameraSlotsOptions) {
    this.#slots = slots.map(({ camera, target }) => new CameraSlot({ camera, target, feeds, now, log }));
  }

  /** How many there are. */
  get size(): number {
    return this.#slots.length;
  }

  /** How many of them are read now. */
  get read(): number {
    return this.#slots.filter(({ isRead }) => isRead).length;
  }

  /** What happened at all of them together. */
  get counters(): CameraSlotCounters {
    const each = this.#slots.map(({ counters }) => counters);
    const sum = (name: keyof CameraSlotCounters): number =>
      each.reduce((total, counters) => total + counters[name], 0);
    return {
      published: sum('published'),
      lockedOut: sum('lockedOut'),
      tooLarge: sum('tooLarge'),
      failed: sum('failed'),
      skipped: sum('skipped'),
      awoken: sum('awoken'),
      foreign: sum('foreign'),
      openFailures: sum('openFailures'),
      replaced: sum('replaced'),
      steppedAside: sum('steppedAside'),
    };
  }

  /** Looks for readers. Called a few times a second. */
  tick(): void {
    for (const slot of this.#slots) slot.tick();
  }

  /** Lets the cameras go, and takes names away where that is wanted. May be called again; never throws. */
  close(): void {
    for (const slot of this.#slots) slot.close();
  }
}
