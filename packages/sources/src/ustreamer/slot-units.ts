import { InBandParameterSets, joinAnnexB, NAL_TYPE, nalType, nalUnits } from '@pinhole/media/h264';

/** What a frame of H.264 is good for. */
export type SlotUnit =
  | { readonly kind: 'unit'; readonly data: Uint8Array; readonly key: boolean }
  /** No slice in it. */
  | { readonly kind: 'no-picture' }
  /** A key picture before the first parameter sets: nothing can be decoded yet. */
  | { readonly kind: 'no-parameter-sets' };

/** Makes units of the frames of a slot: parameter sets stand in front of every key picture. */
export class SlotUnits {
  readonly #sets = new InBandParameterSets();

  /** @param frame Annex B, one picture; `data` of the result is it or a copy */
  unit(frame: Uint8Array): SlotUnit {
    const nals = [...nalUnits(frame)];
    this.#sets.keep(nals);
    const types = new Set(nals.map(nalType));
    if (!types.has(NAL_TYPE.idr)) {
      const isPicture = types.has(NAL_TYPE.slice) || types.has(NAL_TYPE.partitionA);
      return isPicture ? { kind: 'unit', data: frame, key: false } : { kind: 'no-picture' };
    }
    const whole = this.#sets.complete(nals);
    const has = new Set(whole.map(nalType));
    if (!has.has(NAL_TYPE.sps) || !has.has(NAL_TYPE.pps)) return { kind: 'no-parameter-sets' };
    return { kind: 'unit', data: whole === nals ? frame : joinAnnexB(whole), key: true };
  }
}
