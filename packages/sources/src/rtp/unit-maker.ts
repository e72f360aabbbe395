import { type Micros, micros } from '@pinhole/core';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import { DecodeClock, InBandParameterSets, joinAnnexB, NAL_TYPE, nalType } from '@pinhole/media/h264';
import type { DepacketizedUnit } from '@pinhole/media/rtp';
import type { CaptureTimes } from '../capture-times.ts';

/** What was left out on the way to the units. */
export interface UnitMakerCounters {
  /** Whole pictures left out between a loss and the next key picture: they refer to what was lost. */
  readonly droppedAfterLoss: number;
  /** Pictures before the first key picture of a connection. */
  readonly droppedBeforeKey: number;
}

/**
 * Makes units of the pictures that came by RTP: dated, key pictures with their parameter sets. From a loss on nothing
 * is passed on up to the next key picture, so that no decoder ever sees a picture that refers to a lost one.
 */
export class UnitMaker {
  readonly #sets = new InBandParameterSets();
  readonly #clock = new DecodeClock();
  readonly #captureTimes: CaptureTimes;
  #waitsFor: 'first-key' | 'key-after-loss' | undefined = 'first-key';
  #setsInBand = false;
  #dts = Number.NEGATIVE_INFINITY;
  #sequence = 0;
  #counters = { droppedAfterLoss: 0, droppedBeforeKey: 0 };

  /** @param options.parameterSets what was told beside the stream (`sprop-parameter-sets`) */
  constructor(options: {
    readonly parameterSets: readonly Uint8Array[];
    readonly captureTimes: CaptureTimes;
  }) {
    this.#sets.keep(options.parameterSets);
    this.#captureTimes = options.captureTimes;
  }

  /** What was left out so far. */
  get counters(): UnitMakerCounters {
    return this.#counters;
  }

  /** Whether nothing is passed on before the next key picture. */
  get waitsForKey(): boolean {
    return this.#waitsFor !== undefined;
  }

  /**
   * @param at when it is shown and when its last packet came.
   * @returns the unit with memory of its own; undefined when it is left out.
   */
  unit(
    { nalUnits, afterLoss }: DepacketizedUnit,
    at: { readonly pts: Micros; readonly arrival: Micros },
  ): DemuxedUnit | undefined {
    const key = nalUnits.some((nal) => nalType(nal) === NAL_TYPE.idr);
    const setsInBand = nalUnits.some((nal) => nalType(nal) === NAL_TYPE.sps);
    this.#sets.keep(nalUnits);
    if (afterLoss && this.#waitsFor === undefined) {
      this.#sequence++; // how many were lost is not known: one at least
      this.#waitsFor = 'key-after-loss';
    }
    // What was lost may have been this picture's new parameter sets: with the old ones it would be damaged.
    const setsLost = afterLoss && this.#setsInBand && !setsInBand;
    if (key) this.#setsInBand = setsInBand;
    const captureTime = this.#captureTimes.date(at.pts, at.arrival);
    if (this.#waitsFor !== undefined && (!key || setsLost)) return this.#leaveOut(this.#waitsFor);
    this.#waitsFor = undefined;
    this.#dts = Math.max(this.#dts, this.#clock.date(at.pts));
    return {
      data: joinAnnexB(key ? this.#sets.complete(nalUnits) : nalUnits),
      key,
      captureTime,
      pts: at.pts,
      dts: micros(this.#dts),
      sequence: this.#sequence++,
    };
  }

  #leaveOut(waitsFor: 'first-key' | 'key-after-loss'): undefined {
    if (waitsFor === 'first-key') {
      this.#counters.droppedBeforeKey++;
    } else {
      this.#sequence++;
      this.#counters.droppedAfterLoss++;
    }
  }
}
