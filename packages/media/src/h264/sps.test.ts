import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { nalUnits } from './annex-b.ts';
import { BitWriter } from './bit-writer.ts';
import { codecString, profileLevelId } from './codec-string.ts';
import { addEmulationPrevention } from './emulation-prevention.ts';
import { NAL_TYPE, nalType } from './nal-type.ts';
import { parseSps } from './sps.ts';

const spsOf = (name: Parameters<typeof h264Fixture>[0]): Uint8Array => {
  const nal = [...nalUnits(h264Fixture(name))].find((unit) => nalType(unit) === NAL_TYPE.sps);
  if (!nal) throw new Error(`no SPS in ${name}`);
  return nal;
};

/** A Main profile SPS up to the frame cropping flag: 64×48, frames only, order by frame number. */
const upToCrop = (): BitWriter =>
  new BitWriter()
    .u(8, 0x67) // NAL header
    .u(24, 0x4d401f) // profile, constraints, level
    .ue(0) // seq_parameter_set_id
    .ue(0) // log2_max_frame_num_minus4
    .ue(2) // pic_order_cnt_type
    .ue(1) // max_num_ref_frames
    .flag(false) // gaps_in_frame_num_value_allowed_flag
    .ue(3) // pic_width_in_mbs_minus1
    .ue(2) // pic_height_in_map_units_minus1
    .flag(true) // frame_mbs_only_flag
    .flag(true); // direct_8x8_inference_flag

const nal = (writer: BitWriter): Uint8Array => addEmulationPrevention(writer.trailingBits().finish());

describe('parseSps', () => {
  // ffprobe 5.1: for f in fixtures/*.h264; do ffprobe -v error -select_streams v -of csv=p=0:nk=0 -show_entries \
  //   stream=profile,level,width,height,has_b_frames,r_frame_rate,sample_aspect_ratio,field_order,pix_fmt,color_primaries $f; done
  // has_b_frames is max_num_reorder_frames; pix_fmt gives chroma format and depth (yuvj420p for monochrome: ffmpeg fills it up).
  it.each([
    [
      'baseline',
      { profileIdc: 66, levelIdc: 10, width: 64, height: 48, maxNumReorderFrames: 0, framesPerSecond: 25 },
    ],
    ['main-b-frames', { profileIdc: 77, levelIdc: 10, width: 64, height: 48, maxNumReorderFrames: 2 }],
    ['high-slices', { profileIdc: 100, levelIdc: 9, width: 96, height: 64, framesPerSecond: 30_000 / 1001 }],
    [
      'cropped',
      { profileIdc: 100, levelIdc: 13, width: 322, height: 182, codedWidth: 336, codedHeight: 192 },
    ],
    [
      'interlaced',
      { profileIdc: 77, levelIdc: 21, width: 64, height: 52, frameMbsOnly: false, codedHeight: 64 },
    ],
    [
      'chroma-422',
      { profileIdc: 122, width: 34, height: 18, chromaFormatIdc: 2, bitDepthLuma: 10, bitDepthChroma: 10 },
    ],
    ['chroma-444', { profileIdc: 244, width: 33, height: 17, chromaFormatIdc: 3, bitDepthLuma: 8 }],
    ['monochrome', { profileIdc: 100, width: 33, height: 17, chromaFormatIdc: 0 }],
    [
      'scaling-lists',
      { profileIdc: 100, width: 32, height: 32, framesPerSecond: 25, maxNumReorderFrames: 0 },
    ],
    ['open-gop', { profileIdc: 100, levelIdc: 10, width: 64, height: 48, maxNumReorderFrames: 2 }],
    ['intra-refresh', { profileIdc: 77, levelIdc: 10, width: 64, height: 48, maxNumReorderFrames: 0 }],
  ] as const)('sees in %s what ffprobe sees', (name, expected) => {
    expect(parseSps(spsOf(name))).toMatchObject(expected);
  });

  it('reads the VUI: pixel shape, colour, timing, buffer model', () => {
    // sample_aspect_ratio=4:3 color_primaries=bt709 r_frame_rate=30000/1001, x264 nal-hrd=cbr at 100 kbit/s
    expect(parseSps(spsOf('high-slices')).vui).toEqual({
      sampleAspectRatio: { width: 4, height: 3 },
      videoFormat: 5,
      fullRange: false,
      colour: { primaries: 1, transfer: 1, matrix: 1 },
      timing: { unitsInTick: 1001, timeScale: 60_000, fixedFrameRate: false },
      nalHrd: {
        cpbCount: 1,
        bitRateBps: 99_968,
        cpbSizeBits: 100_000,
        constantBitRate: true,
        initialCpbRemovalDelayLengthBits: 19,
        cpbRemovalDelayLengthBits: 7,
        dpbOutputDelayLengthBits: 7,
        timeOffsetLengthBits: 0,
      },
      lowDelayHrd: false,
      picStructPresent: false,
      bitstreamRestriction: { maxNumReorderFrames: 0, maxDecFrameBuffering: 3 },
    });
  });

  it('reads order by a cycle of offsets', () => {
    const sps = new BitWriter()
      .u(8, 0x67)
      .u(24, 0x4d401f)
      .ue(3) // seq_parameter_set_id
      .ue(4) // log2_max_frame_num_minus4
      .ue(1) // pic_order_cnt_type
      .flag(true) // delta_pic_order_always_zero_flag
      .se(-2) // offset_for_non_ref_pic
      .se(1) // offset_for_top_to_bottom_field
      .ue(2) // num_ref_frames_in_pic_order_cnt_cycle
      .se(4)
      .se(6)
      .ue(2) // max_num_ref_frames
      .flag(true) // gaps_in_frame_num_value_allowed_flag
      .ue(119) // 1920
      .ue(33) // 34 map units of 32 lines
      .flag(false) // frame_mbs_only_flag
      .flag(false) // mb_adaptive_frame_field_flag
      .flag(true) // direct_8x8_inference_flag
      .flag(true) // frame_cropping_flag
      .ue(0)
      .ue(0)
      .ue(0)
      .ue(2) // 2 units of 4 lines
      .flag(false); // vui_parameters_present_flag

    expect(parseSps(nal(sps))).toMatchObject({
      spsId: 3,
      log2MaxFrameNum: 8,
      picOrderCntType: 1,
      picOrderCnt: { offsetForNonRefPic: -2, offsetForTopToBottomField: 1, offsetsForRefFrame: [4, 6] },
      gapsInFrameNumAllowed: true,
      codedHeight: 1088,
      width: 1920,
      height: 1080,
    });
  });

  it('reads the 1080p SPS that is in every capture, emulation prevention and all', () => {
    const sps = parseSps(
      hex('67 64 00 28 ac d9 40 78 02 27 e5 84 00 00 03 00 04 00 00 03 00 f0 3c 60 c6 58'),
    );
    expect(sps).toMatchObject({ width: 1920, height: 1080, framesPerSecond: 30 });
    expect(codecString(sps)).toBe('avc1.640028');
  });

  it('does not change its input', () => {
    const bytes = spsOf('high-slices');
    const before = bytes.slice();
    parseSps(bytes);
    expect(bytes).toEqual(before);
  });
});

describe('parseSps on what encoders get wrong', () => {
  it('ignores cropping that leaves nothing', () => {
    const sps = parseSps(nal(upToCrop().flag(true).ue(16).ue(16).ue(0).ue(0).flag(false)));
    expect(sps).toMatchObject({ width: 64, height: 48, crop: { left: 0, right: 0 } });
  });

  it('takes an SPS that ends without stop bit, and without VUI flag', () => {
    const withoutEnd = upToCrop().flag(false);
    expect(parseSps(withoutEnd.flag(false).finish())).toMatchObject({ width: 64, height: 48 });
  });

  it('reports no VUI where it ends too early', () => {
    const sps = parseSps(upToCrop().flag(false).flag(true).flag(true).u(8, 255).u(8, 0).finish());
    expect(sps).toMatchObject({ width: 64 });
    expect(sps.vui).toBeUndefined();
  });

  it.each([
    [0, 50],
    [1, 0],
  ])('reports no frame rate for a time base of %i/%i', (unitsInTick, timeScale) => {
    const vui = upToCrop()
      .flag(false)
      .flag(true)
      .u(4, 0)
      .flag(true)
      .u(32, unitsInTick)
      .u(32, timeScale)
      .flag(true)
      .u(4, 0);
    const sps = parseSps(nal(vui));
    expect(sps.vui?.timing).toEqual({ unitsInTick, timeScale, fixedFrameRate: true });
    expect(sps.framesPerSecond).toBeUndefined();
  });

  it('reports no reordering where the figures contradict each other', () => {
    const vui = upToCrop()
      .flag(false)
      .flag(true)
      .u(8, 0)
      .flag(true)
      .flag(true)
      .ue(0)
      .ue(0)
      .ue(10)
      .ue(10)
      .ue(3)
      .ue(1);
    const sps = parseSps(nal(vui));
    expect(sps.maxNumReorderFrames).toBeUndefined();
    expect(sps.vui?.bitstreamRestriction).toEqual({ maxNumReorderFrames: 3, maxDecFrameBuffering: 1 });
  });

  it.each([
    ['h264/nal-type', hex('68 42 c0 1f')],
    ['h264/nal-type', hex('67')],
    ['h264/nal-type', hex('')],
    ['h264/truncated', hex('67 42 c0 1f')],
    ['h264/truncated', hex('67 64 00 28 ac d9 40')],
    ['h264/exp-golomb', hex('67 42 c0 1f 00 00 00 00 00 ff ff ff ff ff')],
    ['h264/sps', nal(new BitWriter().u(32, 0x674d401f).ue(32))], // id 32
    ['h264/sps', nal(new BitWriter().u(32, 0x674d401f).ue(0).ue(13))], // frame_num of 17 bits
    ['h264/sps', nal(new BitWriter().u(32, 0x674d401f).ue(0).ue(0).ue(3))], // order type 3
    ['h264/sps', nal(new BitWriter().u(32, 0x674d401f).ue(0).ue(0).ue(2).ue(17))], // 17 references
    ['h264/sps', nal(new BitWriter().u(32, 0x674d401f).ue(0).ue(0).ue(2).ue(1).u(1, 0).ue(5000))], // 80 016 wide
  ])('%s', (code, bytes) => {
    expect(codeOf(() => parseSps(bytes))).toBe(code);
  });
});

describe('codecString and profileLevelId', () => {
  it.each([
    ['baseline', 'avc1.42c00a'],
    ['interlaced', 'avc1.4d4015'],
    ['high-slices', 'avc1.640009'],
    ['chroma-444', 'avc1.f4000a'],
  ] as const)('tells the real profile and level of %s', (name, codec) => {
    expect(codecString(parseSps(spsOf(name)))).toBe(codec);
    expect(`avc1.${profileLevelId(parseSps(spsOf(name)))}`).toBe(codec);
  });

  it('clears reserved bits that an encoder set', () => {
    expect(profileLevelId({ profileIdc: 66, constraintFlags: 0xe3, levelIdc: 31 })).toBe('42e01f');
  });
});
