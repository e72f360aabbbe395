import { MalformedError } from '@pinhole/core';
import { joinAnnexB, NAL_TYPE, nalRefIdc, nalType, nalUnits, parseSliceStart } from '@pinhole/media/h264';
import type { AccessUnit, StreamUnit } from './access-unit.ts';
import { ParameterSets } from './parameter-sets.ts';
import type { StreamParameters } from './stream-parameters.ts';

/** Access units that did not become stream units, by cause. */
export interface UnitReaderCounters {
  /** No slice in them: parameter sets or SEI alone. */
  readonly withoutPicture: number;
  /** They came before the first key unit with parameter sets. */
  readonly beforeFirstKey: number;
  /** NAL units that could not be read; the unit went on without their meaning. */
  readonly malformedNalUnits: number;
}

/** Reads each access unit once, for all sinks: its NAL units, parameter sets, and whether anything depends on it. */
export class UnitReader {
  readonly #sets = new ParameterSets();
  #inForce: StreamParameters | undefined;
  #sawBInGop = false;
  #picturesSinceKey = 0;
  #withoutPicture = 0;
  #beforeFirstKey = 0;
  #malformedSlices = 0;

  get counters(): UnitReaderCounters {
    return {
      withoutPicture: this.#withoutPicture,
      beforeFirstKey: this.#beforeFirstKey,
      malformedNalUnits: this.#malformedSlices + this.#sets.malformed,
    };
  }

  /**
   * @returns the unit as sinks get it, or undefined when it cannot be shown; the counters say why.
   */
  read(unit: AccessUnit): StreamUnit | undefined {
    const slices: Uint8Array[] = [];
    let droppable = true;
    for (const nal of nalUnits(unit.data)) {
      const type = nalType(nal);
      if (type === NAL_TYPE.sps) this.#sets.takeSps(nal);
      else if (type === NAL_TYPE.pps) this.#sets.takePps(nal);
      else if (type === NAL_TYPE.accessUnitDelimiter || type === NAL_TYPE.filler) continue;
      else slices.push(nal);
      if (nalRefIdc(nal) !== 0) droppable = false;
    }
    const picture = slices.find(isSlice);
    if (!picture) {
      this.#withoutPicture++;
      return undefined;
    }
    if (unit.key) this.#closeGop();
    else this.#inspect(picture);
    return this.#admit(unit, slices, droppable);
  }

  #admit(unit: AccessUnit, slices: readonly Uint8Array[], droppable: boolean): StreamUnit | undefined {
    const parameters = unit.key ? this.#sets.apply() : this.#inForce;
    if (unit.key) this.#inForce = parameters;
    if (!parameters) {
      this.#beforeFirstKey++;
      return undefined;
    }
    if (!unit.key) return { ...unit, nalUnits: slices, droppable, parameters };
    const data = joinAnnexB([parameters.sps, ...parameters.pps, ...slices]);
    return { ...unit, data, nalUnits: [...nalUnits(data)], droppable: false, parameters };
  }

  #inspect(slice: Uint8Array): void {
    this.#picturesSinceKey++;
    if (this.#sawBInGop) return;
    try {
      this.#sawBInGop = parseSliceStart(slice).sliceType === 'B';
      if (this.#sawBInGop) this.#sets.setReorders(true);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#malformedSlices++;
    }
  }

  #closeGop(): void {
    if (!this.#sawBInGop && this.#picturesSinceKey >= PICTURES_THAT_PROVE) this.#sets.setReorders(false);
    this.#picturesSinceKey = 0;
    this.#sawBInGop = false;
  }
}

/** So many pictures without a B-frame show that an SPS which announces reordering does not mean it. */
const PICTURES_THAT_PROVE = 24;

const isSlice = (nal: Uint8Array): boolean => {
  const type = nalType(nal);
  return type >= NAL_TYPE.slice && type <= NAL_TYPE.idr;
};
