import { MalformedError } from '@pinhole/core';
import { NAL_TYPE, nalType } from './nal-type.ts';
import { type Pps, parsePps } from './pps.ts';
import { parseSliceHeader, parseSliceStart, type SliceContext, type SliceHeader } from './slice-header.ts';
import { parseSps, type Sps } from './sps.ts';

/** The parameter sets of a stream by their ids, the last of each; at most 32 SPS and 256 PPS. */
export class ParameterSets {
  readonly #sps = new Map<number, Sps>();
  readonly #pps = new Map<number, Pps>();

  /**
   * Keeps an SPS or a PPS; does nothing with any other NAL unit.
   * @throws {MalformedError} as `parseSps` and `parsePps`; what was kept before stays.
   */
  add(nal: Uint8Array): void {
    if (nalType(nal) === NAL_TYPE.sps) {
      const sps = parseSps(nal);
      this.#sps.set(sps.spsId, sps);
    } else if (nalType(nal) === NAL_TYPE.pps) {
      const pps = parsePps(nal);
      this.#pps.set(pps.ppsId, pps);
    }
  }

  /** The sets that a slice naming `ppsId` is read with, when they came. */
  contextOf(ppsId: number): SliceContext | undefined {
    const pps = this.#pps.get(ppsId);
    const sps = pps && this.#sps.get(pps.spsId);
    return sps && { sps, pps };
  }

  /**
   * The header of a slice, and the sets it was read with.
   * @throws {MalformedError} `h264/parameter-sets-missing`, and as `parseSliceHeader`
   */
  readSlice(nal: Uint8Array): SliceContext & { readonly header: SliceHeader } {
    const { ppsId } = parseSliceStart(nal);
    const context = this.contextOf(ppsId);
    if (!context) {
      throw new MalformedError(
        'h264/parameter-sets-missing',
        `slice needs PPS ${ppsId}, which did not come with its SPS`,
      );
    }
    return { ...context, header: parseSliceHeader(nal, context) };
  }
}
