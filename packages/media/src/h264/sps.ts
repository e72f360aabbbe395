import { MalformedError } from '@pinhole/core';
import type { BitReader } from './bit-reader.ts';
import { NAL_TYPE } from './nal-type.ts';
import { inRange, openRbsp } from './rbsp.ts';
import { skipScalingLists } from './scaling-list.ts';
import { readVui, type Vui, type VuiLayout } from './vui.ts';

/** A sequence parameter set. Absent optional fields were not in it. */
export interface Sps {
  /** 0…31. */
  readonly spsId: number;
  readonly profileIdc: number;
  /** The byte behind `profile_idc`: constraint_set0_flag is its top bit. */
  readonly constraintFlags: number;
  /** Ten times the level, e.g. 31 for level 3.1. */
  readonly levelIdc: number;
  /** 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4. */
  readonly chromaFormatIdc: number;
  readonly separateColourPlanes: boolean;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly log2MaxFrameNum: number;
  readonly picOrderCnt: PicOrderCnt;
  readonly picOrderCntType: 0 | 1 | 2;
  readonly maxNumRefFrames: number;
  readonly gapsInFrameNumAllowed: boolean;
  /** Every picture is a frame; otherwise there may be fields. */
  readonly frameMbsOnly: boolean;
  readonly mbAdaptiveFrameField: boolean;
  /** Size of a frame in pixels as it is coded: a multiple of 16. */
  readonly codedWidth: number;
  readonly codedHeight: number;
  /** What is cut off at each side, in pixels; all 0 when it was more than there is. */
  readonly crop: Crop;
  /** Size of a frame in pixels as it is shown, after cropping. */
  readonly width: number;
  readonly height: number;
  readonly vui?: Vui;
  /** Frames a second as the VUI tells (two fields or ticks a frame). */
  readonly framesPerSecond?: number;
  /** Pictures that may come before one that is shown earlier, when the VUI tells. */
  readonly maxNumReorderFrames?: number;
  /** Frames that a decoder has to hold, when the VUI tells. */
  readonly maxDecFrameBuffering?: number;
}

/** Pixels cut off at each side of the coded frame. */
export interface Crop {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** How slices tell the order in which pictures are shown (H.264 §8.2.1). */
export type PicOrderCnt =
  | { readonly type: 0; readonly log2MaxLsb: number }
  | {
      readonly type: 1;
      readonly deltaAlwaysZero: boolean;
      readonly offsetForNonRefPic: number;
      readonly offsetForTopToBottomField: number;
      readonly offsetsForRefFrame: readonly number[];
    }
  | { readonly type: 2 };

/** Where the bits lie that the low-delay rewriter changes; bit offsets into the RBSP. */
export interface SpsLayout {
  /** Offset of `vui_parameters_present_flag`. */
  readonly vuiFlagBit: number;
  /** `truncated`: a VUI is announced that ends too early or is not one. */
  readonly vui: VuiLayout | 'absent' | 'truncated';
}

/** Profiles whose SPS carries chroma format, bit depths and scaling lists (H.264 §7.3.2.1.1). */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);

/** 65 536 pixels: 3.8 times what level 6.2 allows on a side, and no number that would overflow anything. */
const MAX_SIZE_IN_MBS = 4096;

const bad = { code: 'h264/sps' };

/**
 * Reads a sequence parameter set NAL unit, given without start code.
 *
 * Tolerates what real encoders get wrong: a missing stop bit; a VUI that ends too early (then none is reported);
 * cropping that leaves nothing (then none is applied); a time base of zero; reserved constraint bits that are set;
 * more reordering announced than a decoder holds, or than 16 frames (then neither figure is reported).
 * @throws {MalformedError} `h264/nal-type`, `h264/truncated`, `h264/exp-golomb`, `h264/sps`
 * @see H.264 §7.3.2.1.1
 */
export const parseSps = (nal: Uint8Array): Sps => parseSpsWithLayout(nal).sps;

/** `parseSps`, and where the bits lie. */
export function parseSpsWithLayout(nal: Uint8Array): { readonly sps: Sps; readonly layout: SpsLayout } {
  const reader = openRbsp(nal, NAL_TYPE.sps, 'SPS');
  const profileIdc = reader.u(8);
  const constraintFlags = reader.u(8);
  const levelIdc = reader.u(8);
  const spsId = inRange(reader.ue(), [0, 31], { ...bad, name: 'seq_parameter_set_id' });
  const colour = readColour(reader, profileIdc);
  const log2MaxFrameNum = inRange(reader.ue(), [0, 12], { ...bad, name: 'log2_max_frame_num_minus4' }) + 4;
  const picOrderCnt = readPicOrderCnt(reader);
  const maxNumRefFrames = inRange(reader.ue(), [0, 16], { ...bad, name: 'max_num_ref_frames' });
  const gapsInFrameNumAllowed = reader.flag();
  const size = readSize(reader, colour);
  const vuiFlagBit = reader.offset;
  const read = readVuiIfAny(reader);
  const vui = typeof read === 'string' ? undefined : read.vui;
  return {
    sps: {
      spsId,
      profileIdc,
      constraintFlags,
      levelIdc,
      ...colour,
      log2MaxFrameNum,
      picOrderCnt,
      picOrderCntType: picOrderCnt.type,
      maxNumRefFrames,
      gapsInFrameNumAllowed,
      ...size,
      ...(vui && { vui, ...frameRate(vui), ...reordering(vui) }),
    },
    layout: { vuiFlagBit, vui: typeof read === 'string' ? read : read.layout },
  };
}

type Colour = Pick<Sps, 'chromaFormatIdc' | 'separateColourPlanes' | 'bitDepthLuma' | 'bitDepthChroma'>;

function readColour(reader: BitReader, profileIdc: number): Colour {
  if (!HIGH_PROFILES.has(profileIdc)) {
    return { chromaFormatIdc: 1, separateColourPlanes: false, bitDepthLuma: 8, bitDepthChroma: 8 };
  }
  const chromaFormatIdc = inRange(reader.ue(), [0, 3], { ...bad, name: 'chroma_format_idc' });
  const separateColourPlanes = chromaFormatIdc === 3 && reader.flag();
  const bitDepthLuma = inRange(reader.ue(), [0, 6], { ...bad, name: 'bit_depth_luma_minus8' }) + 8;
  const bitDepthChroma = inRange(reader.ue(), [0, 6], { ...bad, name: 'bit_depth_chroma_minus8' }) + 8;
  reader.skip(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) skipScalingLists(reader, chromaFormatIdc === 3 ? 6 : 2);
  return { chromaFormatIdc, separateColourPlanes, bitDepthLuma, bitDepthChroma };
}

function readPicOrderCnt(reader: BitReader): PicOrderCnt {
  const type = reader.ue();
  if (type === 0) {
    const log2MaxLsb =
      inRange(reader.ue(), [0, 12], { ...bad, name: 'log2_max_pic_order_cnt_lsb_minus4' }) + 4;
    return { type, log2MaxLsb };
  }
  if (type === 2) return { type };
  if (type !== 1)
    throw new MalformedError('h264/sps', `pic_order_cnt_type is ${type}, the standard allows 0…2`);
  const deltaAlwaysZero = reader.flag();
  const offsetForNonRefPic = reader.se();
  const offsetForTopToBottomField = reader.se();
  const count = inRange(reader.ue(), [0, 255], { ...bad, name: 'num_ref_frames_in_pic_order_cnt_cycle' });
  const offsetsForRefFrame = Array.from({ length: count }, () => reader.se());
  return { type, deltaAlwaysZero, offsetForNonRefPic, offsetForTopToBottomField, offsetsForRefFrame };
}

type Size = Pick<
  Sps,
  'frameMbsOnly' | 'mbAdaptiveFrameField' | 'codedWidth' | 'codedHeight' | 'crop' | 'width' | 'height'
>;

function readSize(reader: BitReader, colour: Colour): Size {
  const limits = [0, MAX_SIZE_IN_MBS - 1] as const;
  const widthInMbs = inRange(reader.ue(), limits, { ...bad, name: 'pic_width_in_mbs_minus1' }) + 1;
  const heightInMapUnits =
    inRange(reader.ue(), limits, { ...bad, name: 'pic_height_in_map_units_minus1' }) + 1;
  const frameMbsOnly = reader.flag();
  const mbAdaptiveFrameField = !frameMbsOnly && reader.flag();
  reader.skip(1); // direct_8x8_inference_flag
  const codedWidth = widthInMbs * 16;
  const codedHeight = heightInMapUnits * (frameMbsOnly ? 16 : 32);
  const crop = reader.flag() ? readCrop(reader, colour, frameMbsOnly ? 1 : 2) : NO_CROP;
  const width = codedWidth - crop.left - crop.right;
  const height = codedHeight - crop.top - crop.bottom;
  const coded = { frameMbsOnly, mbAdaptiveFrameField, codedWidth, codedHeight };
  return width > 0 && height > 0
    ? { ...coded, crop, width, height }
    : { ...coded, crop: NO_CROP, width: codedWidth, height: codedHeight };
}

const NO_CROP: Crop = { left: 0, right: 0, top: 0, bottom: 0 };

/** Crop offsets count chroma samples, of a field where there may be fields (H.264 §7.4.2.1.1, equations 7-19…7-22). */
function readCrop(reader: BitReader, colour: Colour, linesPerUnit: number): Crop {
  const { chromaFormatIdc, separateColourPlanes } = colour;
  const unitX = !separateColourPlanes && (chromaFormatIdc === 1 || chromaFormatIdc === 2) ? 2 : 1;
  const unitY = linesPerUnit * (!separateColourPlanes && chromaFormatIdc === 1 ? 2 : 1);
  return {
    left: reader.ue() * unitX,
    right: reader.ue() * unitX,
    top: reader.ue() * unitY,
    bottom: reader.ue() * unitY,
  };
}

function readVuiIfAny(reader: BitReader): ReturnType<typeof readVui> | 'absent' | 'truncated' {
  // Some encoders end the SPS here, without the flag or the stop bit.
  if (reader.remaining === 0 || !reader.flag()) return 'absent';
  try {
    return readVui(reader);
  } catch (thrown) {
    if (thrown instanceof MalformedError) return 'truncated';
    throw thrown;
  }
}

function frameRate({ timing }: Vui): { framesPerSecond?: number } {
  if (!timing || timing.unitsInTick === 0 || timing.timeScale === 0) return {};
  return { framesPerSecond: timing.timeScale / (2 * timing.unitsInTick) };
}

function reordering({
  bitstreamRestriction,
}: Vui): Pick<Sps, 'maxNumReorderFrames' | 'maxDecFrameBuffering'> {
  if (!bitstreamRestriction) return {};
  const { maxNumReorderFrames, maxDecFrameBuffering } = bitstreamRestriction;
  if (maxNumReorderFrames > maxDecFrameBuffering || maxDecFrameBuffering > 16) return {};
  return { maxNumReorderFrames, maxDecFrameBuffering };
}
