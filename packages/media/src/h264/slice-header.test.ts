import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { H264_FIXTURES, h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { nalUnits } from './annex-b.ts';
import { BitWriter } from './bit-writer.ts';
import { isPictureType, nalType } from './nal-type.ts';
import { ParameterSets } from './parameter-sets.ts';
import { parsePps } from './pps.ts';
import { parseSliceHeader, parseSliceStart, type SliceHeader } from './slice-header.ts';
import { parseSps } from './sps.ts';

function headersOf(name: (typeof H264_FIXTURES)[number]): SliceHeader[] {
  const sets = new ParameterSets();
  return [...nalUnits(h264Fixture(name))].flatMap((nal) => {
    sets.add(nal);
    return isPictureType(nalType(nal)) ? [sets.readSlice(nal).header] : [];
  });
}

describe('parseSliceHeader', () => {
  it('reads types, frame numbers and order of a stream with B-frames', () => {
    // ffmpeg -v verbose -i fixtures/main-b-frames.h264 -c copy -bsf:v trace_headers -f null -
    const headers = headersOf('main-b-frames');
    expect(headers.map(({ sliceType }) => sliceType).join('')).toBe('IPBBPBIPBBPB');
    expect(headers.map(({ picOrderCntLsb }) => picOrderCntLsb)).toEqual([
      0, 6, 2, 4, 10, 8, 0, 6, 2, 4, 10, 8,
    ]);
    expect(headers.map(({ frameNum }) => frameNum)).toEqual([0, 1, 2, 3, 3, 4, 0, 1, 2, 3, 3, 4]);
    expect(headers.map(({ refIdc }) => refIdc)).toEqual([3, 2, 2, 0, 2, 0, 3, 2, 2, 0, 2, 0]);
  });

  it('reads the three slices of each picture', () => {
    // trace_headers: 6 macroblocks a row, slices at rows 0, 1 and 3
    const headers = headersOf('high-slices');
    expect(headers.map(({ firstMbInSlice }) => firstMbInSlice)).toEqual(
      Array.from({ length: 6 }, () => [0, 6, 18]).flat(),
    );
    expect(headers.map(({ frameNum }) => frameNum)).toEqual([
      0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0, 0, 1, 1, 1, 2, 2, 2,
    ]);
  });

  it('reads the order of both fields of an interlaced frame', () => {
    // trace_headers: the bottom field comes one earlier
    const headers = headersOf('interlaced');
    expect(headers.map(({ idr }) => idr)).toEqual([true, false, false, true, false, false]);
    expect(headers.map(({ picOrderCntLsb }) => picOrderCntLsb)).toEqual([1, 3, 5, 1, 3, 5]);
    expect(headers.every(({ deltaPicOrderCntBottom }) => deltaPicOrderCntBottom === -1)).toBe(true);
    expect(headers.every(({ field }) => !field)).toBe(true); // x264 codes frames of mixed macroblocks
  });

  it.each(H264_FIXTURES)('understands every slice of %s', (name) => {
    expect(headersOf(name).length).toBeGreaterThan(0);
    expect(headersOf(name).every(({ resetsOrder }) => !resetsOrder)).toBe(true);
  });
});

/** Fields allowed, order by low bits with a delta for the bottom field, redundant pictures, weights. */
const SPS = parseSps(
  new BitWriter()
    .u(32, 0x674d401f)
    .ue(0)
    .ue(0) // frame_num of 4 bits
    .ue(0)
    .ue(0) // order count of 4 low bits
    .ue(2)
    .flag(false)
    .ue(3)
    .ue(1)
    .flag(false) // fields
    .flag(true)
    .flag(true)
    .flag(false)
    .flag(false)
    .trailingBits()
    .finish(),
);
const PPS = parsePps(
  new BitWriter()
    .u(8, 0x68)
    .ue(0)
    .ue(0)
    .flag(true) // CABAC
    .flag(true) // order deltas
    .ue(0)
    .ue(1) // two references in list 0
    .ue(0)
    .flag(true) // weights in P slices
    .u(2, 1) // weights in B slices
    .se(0)
    .se(0)
    .se(0)
    .flag(true)
    .flag(true) // constrained intra prediction
    .flag(true) // redundant_pic_cnt
    .trailingBits()
    .finish(),
);

describe('parsePps', () => {
  it('reads what slices are read with', () => {
    expect(PPS).toEqual({
      ppsId: 0,
      spsId: 0,
      entropyCodingMode: true,
      picOrderPresent: true,
      sliceGroups: 1,
      numRefIdxDefault: [2, 1],
      weightedPrediction: true,
      weightedBipredIdc: 1,
      constrainedIntraPrediction: true,
      redundantPicCntPresent: true,
      transform8x8: false,
    });
  });

  it.each([
    ['type 0', (writer: BitWriter) => writer.ue(0).ue(4).ue(5)],
    ['type 2', (writer: BitWriter) => writer.ue(2).ue(1).ue(2)],
    ['type 3', (writer: BitWriter) => writer.ue(3).flag(true).ue(9)],
    ['type 6', (writer: BitWriter) => writer.ue(6).ue(3).u(4, 5)],
  ])('passes over a slice group map of %s', (_, map) => {
    const start = map(new BitWriter().u(8, 0x68).ue(7).ue(1).flag(false).flag(false).ue(1));
    const bytes = start.ue(2).ue(0).flag(false).u(2, 0).se(0).se(0).se(0).u(3, 0).trailingBits().finish();
    expect(parsePps(bytes)).toMatchObject({ ppsId: 7, spsId: 1, sliceGroups: 2, numRefIdxDefault: [3, 1] });
  });

  it.each([
    ['h264/nal-type', hex('67 42')],
    ['h264/truncated', hex('68 ce')],
    ['h264/pps', new BitWriter().u(8, 0x68).ue(256).u(32, 0).finish()],
    ['h264/pps', new BitWriter().u(8, 0x68).ue(0).ue(32).u(32, 0).finish()],
    ['h264/pps', new BitWriter().u(8, 0x68).ue(0).ue(0).u(2, 0).ue(8).finish()],
    ['h264/pps', new BitWriter().u(8, 0x68).ue(0).ue(0).u(2, 0).ue(1).ue(7).finish()],
  ])('%s', (code, bytes) => {
    expect(codeOf(() => parsePps(bytes))).toBe(code);
  });
});

describe('parseSliceHeader, by hand', () => {
  it('reads fields, deltas, weights and an order reset', () => {
    const slice = new BitWriter()
      .u(8, 0x41)
      .ue(0) // first_mb_in_slice
      .ue(5) // slice_type P, all of them
      .ue(0) // PPS
      .u(4, 9) // frame_num
      .flag(false) // field_pic_flag
      .u(4, 12) // pic_order_cnt_lsb
      .se(-1) // delta_pic_order_cnt_bottom
      .ue(0) // redundant_pic_cnt
      .flag(true) // num_ref_idx_active_override_flag
      .ue(2) // three references
      .flag(true) // ref_pic_list_modification_flag_l0
      .ue(0)
      .ue(7)
      .ue(3)
      .ue(5) // weight denominators
      .ue(4)
      .flag(true) // reference 0: luma
      .se(3)
      .se(-3)
      .flag(false)
      .flag(false) // reference 1: none
      .flag(false)
      .flag(false) // reference 2: chroma
      .flag(true)
      .se(1)
      .se(2)
      .se(3)
      .se(4)
      .flag(true) // adaptive_ref_pic_marking_mode_flag
      .ue(3)
      .ue(1)
      .ue(0)
      .ue(5) // order begins anew
      .ue(0)
      .trailingBits()
      .finish();

    expect(parseSliceHeader(slice, { sps: SPS, pps: PPS })).toEqual({
      firstMbInSlice: 0,
      sliceType: 'P',
      ppsId: 0,
      idr: false,
      refIdc: 2,
      frameNum: 9,
      field: false,
      bottomField: false,
      picOrderCntLsb: 12,
      deltaPicOrderCntBottom: -1,
      deltaPicOrderCnt: [0, 0],
      redundantPicCnt: 0,
      resetsOrder: true,
    });
  });

  it('reads a bottom field of an IDR picture', () => {
    const slice = new BitWriter()
      .u(8, 0x65)
      .ue(0)
      .ue(7)
      .ue(0)
      .u(4, 0)
      .flag(true)
      .flag(true)
      .ue(77)
      .u(4, 1)
      .ue(0);
    expect(parseSliceHeader(slice.trailingBits().finish(), { sps: SPS, pps: PPS })).toMatchObject({
      idr: true,
      sliceType: 'I',
      field: true,
      bottomField: true,
      idrPicId: 77,
      deltaPicOrderCntBottom: 0,
    });
  });

  const p = (): BitWriter =>
    new BitWriter().u(8, 0x41).ue(0).ue(0).ue(0).u(4, 1).flag(false).u(4, 2).se(0).ue(0);
  it.each([
    ['h264/nal-type', hex('67 42')],
    ['h264/nal-type', hex('43 88')], // partition B
    ['h264/nal-type', hex('')],
    ['h264/truncated', hex('41')],
    ['h264/slice-header', new BitWriter().u(8, 0x41).ue(0).ue(10).ue(0).u(32, 0).finish()], // slice_type 10
    ['h264/slice-header', new BitWriter().u(8, 0x41).ue(0).ue(0).ue(256).u(32, 0).finish()], // PPS 256
    ['h264/slice-header', p().flag(true).ue(40).u(32, 0).finish()], // 41 references
    ['h264/slice-header', p().flag(false).flag(true).ue(4).u(32, 0).finish()], // unknown list operation
    ['h264/truncated', p().flag(false).flag(true).ue(0).finish()],
  ])('%s', (code, bytes) => {
    expect(codeOf(() => parseSliceHeader(bytes, { sps: SPS, pps: PPS }))).toBe(code);
  });

  it('needs no parameter sets for its start', () => {
    expect(parseSliceStart(hex('65 88 84'))).toEqual({
      firstMbInSlice: 0,
      sliceType: 'I',
      ppsId: 0,
      idr: true,
      refIdc: 3,
    });
  });
});

describe('ParameterSets', () => {
  it('says which set is missing', () => {
    expect(codeOf(() => new ParameterSets().readSlice(hex('65 88 84')))).toBe('h264/parameter-sets-missing');
  });

  it('keeps what it has when a newer set makes no sense', () => {
    const sets = new ParameterSets();
    for (const nal of nalUnits(h264Fixture('cropped'))) sets.add(nal);
    const before = sets.contextOf(0);
    expect(codeOf(() => sets.add(hex('67 42 c0')))).toBe('h264/truncated');
    expect(before?.sps.width).toBe(322);
    expect(sets.contextOf(0)).toEqual(before);
  });
});
