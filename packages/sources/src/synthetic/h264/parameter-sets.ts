import { MACROBLOCK_PIXELS } from './block-picture.ts';
import type { NalWriter } from './nal-writer.ts';

/** What the parameter sets of a test picture tell. */
export interface ParameterSetFields {
  /** Visible size, even. */
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly levelIdc: number;
}

/** `log2_max_frame_num`: `frame_num` counts modulo 2^8. */
export const FRAME_NUM_BITS = 8;

/** QP of every macroblock; the flat-block arithmetic is exact at this one. */
const LUMA_QP = 28;
const CHROMA_QP_INDEX_OFFSET = -6;

const SPS_HEADER = 0x67;
const PPS_HEADER = 0x68;
const CONSTRAINED_BASELINE = { profileIdc: 66, constraintFlags: 0xc0 } as const;
const BT_709 = 1;
const SQUARE_SAMPLES = 1;
const UNSPECIFIED_VIDEO_FORMAT = 5;

/** Writes a sequence parameter set NAL unit (H.264 §7.3.2.1.1, §E.1.1). */
export function writeSps(out: NalWriter, fields: ParameterSetFields): void {
  const widthMacroblocks = Math.ceil(fields.width / MACROBLOCK_PIXELS);
  const heightMacroblocks = Math.ceil(fields.height / MACROBLOCK_PIXELS);
  const cropRight = (widthMacroblocks * MACROBLOCK_PIXELS - fields.width) / 2;
  const cropBottom = (heightMacroblocks * MACROBLOCK_PIXELS - fields.height) / 2;
  out.begin(SPS_HEADER);
  out.u(8, CONSTRAINED_BASELINE.profileIdc);
  out.u(8, CONSTRAINED_BASELINE.constraintFlags);
  out.u(8, fields.levelIdc);
  out.ue(0); // seq_parameter_set_id
  out.ue(FRAME_NUM_BITS - 4); // log2_max_frame_num_minus4
  out.ue(2); // pic_order_cnt_type: shown in the order of decoding
  out.ue(1); // max_num_ref_frames
  out.u(1, 0); // gaps_in_frame_num_value_allowed_flag
  out.ue(widthMacroblocks - 1);
  out.ue(heightMacroblocks - 1);
  out.u(1, 1); // frame_mbs_only_flag
  out.u(1, 1); // direct_8x8_inference_flag
  const cropped = cropRight > 0 || cropBottom > 0;
  out.u(1, cropped ? 1 : 0);
  if (cropped) for (const offset of [0, cropRight, 0, cropBottom]) out.ue(offset);
  out.u(1, 1); // vui_parameters_present_flag
  writeVui(out, fields.framesPerSecond);
  out.end();
}

function writeVui(out: NalWriter, framesPerSecond: number): void {
  out.u(1, 1); // aspect_ratio_info_present_flag
  out.u(8, SQUARE_SAMPLES);
  out.u(1, 0); // overscan_info_present_flag
  out.u(1, 1); // video_signal_type_present_flag
  out.u(3, UNSPECIFIED_VIDEO_FORMAT);
  out.u(1, 0); // video_full_range_flag
  out.u(1, 1); // colour_description_present_flag
  for (let i = 0; i < 3; i++) out.u(8, BT_709); // primaries, transfer, matrix
  out.u(1, 0); // chroma_loc_info_present_flag
  out.u(1, 1); // timing_info_present_flag
  writeU32(out, 1_000); // num_units_in_tick
  writeU32(out, Math.round(framesPerSecond * 2_000)); // time_scale, in fields
  out.u(1, 0); // fixed_frame_rate_flag: a late timer leaves a frame out
  out.u(1, 0); // nal_hrd_parameters_present_flag
  out.u(1, 0); // vcl_hrd_parameters_present_flag
  out.u(1, 0); // pic_struct_present_flag
  out.u(1, 1); // bitstream_restriction_flag
  out.u(1, 0); // motion_vectors_over_pic_boundaries_flag
  out.ue(0); // max_bytes_per_pic_denom: no limit
  out.ue(0); // max_bits_per_mb_denom: no limit
  out.ue(0); // log2_max_mv_length_horizontal
  out.ue(0); // log2_max_mv_length_vertical
  out.ue(0); // max_num_reorder_frames
  out.ue(1); // max_dec_frame_buffering
}

/** Writes a picture parameter set NAL unit (H.264 §7.3.2.2). */
export function writePps(out: NalWriter): void {
  out.begin(PPS_HEADER);
  out.ue(0); // pic_parameter_set_id
  out.ue(0); // seq_parameter_set_id
  out.u(1, 0); // entropy_coding_mode_flag: CAVLC
  out.u(1, 0); // bottom_field_pic_order_in_frame_present_flag
  out.ue(0); // num_slice_groups_minus1
  out.ue(0); // num_ref_idx_l0_default_active_minus1
  out.ue(0); // num_ref_idx_l1_default_active_minus1
  out.u(1, 0); // weighted_pred_flag
  out.u(2, 0); // weighted_bipred_idc
  out.se(LUMA_QP - 26); // pic_init_qp_minus26
  out.se(0); // pic_init_qs_minus26
  out.se(CHROMA_QP_INDEX_OFFSET);
  out.u(1, 1); // deblocking_filter_control_present_flag
  out.u(1, 0); // constrained_intra_pred_flag
  out.u(1, 0); // redundant_pic_cnt_present_flag
  out.end();
}

function writeU32(out: NalWriter, value: number): void {
  out.u(16, value >>> 16);
  out.u(16, value & 0xffff);
}
