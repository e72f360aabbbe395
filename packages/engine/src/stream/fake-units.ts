import { micros } from '@pinhole/core';
import { addEmulationPrevention, BitWriter, joinAnnexB } from '@pinhole/media/h264';
import type { AccessUnit } from './access-unit.ts';

/** What a fake access unit is like. */
export interface FakeUnitOptions {
  readonly sequence: number;
  readonly key?: boolean;
  readonly sliceType?: 'P' | 'B';
  /** 0: no other picture needs it. */
  readonly refIdc?: number;
  /** Left out: parameter sets come with key units. */
  readonly parameterSets?: boolean;
  readonly widthMbs?: number;
  /** `max_num_reorder_frames` the SPS announces; left out: no VUI. */
  readonly reorder?: number;
  readonly padBytes?: number;
}

const FRAME_US = 33_333;

/** For tests: an access unit with real parameter sets and slice headers, and no picture behind them. */
export function fakeUnit(options: FakeUnitOptions): AccessUnit {
  const { sequence, key = false, parameterSets = key } = options;
  const nals = parameterSets ? [fakeSps(options), FAKE_PPS, fakeSlice(options)] : [fakeSlice(options)];
  const at = micros(sequence * FRAME_US);
  return { data: joinAnnexB(nals), key, captureTime: at, pts: at, dts: at, sequence };
}

/** For tests: an SPS of the constrained baseline or, with reordering, of the main profile. */
function fakeSps({ widthMbs = 20, reorder }: Pick<FakeUnitOptions, 'widthMbs' | 'reorder'> = {}): Uint8Array {
  const writer = new BitWriter();
  writer
    .u(8, 0x67)
    .u(8, reorder === undefined ? 66 : 77)
    .u(8, reorder === undefined ? 0xc0 : 0x40)
    .u(8, 30);
  writer.ue(0).ue(0).ue(0).ue(0).ue(2).u(1, 0); // ids, frame_num and POC lengths, references, gaps
  writer
    .ue(widthMbs - 1)
    .ue(14)
    .u(1, 1)
    .u(1, 1)
    .u(1, 0); // size, frame_mbs_only, direct_8x8, cropping
  if (reorder === undefined) writer.u(1, 0);
  else {
    writer.u(1, 1).u(8, 0).u(1, 1).u(1, 1); // VUI: nothing but a bitstream restriction
    writer.ue(0).ue(0).ue(0).ue(0).ue(reorder).ue(2);
  }
  return addEmulationPrevention(writer.trailingBits().finish());
}

/** For tests: the PPS that goes with `fakeSps`. */
const FAKE_PPS: Uint8Array = new BitWriter()
  .u(8, 0x68)
  .ue(0)
  .ue(0)
  .u(2, 0)
  .ue(0)
  .ue(0)
  .ue(0)
  .u(3, 0)
  .se(0)
  .se(0)
  .se(0)
  .u(3, 0)
  .trailingBits()
  .finish();

function fakeSlice({ key = false, sliceType = 'P', refIdc = 3, padBytes = 40 }: FakeUnitOptions): Uint8Array {
  const writer = new BitWriter().u(8, (refIdc << 5) | (key ? 5 : 1));
  writer
    .ue(0)
    .ue(key ? 7 : sliceType === 'B' ? 6 : 5)
    .ue(0)
    .trailingBits();
  const header = writer.finish();
  const slice = new Uint8Array(header.byteLength + padBytes).fill(0xaa);
  slice.set(header);
  return slice;
}
