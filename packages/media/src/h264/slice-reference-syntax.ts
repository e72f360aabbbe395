import { MalformedError } from '@pinhole/core';
import type { BitReader } from './bit-reader.ts';
import { inRange } from './rbsp.ts';
import type { SliceContext, SliceHeader } from './slice-header.ts';

type ReferenceSlice = Pick<SliceHeader, 'sliceType' | 'refIdc' | 'idr' | 'field'>;

const RESET_ORDER = 5;

/**
 * Reads on through the reference lists and weights of a slice header to its marking commands.
 * @returns the commands hold number 5, which starts picture order anew. Only a non-IDR reference picture has any.
 * @see H.264 §7.3.3.1…3
 */
export function readResetsOrder(
  reader: BitReader,
  slice: ReferenceSlice,
  { sps, pps }: SliceContext,
): boolean {
  if (slice.idr || slice.refIdc === 0) return false;
  const lists = slice.sliceType === 'B' ? 2 : slice.sliceType === 'P' || slice.sliceType === 'SP' ? 1 : 0;
  if (slice.sliceType === 'B') reader.skip(1); // direct_spatial_mv_pred_flag
  let active: readonly [number, number] = pps.numRefIdxDefault;
  if (lists > 0 && reader.flag()) active = [readActive(reader), lists === 2 ? readActive(reader) : active[1]];
  for (let list = 0; list < lists; list++) skipListModification(reader);
  const weighted = lists === 2 ? pps.weightedBipredIdc === 1 : lists === 1 && pps.weightedPrediction;
  if (weighted) {
    const chroma = sps.chromaFormatIdc !== 0 && !sps.separateColourPlanes;
    skipWeights(reader, active.slice(0, lists), { chroma });
  }
  return readMarking(reader);
}

const readActive = (reader: BitReader): number =>
  inRange(reader.ue(), [0, 31], { code: 'h264/slice-header', name: 'num_ref_idx_active_minus1' }) + 1;

/** Passes over `ref_pic_list_modification()` of one list. */
function skipListModification(reader: BitReader): void {
  if (!reader.flag()) return;
  for (;;) {
    const operation = reader.ue();
    if (operation === 3) return;
    if (operation > 3) throw unknown('modification_of_pic_nums_idc', operation);
    reader.ue();
  }
}

/** Passes over `pred_weight_table()`. */
function skipWeights(reader: BitReader, active: readonly number[], { chroma }: { chroma: boolean }): void {
  reader.ue(); // luma_log2_weight_denom
  if (chroma) reader.ue(); // chroma_log2_weight_denom
  for (const references of active) {
    for (let reference = 0; reference < references; reference++) {
      skipSigned(reader, reader.flag() ? 2 : 0);
      if (chroma) skipSigned(reader, reader.flag() ? 4 : 0);
    }
  }
}

function skipSigned(reader: BitReader, count: number): void {
  for (let i = 0; i < count; i++) reader.se();
}

/** Reads `dec_ref_pic_marking()` of a picture that is not IDR. */
function readMarking(reader: BitReader): boolean {
  let resets = false;
  if (!reader.flag()) return resets;
  for (;;) {
    const operation = reader.ue();
    if (operation === 0) return resets;
    if (operation > 6) throw unknown('memory_management_control_operation', operation);
    if (operation === RESET_ORDER) resets = true;
    else reader.ue();
    if (operation === 3) reader.ue();
  }
}

const unknown = (name: string, value: number): MalformedError =>
  new MalformedError('h264/slice-header', `${name} is ${value}, the standard knows no such operation`);
