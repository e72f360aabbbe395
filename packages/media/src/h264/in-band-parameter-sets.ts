import { NAL_TYPE, nalType } from './nal-type.ts';

/**
 * Keeps the parameter sets of a stream and puts them into key pictures that come without: some encoders send them once,
 * others only beside the stream. Those in the stream replace what was told beside it.
 */
export class InBandParameterSets {
  #sps: readonly Uint8Array[] = [];
  #pps: readonly Uint8Array[] = [];

  /** Keeps the parameter sets among these NAL units, as copies. */
  keep(nals: readonly Uint8Array[]): void {
    const sps = nals.filter((nal) => nalType(nal) === NAL_TYPE.sps);
    const pps = nals.filter((nal) => nalType(nal) === NAL_TYPE.pps);
    if (sps.length > 0) this.#sps = sps.map((nal) => nal.slice());
    if (pps.length > 0) this.#pps = pps.map((nal) => nal.slice());
  }

  /** The NAL units of a key picture with what they lack; `nals` itself when that is nothing. */
  complete(nals: readonly Uint8Array[]): readonly Uint8Array[] {
    const types = nals.map(nalType);
    const missing = [
      ...(types.includes(NAL_TYPE.sps) ? [] : this.#sps),
      ...(types.includes(NAL_TYPE.pps) ? [] : this.#pps),
    ];
    if (missing.length === 0) return nals;
    // A delimiter has to stay in front (H.264 §7.4.1.2.3).
    const first = types[0] === NAL_TYPE.accessUnitDelimiter ? 1 : 0;
    const spsEnd = missing.some((nal) => nalType(nal) === NAL_TYPE.sps)
      ? first
      : types.lastIndexOf(NAL_TYPE.sps) + 1;
    return [...nals.slice(0, spsEnd), ...missing, ...nals.slice(spsEnd)];
  }
}
