import { describe, expect, it } from 'vitest';
import { H264_FIXTURES, h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { findStartCode, nalUnits } from './annex-b.ts';
import { BitWriter } from './bit-writer.ts';
import { addEmulationPrevention } from './emulation-prevention.ts';
import { lowDelaySps } from './low-delay-sps.ts';
import { NAL_TYPE, nalType } from './nal-type.ts';
import { rbspOf } from './rbsp.ts';
import { parseSps, parseSpsWithLayout, type Sps } from './sps.ts';

const spsOf = (name: (typeof H264_FIXTURES)[number]): Uint8Array => {
  const nal = [...nalUnits(h264Fixture(name))].find((unit) => nalType(unit) === NAL_TYPE.sps);
  if (!nal) throw new Error(`no SPS in ${name}`);
  return nal;
};

/** `nal` cut at a bit of its RBSP and ended otherwise. */
function withEnd(nal: Uint8Array, atBit: number, end: (writer: BitWriter) => BitWriter): Uint8Array {
  const writer = new BitWriter().u(8, nal[0] ?? 0).copy(rbspOf(nal), 0, atBit);
  return addEmulationPrevention(end(writer).trailingBits().finish());
}

const withoutVui = (nal: Uint8Array): Uint8Array =>
  withEnd(nal, parseSpsWithLayout(nal).layout.vuiFlagBit, (writer) => writer.flag(false));

function withoutRestriction(nal: Uint8Array): Uint8Array {
  const { vui } = parseSpsWithLayout(nal).layout;
  if (typeof vui === 'string') throw new Error(`VUI ${vui}`);
  return withEnd(nal, vui.restrictionFlagBit, (writer) => writer.flag(false));
}

function withReordering(nal: Uint8Array): Uint8Array {
  const { vui } = parseSpsWithLayout(nal).layout;
  if (typeof vui === 'string' || vui.reorderBit === undefined) throw new Error('no restriction');
  return withEnd(nal, vui.reorderBit, (writer) => writer.ue(2).ue(16));
}

/** All but what the rewriter is there to change. */
function unchangedPart(sps: Sps): unknown {
  const { maxNumReorderFrames: _, maxDecFrameBuffering: __, vui, ...rest } = sps;
  const { bitstreamRestriction: ___, ...vuiRest } = vui ?? { picStructPresent: false };
  return { ...rest, vui: vuiRest };
}

describe.each(H264_FIXTURES)('lowDelaySps on the SPS of %s', (name) => {
  it.each([
    ['without VUI', withoutVui],
    ['without bitstream restriction', withoutRestriction],
    ['with reordering announced', withReordering],
  ])('%s: no reordering, as many frames held as are referred to, all else as it was', (_, prepare) => {
    const before = prepare(spsOf(name));

    const after = lowDelaySps(before);

    const sps = parseSps(after);
    expect(sps.maxNumReorderFrames).toBe(0);
    expect(sps.maxDecFrameBuffering).toBe(sps.maxNumRefFrames);
    expect(unchangedPart(sps)).toEqual(unchangedPart(parseSps(before)));
    expect(findStartCode(after, 0)).toBe(-1);
  });

  it('gives its own output back untouched', () => {
    const once = lowDelaySps(withoutVui(spsOf(name)));
    expect(lowDelaySps(once)).toBe(once);
  });
});

describe('lowDelaySps', () => {
  it('returns the same bytes when x264 said so already', () => {
    const nal = spsOf('baseline');
    expect(lowDelaySps(nal)).toBe(nal);
  });

  it('keeps every bit before the VUI', () => {
    const nal = withoutVui(spsOf('cropped'));
    const { vuiFlagBit } = parseSpsWithLayout(nal).layout;

    const rewritten = rbspOf(lowDelaySps(nal));

    const bits = (bytes: Uint8Array): string =>
      Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0'))
        .join('')
        .slice(0, vuiFlagBit);
    expect(bits(rewritten)).toBe(bits(rbspOf(nal)));
  });

  it('adds a VUI to a 64×48 baseline SPS, bit for bit', () => {
    const rewritten = lowDelaySps(
      hex(`
        67 42 c0 0a # NAL header, profile, constraints, level
        da          # 1 id 0 | 1 frame_num of 4 bits | 011 order type 2 | 010 one reference frame
        11          # 0 no gaps | 00100 four macroblocks wide | 01…
        e4          # …1 three high | 1 frames only | 1 direct 8×8 | 0 no cropping | 0 no VUI | 1 stop bit
      `),
    );

    expect(rewritten).toEqual(
      hex(`
        67 42 c0 0a da 11
        e8          # 111 0 as before | 1 VUI | 000…
        06          # …00000 no parts of it | 1 bitstream restriction | 1 vectors may point outside | 0…
        d0          # …11 2 bytes denominator | 010 1 bits denominator | 000…
        40          # …010000 15 horizontal | 00…
        21          # …0010000 15 vertical | 1 no reordering
        50          # 010 one frame held | 1 stop bit
      `),
    );
  });

  it('leaves alone an SPS whose VUI ends too early, and its input ever', () => {
    const nal = spsOf('high-slices');
    const cut = nal.subarray(0, nal.byteLength - 6);
    const before = cut.slice();

    expect(lowDelaySps(cut)).toBe(cut);
    expect(cut).toEqual(before);
  });
});
