import type { BitReader } from './bit-reader.ts';
import { inRange } from './rbsp.ts';

/** What the hypothetical reference decoder parameters say of the first delivery schedule (H.264 §E.1.2). */
export interface HrdParameters {
  readonly cpbCount: number;
  readonly bitRateBps: number;
  readonly cpbSizeBits: number;
  readonly constantBitRate: boolean;
  readonly initialCpbRemovalDelayLengthBits: number;
  readonly cpbRemovalDelayLengthBits: number;
  readonly dpbOutputDelayLengthBits: number;
  readonly timeOffsetLengthBits: number;
}

/** How far pictures come out of order, and how many a decoder must hold (H.264 §E.2.1). */
export interface BitstreamRestriction {
  readonly maxNumReorderFrames: number;
  readonly maxDecFrameBuffering: number;
}

/** Video usability information: hints that decoding does not need (H.264 Annex E). */
export interface Vui {
  /** Shape of a pixel, e.g. 12:11. */
  readonly sampleAspectRatio?: { readonly width: number; readonly height: number };
  readonly overscanAppropriate?: boolean;
  /** `video_format`: 5 is unspecified. */
  readonly videoFormat?: number;
  readonly fullRange?: boolean;
  /** Code points of H.273. */
  readonly colour?: { readonly primaries: number; readonly transfer: number; readonly matrix: number };
  readonly timing?: {
    readonly unitsInTick: number;
    readonly timeScale: number;
    readonly fixedFrameRate: boolean;
  };
  readonly nalHrd?: HrdParameters;
  readonly vclHrd?: HrdParameters;
  readonly lowDelayHrd?: boolean;
  readonly picStructPresent: boolean;
  readonly bitstreamRestriction?: BitstreamRestriction;
}

/** Where the bits lie that the low-delay rewriter changes. */
export interface VuiLayout {
  /** Offset of `bitstream_restriction_flag`, when reading got there. */
  readonly restrictionFlagBit: number;
  /** Offset of `max_num_reorder_frames`, when the flag is set. */
  readonly reorderBit?: number;
}

const EXTENDED_SAR = 255;

/** `aspect_ratio_idc` 1…16 (H.264 Table E-1). */
const SAMPLE_ASPECT_RATIOS: readonly (readonly [number, number])[] = [
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];

/**
 * Reads `vui_parameters()`.
 * @throws {MalformedError} `h264/truncated`, `h264/exp-golomb`, `h264/sps`
 * @see H.264 §E.1.1
 */
export function readVui(reader: BitReader): { readonly vui: Vui; readonly layout: VuiLayout } {
  const sampleAspectRatio = reader.flag() ? readAspectRatio(reader) : undefined;
  const overscanAppropriate = reader.flag() ? reader.flag() : undefined;
  const signal = reader.flag() ? readVideoSignal(reader) : undefined;
  if (reader.flag()) {
    reader.ue(); // chroma_sample_loc_type_top_field
    reader.ue(); // chroma_sample_loc_type_bottom_field
  }
  const timing = reader.flag()
    ? { unitsInTick: reader.u(32), timeScale: reader.u(32), fixedFrameRate: reader.flag() }
    : undefined;
  const nalHrd = reader.flag() ? readHrd(reader) : undefined;
  const vclHrd = reader.flag() ? readHrd(reader) : undefined;
  const lowDelayHrd = nalHrd || vclHrd ? reader.flag() : undefined;
  const picStructPresent = reader.flag();
  const restrictionFlagBit = reader.offset;
  const restriction = reader.flag() ? readBitstreamRestriction(reader) : undefined;
  const vui: Vui = {
    picStructPresent,
    ...(sampleAspectRatio && { sampleAspectRatio }),
    ...(overscanAppropriate !== undefined && { overscanAppropriate }),
    ...signal,
    ...(timing && { timing }),
    ...(nalHrd && { nalHrd }),
    ...(vclHrd && { vclHrd }),
    ...(lowDelayHrd !== undefined && { lowDelayHrd }),
    ...(restriction && { bitstreamRestriction: restriction.values }),
  };
  return { vui, layout: { restrictionFlagBit, ...(restriction && { reorderBit: restriction.reorderBit }) } };
}

function readAspectRatio(reader: BitReader): { width: number; height: number } | undefined {
  const idc = reader.u(8);
  const [width, height] =
    idc === EXTENDED_SAR ? [reader.u(16), reader.u(16)] : (SAMPLE_ASPECT_RATIOS[idc - 1] ?? [0, 0]);
  // Zero on either side means unspecified, and some encoders write it.
  return width > 0 && height > 0 ? { width, height } : undefined;
}

function readVideoSignal(reader: BitReader): Pick<Vui, 'videoFormat' | 'fullRange' | 'colour'> {
  const videoFormat = reader.u(3);
  const fullRange = reader.flag();
  if (!reader.flag()) return { videoFormat, fullRange };
  return {
    videoFormat,
    fullRange,
    colour: { primaries: reader.u(8), transfer: reader.u(8), matrix: reader.u(8) },
  };
}

/** Reads `hrd_parameters()` (H.264 §E.1.2). */
function readHrd(reader: BitReader): HrdParameters {
  const cpbCount = inRange(reader.ue(), [0, 31], { code: 'h264/sps', name: 'cpb_cnt_minus1' }) + 1;
  const bitRateScale = reader.u(4);
  const cpbSizeScale = reader.u(4);
  const bitRateBps = (reader.ue() + 1) * 2 ** (6 + bitRateScale);
  const cpbSizeBits = (reader.ue() + 1) * 2 ** (4 + cpbSizeScale);
  const constantBitRate = reader.flag();
  for (let schedule = 1; schedule < cpbCount; schedule++) {
    reader.ue();
    reader.ue();
    reader.skip(1);
  }
  return {
    cpbCount,
    bitRateBps,
    cpbSizeBits,
    constantBitRate,
    initialCpbRemovalDelayLengthBits: reader.u(5) + 1,
    cpbRemovalDelayLengthBits: reader.u(5) + 1,
    dpbOutputDelayLengthBits: reader.u(5) + 1,
    timeOffsetLengthBits: reader.u(5),
  };
}

function readBitstreamRestriction(reader: BitReader): {
  readonly reorderBit: number;
  readonly values: BitstreamRestriction;
} {
  reader.skip(1); // motion_vectors_over_pic_boundaries_flag
  reader.ue(); // max_bytes_per_pic_denom
  reader.ue(); // max_bits_per_mb_denom
  reader.ue(); // log2_max_mv_length_horizontal
  reader.ue(); // log2_max_mv_length_vertical
  const reorderBit = reader.offset;
  return {
    reorderBit,
    values: { maxNumReorderFrames: reader.ue(), maxDecFrameBuffering: reader.ue() },
  };
}
