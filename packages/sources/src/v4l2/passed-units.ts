import type { Micros } from '@pinhole/core';
import { InBandParameterSets, joinAnnexB, NAL_TYPE, nalType, nalUnits } from '@pinhole/media/h264';

/** One coded picture that a camera made itself. */
export interface PassedUnit {
  readonly data: Uint8Array;
  readonly key: boolean;
  readonly captureTime: Micros;
}

/** Makes units of the H.264 that comes buffer by buffer; parameter sets in a buffer of their own are kept. */
export class PassedUnits {
  readonly #sets = new InBandParameterSets();

  /** @returns the unit; undefined for a buffer without a picture. */
  unit(buffer: Uint8Array, captureTime: Micros): PassedUnit | undefined {
    const nals = [...nalUnits(buffer)];
    const types = nals.map(nalType);
    this.#sets.keep(nals);
    const key = types.includes(NAL_TYPE.idr);
    if (!key && !types.includes(NAL_TYPE.slice) && !types.includes(NAL_TYPE.partitionA)) return undefined;
    return { data: key ? joinAnnexB(this.#sets.complete(nals)) : buffer, key, captureTime };
  }
}
