import { millis } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { AccessUnitAssembler } from './access-unit-assembler.ts';
import { nalUnits } from './annex-b.ts';
import { BitWriter } from './bit-writer.ts';
import { PictureOrderInspector, type PictureReport } from './picture-order-inspector.ts';

function inspect(name: Parameters<typeof h264Fixture>[0]) {
  const assembler = new AccessUnitAssembler();
  const units = [...assembler.push(h264Fixture(name), millis(0)), assembler.flush()];
  const inspector = new PictureOrderInspector();
  const reports = units.flatMap((unit) => (unit ? [inspector.inspect(nalUnits(unit.data))] : []));
  return { inspector, reports };
}

const marked = (reports: readonly PictureReport[], is: (report: PictureReport) => boolean): number[] =>
  reports.flatMap((report, at) => (is(report) ? [at] : []));

describe('PictureOrderInspector', () => {
  it.each([
    ['baseline', { bSlices: false, reordered: false, openGop: false }],
    ['high-slices', { bSlices: false, reordered: false, openGop: false }],
    ['interlaced', { bSlices: false, reordered: false, openGop: false }],
    ['main-b-frames', { bSlices: true, reordered: true, openGop: false }],
    ['open-gop', { bSlices: true, reordered: true, openGop: true }],
    ['intra-refresh', { bSlices: false, reordered: false, openGop: false }],
  ] as const)('tells of %s whether pictures are reordered and GOPs open', (name, expected) => {
    const { bSlices, reordered, openGop } = inspect(name).inspector;
    expect({ bSlices, reordered, openGop }).toEqual(expected);
  });

  it('names the pictures that are shown before an entry that they follow', () => {
    const { reports } = inspect('open-gop');
    expect(marked(reports, ({ entry }) => entry === 'idr')).toEqual([0]);
    expect(marked(reports, ({ entry }) => entry === 'recovery-point')).toEqual([4, 10]);
    expect(marked(reports, ({ leading }) => leading)).toEqual([5, 6, 11, 12]);
    expect(reports.map(({ order }) => order)).toEqual([0, 6, 2, 4, 12, 8, 10, 18, 14, 16, 24, 20, 22, 26]);
  });

  it('reports where an intra-refresh stream can be joined, and does not call it IDR', () => {
    const { reports } = inspect('intra-refresh');
    expect(reports[4]).toMatchObject({
      entry: 'recovery-point',
      recoveryPoint: { recoveryFrames: 2, exactMatch: true, brokenLink: false },
      bSlices: false,
    });
    expect(marked(reports, ({ entry }) => entry === 'idr')).toEqual([0]);
  });

  it('reports a size change at the picture that has the new size', () => {
    const { reports } = inspect('size-change');
    expect(marked(reports, ({ sizeChanged }) => sizeChanged)).toEqual([4]);
    expect(reports[4]?.sps).toMatchObject({ width: 96, height: 64 });
  });

  it('counts NAL units that it cannot read and goes on', () => {
    const inspector = new PictureOrderInspector();
    const nals = [...nalUnits(h264Fixture('cropped'))];
    expect(inspector.inspect([hex('67 42'), hex('65'), hex('41 9a'), hex('1f')])).toEqual({
      bSlices: false,
      unreadable: 3,
      outOfOrder: false,
      leading: false,
      sizeChanged: false,
    });
    expect(inspector.inspect(nals.slice(0, 4))).toMatchObject({ entry: 'idr', unreadable: 0 });
  });
});

/** Frames of `order` counts that wrap at 16, one slice each. */
const SPS_LSB = new BitWriter()
  .u(32, 0x674d401f)
  .ue(0)
  .ue(0)
  .ue(0)
  .ue(0)
  .ue(4)
  .u(1, 0)
  .ue(3)
  .ue(2)
  .u(4, 0b1100);
const PPS = new BitWriter()
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
  .u(3, 0);
const slice = (lsb: number, type: 'I' | 'P' | 'B' | 'reset'): Uint8Array => {
  const writer = new BitWriter().u(8, type === 'B' ? 0x01 : 0x41).ue(0);
  writer.ue(type === 'B' ? 1 : type === 'I' ? 2 : 0).ue(0);
  writer.u(4, 0).u(4, lsb);
  if (type === 'B') return writer.trailingBits().finish();
  if (type !== 'I') writer.u(2, 0); // no override, no modification
  if (type === 'reset') writer.flag(true).ue(5).ue(0);
  else writer.flag(false);
  return writer.trailingBits().finish();
};
const idr = (): Uint8Array =>
  new BitWriter().u(8, 0x65).ue(0).ue(2).ue(0).u(4, 0).ue(0).u(4, 0).u(2, 0).trailingBits().finish();

describe('picture order by low bits', () => {
  const start = (): PictureOrderInspector => {
    const inspector = new PictureOrderInspector();
    inspector.inspect([SPS_LSB.finish(), PPS.finish(), idr()]);
    return inspector;
  };
  const orders = (inspector: PictureOrderInspector, slices: readonly Uint8Array[]): (number | undefined)[] =>
    slices.map((nal) => inspector.inspect([nal]).order);

  it('goes on where the low bits wrap', () => {
    const inspector = start();
    const slices = [slice(6, 'P'), slice(12, 'P'), slice(2, 'P'), slice(15, 'B'), slice(8, 'P')];
    expect(orders(inspector, slices)).toEqual([6, 12, 18, 15, 24]);
    expect(inspector.reordered).toBe(true);
  });

  it('begins anew at an order reset: what follows is not out of order', () => {
    const inspector = start();
    expect(orders(inspector, [slice(4, 'P'), slice(8, 'reset'), slice(2, 'P'), slice(4, 'P')])).toEqual([
      4, 8, 2, 4,
    ]);
    expect(inspector.reordered).toBe(false);
  });

  it('calls a picture of I slices that nobody vouches for an intra entry', () => {
    const inspector = start();
    inspector.inspect([slice(4, 'P')]);
    expect(inspector.inspect([slice(8, 'I')]).entry).toBe('intra');
    expect(inspector.inspect([slice(6, 'B')])).toMatchObject({ leading: true, outOfOrder: true });
    expect(inspector.openGop).toBe(true);
  });
});

describe('picture order by frame number', () => {
  // H.264 §8.2.1.2: a cycle of two reference frames, 4 and 6 apart; others 2 before the frame they follow.
  const SPS_CYCLE = new BitWriter()
    .u(32, 0x674d401f)
    .ue(0)
    .ue(0)
    .ue(1)
    .flag(true)
    .se(-2)
    .se(0)
    .ue(2)
    .se(4)
    .se(6);
  SPS_CYCLE.ue(4).u(1, 0).ue(3).ue(2).u(4, 0b1100);
  const frame = (frameNum: number, refIdc: number): Uint8Array => {
    const writer = new BitWriter()
      .u(8, (refIdc << 5) | 1)
      .ue(0)
      .ue(0)
      .ue(0)
      .u(4, frameNum)
      .u(2, 0);
    return writer.flag(false).trailingBits().finish();
  };
  const idrFrame = new BitWriter().u(8, 0x65).ue(0).ue(2).ue(0).u(4, 0).ue(0).u(2, 0).trailingBits().finish();

  it('follows the cycle, across the wrap of frame_num', () => {
    const inspector = new PictureOrderInspector();
    expect(inspector.inspect([SPS_CYCLE.finish(), PPS.finish(), idrFrame]).order).toBe(0);
    const orders = [frame(1, 2), frame(2, 0), frame(2, 2), frame(3, 2), frame(15, 2), frame(0, 2)].map(
      (nal) => inspector.inspect([nal]).order,
    );
    // frame 1: 4 · frame 2, not referred to: 4 - 2 · frame 2: 10 · 3: 14 · 15: 7×10 + 4 · 16: 80
    expect(orders).toEqual([4, 2, 10, 14, 74, 80]);
  });
});
