import { BitWriter } from './bit-writer.ts';
import { addEmulationPrevention } from './emulation-prevention.ts';
import { rbspOf } from './rbsp.ts';
import { parseSpsWithLayout, type Sps } from './sps.ts';

/**
 * An SPS that tells decoders to show each picture as soon as it is decoded: `max_num_reorder_frames` 0 and
 * `max_dec_frame_buffering` equal to `max_num_ref_frames`. Every other bit stays. Without these figures decoders
 * assume the worst and hold frames back. Only right for a stream whose pictures come in the order they are shown.
 *
 * @param nal an SPS without start code.
 * @returns `nal` itself when it says so already, or announces a VUI that ends too early; else a new NAL unit.
 * @throws {MalformedError} as `parseSps`
 * @see H.264 §E.2.1
 */
export function lowDelaySps(nal: Uint8Array): Uint8Array {
  const { sps, layout } = parseSpsWithLayout(nal);
  if (layout.vui === 'truncated' || isLowDelay(sps)) return nal;
  const rbsp = rbspOf(nal);
  const writer = new BitWriter().u(8, nal[0] ?? 0);
  if (layout.vui === 'absent') {
    writer.copy(rbsp, 0, layout.vuiFlagBit).flag(true).u(VUI_FLAGS_BEFORE_RESTRICTION, 0);
    writeRestrictionLimits(writer);
  } else if (layout.vui.reorderBit === undefined) {
    writer.copy(rbsp, 0, layout.vui.restrictionFlagBit);
    writeRestrictionLimits(writer);
  } else {
    writer.copy(rbsp, 0, layout.vui.reorderBit);
  }
  writer.ue(0).ue(sps.maxNumRefFrames).trailingBits();
  return addEmulationPrevention(writer.finish());
}

/** Aspect, overscan, signal type, chroma location, timing, two HRDs, picture structure: none of them present. */
const VUI_FLAGS_BEFORE_RESTRICTION = 8;

const isLowDelay = ({ maxNumReorderFrames, maxDecFrameBuffering, maxNumRefFrames }: Sps): boolean =>
  maxNumReorderFrames === 0 && maxDecFrameBuffering !== undefined && maxDecFrameBuffering <= maxNumRefFrames;

/** Sets `bitstream_restriction_flag` and writes what its absence would have meant (H.264 §E.2.1). */
function writeRestrictionLimits(writer: BitWriter): void {
  writer
    .flag(true) // bitstream_restriction_flag
    .flag(true) // motion_vectors_over_pic_boundaries_flag
    .ue(2) // max_bytes_per_pic_denom
    .ue(1) // max_bits_per_mb_denom
    .ue(15) // log2_max_mv_length_horizontal; editions before 2016 inferred 16, which newer ones forbid
    .ue(15); // log2_max_mv_length_vertical
}
