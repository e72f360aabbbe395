import { MalformedError } from '@pinhole/core';
import type { BitReader } from './bit-reader.ts';
import { NAL_TYPE } from './nal-type.ts';
import { inRange, openRbsp } from './rbsp.ts';

/** A picture parameter set. */
export interface Pps {
  /** 0…255. */
  readonly ppsId: number;
  /** The SPS it goes with, 0…31. */
  readonly spsId: number;
  /** CABAC, else CAVLC. */
  readonly entropyCodingMode: boolean;
  /** `bottom_field_pic_order_in_frame_present_flag`: slices carry POC deltas. */
  readonly picOrderPresent: boolean;
  /** More than 1: flexible macroblock order, which browsers do not decode. */
  readonly sliceGroups: number;
  readonly numRefIdxDefault: readonly [list0: number, list1: number];
  readonly weightedPrediction: boolean;
  /** 0 none, 1 explicit, 2 implicit. */
  readonly weightedBipredIdc: number;
  readonly constrainedIntraPrediction: boolean;
  readonly redundantPicCntPresent: boolean;
  readonly transform8x8: boolean;
}

const bad = { code: 'h264/pps' };

/**
 * Reads a picture parameter set NAL unit, given without start code.
 *
 * Tolerates a missing stop bit, and a high-profile part that ends too early: nothing behind it is reported.
 * @throws {MalformedError} `h264/nal-type`, `h264/truncated`, `h264/exp-golomb`, `h264/pps`
 * @see H.264 §7.3.2.2
 */
export function parsePps(nal: Uint8Array): Pps {
  const reader = openRbsp(nal, NAL_TYPE.pps, 'PPS');
  const ppsId = inRange(reader.ue(), [0, 255], { ...bad, name: 'pic_parameter_set_id' });
  const spsId = inRange(reader.ue(), [0, 31], { ...bad, name: 'seq_parameter_set_id' });
  const entropyCodingMode = reader.flag();
  const picOrderPresent = reader.flag();
  const sliceGroups = inRange(reader.ue(), [0, 7], { ...bad, name: 'num_slice_groups_minus1' }) + 1;
  if (sliceGroups > 1) skipSliceGroups(reader, sliceGroups);
  const numRefIdxDefault = [readNumRefIdx(reader, 0), readNumRefIdx(reader, 1)] as const;
  const weightedPrediction = reader.flag();
  const weightedBipredIdc = reader.u(2);
  reader.se(); // pic_init_qp_minus26
  reader.se(); // pic_init_qs_minus26
  reader.se(); // chroma_qp_index_offset
  reader.skip(1); // deblocking_filter_control_present_flag
  const constrainedIntraPrediction = reader.flag();
  const redundantPicCntPresent = reader.flag();
  const transform8x8 = reader.hasMoreSyntax() && reader.flag();
  return {
    ppsId,
    spsId,
    entropyCodingMode,
    picOrderPresent,
    sliceGroups,
    numRefIdxDefault,
    weightedPrediction,
    weightedBipredIdc,
    constrainedIntraPrediction,
    redundantPicCntPresent,
    transform8x8,
  };
}

const readNumRefIdx = (reader: BitReader, list: number): number =>
  inRange(reader.ue(), [0, 31], { ...bad, name: `num_ref_idx_l${list}_default_active_minus1` }) + 1;

/** Passes over the slice group map (flexible macroblock order). */
function skipSliceGroups(reader: BitReader, sliceGroups: number): void {
  const mapType = reader.ue();
  if (mapType > 6)
    throw new MalformedError('h264/pps', `slice_group_map_type is ${mapType}, the standard allows 0…6`);
  if (mapType === 0) {
    for (let group = 0; group < sliceGroups; group++) reader.ue();
  } else if (mapType === 2) {
    for (let group = 0; group < sliceGroups - 1; group++) {
      reader.ue();
      reader.ue();
    }
  } else if (mapType >= 3 && mapType <= 5) {
    reader.skip(1);
    reader.ue();
  } else if (mapType === 6) {
    const mapUnits = reader.ue() + 1;
    reader.skip(mapUnits * Math.ceil(Math.log2(sliceGroups)));
  }
}
