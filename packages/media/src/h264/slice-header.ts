import { MalformedError } from '@pinhole/core';
import { BitReader } from './bit-reader.ts';
import { isPictureType, NAL_TYPE, nalRefIdc, nalType } from './nal-type.ts';
import type { Pps } from './pps.ts';
import { inRange, rbspOf } from './rbsp.ts';
import { readResetsOrder } from './slice-reference-syntax.ts';
import type { Sps } from './sps.ts';

/** What a slice is predicted from: P one list of pictures, B two, I none; SP and SI are of the Extended profile. */
export type SliceType = 'P' | 'B' | 'I' | 'SP' | 'SI';

/** The part of a slice header that can be read without parameter sets. */
export interface SliceStart {
  /** Address of its first macroblock (pair, in an MBAFF frame); 0 begins a new picture. */
  readonly firstMbInSlice: number;
  readonly sliceType: SliceType;
  readonly ppsId: number;
  /** The slice is of an IDR picture. */
  readonly idr: boolean;
  /** 0 when no other picture needs this one. */
  readonly refIdc: number;
}

/** A slice header as far as it tells pictures apart and orders them. */
export interface SliceHeader extends SliceStart {
  readonly frameNum: number;
  /** The picture is one field, not a frame. */
  readonly field: boolean;
  readonly bottomField: boolean;
  readonly idrPicId?: number;
  /** Low bits of the picture order count, with `picOrderCntType` 0. */
  readonly picOrderCntLsb?: number;
  readonly deltaPicOrderCntBottom: number;
  /** With `picOrderCntType` 1; zeros elsewhere. */
  readonly deltaPicOrderCnt: readonly [number, number];
  /** Above 0: a redundant copy of a picture that came before. */
  readonly redundantPicCnt: number;
  /** `memory_management_control_operation` 5: order counts begin anew here, as at an IDR picture. */
  readonly resetsOrder: boolean;
}

/** The parameter sets that a slice is read with. */
export interface SliceContext {
  readonly sps: Sps;
  readonly pps: Pps;
}

const SLICE_TYPES: readonly SliceType[] = ['P', 'B', 'I', 'SP', 'SI'];

/** No header is longer: 64 references with weights take less than half of it. Spares unescaping the whole slice. */
const MAX_HEADER_BYTES = 2048;

/** Three numbers of up to 32 bits, each in at most 63 bits, with room for bytes that only escape others. */
const MAX_START_BYTES = 64;

const bad = { code: 'h264/slice-header' };

/**
 * Reads what a slice NAL unit (types 1, 2 and 5) tells without its parameter sets.
 * @throws {MalformedError} `h264/nal-type`, `h264/truncated`, `h264/exp-golomb`, `h264/slice-header`
 * @see H.264 §7.3.3
 */
export const parseSliceStart = (nal: Uint8Array): SliceStart =>
  readSliceStart(openSlice(nal, MAX_START_BYTES), nal);

/**
 * Reads the header of a slice NAL unit (types 1, 2 and 5), given without start code, with the SPS and PPS in force.
 * @throws {MalformedError} `h264/nal-type`, `h264/truncated`, `h264/exp-golomb`, `h264/slice-header`
 * @see H.264 §7.3.3
 */
export function parseSliceHeader(nal: Uint8Array, { sps, pps }: SliceContext): SliceHeader {
  const reader = openSlice(nal);
  const start = readSliceStart(reader, nal);
  if (sps.separateColourPlanes) reader.skip(2); // colour_plane_id
  const frameNum = reader.u(sps.log2MaxFrameNum);
  const field = !sps.frameMbsOnly && reader.flag();
  const bottomField = field && reader.flag();
  const idrPicId = start.idr ? inRange(reader.ue(), [0, 65_535], { ...bad, name: 'idr_pic_id' }) : undefined;
  const order = readOrder(reader, { sps, pps }, { field });
  const redundantPicCnt = pps.redundantPicCntPresent
    ? inRange(reader.ue(), [0, 127], { ...bad, name: 'redundant_pic_cnt' })
    : 0;
  const header = {
    ...start,
    frameNum,
    field,
    bottomField,
    ...(idrPicId !== undefined && { idrPicId }),
    ...order,
    redundantPicCnt,
  };
  return { ...header, resetsOrder: readResetsOrder(reader, header, { sps, pps }) };
}

function openSlice(nal: Uint8Array, maxBytes = MAX_HEADER_BYTES): BitReader {
  const type = nalType(nal);
  if (!isPictureType(type) || type === NAL_TYPE.partitionB || type === NAL_TYPE.partitionC) {
    throw new MalformedError('h264/nal-type', `NAL unit of type ${type} where a slice (1, 2 or 5) is needed`);
  }
  return new BitReader(rbspOf(nal.subarray(0, maxBytes)));
}

function readSliceStart(reader: BitReader, nal: Uint8Array): SliceStart {
  const firstMbInSlice = reader.ue();
  const typeCode = inRange(reader.ue(), [0, 9], { ...bad, name: 'slice_type' });
  return {
    firstMbInSlice,
    sliceType: SLICE_TYPES[typeCode % 5] ?? 'I',
    ppsId: inRange(reader.ue(), [0, 255], { ...bad, name: 'pic_parameter_set_id' }),
    idr: nalType(nal) === NAL_TYPE.idr,
    refIdc: nalRefIdc(nal),
  };
}

type Order = Pick<SliceHeader, 'picOrderCntLsb' | 'deltaPicOrderCntBottom' | 'deltaPicOrderCnt'>;

function readOrder(reader: BitReader, { sps, pps }: SliceContext, { field }: { field: boolean }): Order {
  const bothFields = pps.picOrderPresent && !field;
  if (sps.picOrderCnt.type === 0) {
    const picOrderCntLsb = reader.u(sps.picOrderCnt.log2MaxLsb);
    return { picOrderCntLsb, deltaPicOrderCntBottom: bothFields ? reader.se() : 0, deltaPicOrderCnt: [0, 0] };
  }
  if (sps.picOrderCnt.type === 1 && !sps.picOrderCnt.deltaAlwaysZero) {
    return { deltaPicOrderCntBottom: 0, deltaPicOrderCnt: [reader.se(), bothFields ? reader.se() : 0] };
  }
  return { deltaPicOrderCntBottom: 0, deltaPicOrderCnt: [0, 0] };
}
