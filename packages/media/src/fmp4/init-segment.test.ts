import { micros } from '@pinhole/core';
import { nalUnits, parseAvcDecoderConfiguration, parseSps } from '@pinhole/media/h264';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { fixtureUnits } from '../../../../test/support/fixture-units.ts';
import { h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { readFmp4 } from '../../../../test/support/read-fmp4.ts';
import { FragmentMuxer } from './fragment-muxer.ts';
import { initSegment } from './init-segment.ts';

/** Parameter sets of a test stream, as a stream tells them. */
function parametersOf(name: Parameters<typeof h264Fixture>[0]) {
  const nals = [...nalUnits(h264Fixture(name))];
  const sps = nals.find((nal) => (nal[0] ?? 0) % 32 === 7) ?? hex('');
  const pps = nals.filter((nal) => (nal[0] ?? 0) % 32 === 8).slice(0, 1);
  const { width, height } = parseSps(sps);
  return { sps, pps, width, height };
}

/** mediabunny asks for a first sample before it tells anything. */
function withOneFragment(name: Parameters<typeof h264Fixture>[0]) {
  const [unit] = fixtureUnits(h264Fixture(name), { interval: micros(40_000) });
  if (unit === undefined) throw new Error('empty fixture');
  return readFmp4([initSegment(parametersOf(name)), new FragmentMuxer().push(unit).bytes]);
}

describe('initSegment', () => {
  it.each([
    { name: 'baseline', codec: 'avc1.42c00a', codedWidth: 64, codedHeight: 48 },
    { name: 'cropped', codec: 'avc1.64000d', codedWidth: 322, codedHeight: 182 },
    { name: 'high-slices', codec: 'avc1.640009', codedWidth: 96, codedHeight: 64 },
    { name: 'chroma-422', codec: 'avc1.7a000a', codedWidth: 34, codedHeight: 18 },
  ] as const)('is read by mediabunny: $name', async ({ name, ...expected }) => {
    const file = await withOneFragment(name);

    expect(file).toMatchObject(expected);
    const { sps, pps } = parametersOf(name);
    expect(parseAvcDecoderConfiguration(file.description)).toMatchObject({
      sps: [sps],
      pps,
      lengthSizeBytes: 4,
    });
  });

  it('tells pixel shape and colours that the SPS tells', async () => {
    const file = await withOneFragment('high-slices');

    expect(file.displayWidth / file.displayHeight).toBeCloseTo(2);
    expect(file.colorSpace).toMatchObject({ primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' });
  });

  it('tells no colours that the SPS does not tell', () => {
    const text = Buffer.from(initSegment(parametersOf('baseline'))).toString('latin1');

    expect(text).not.toContain('colr');
    expect(text).not.toContain('pasp');
  });

  it('begins with its brands', () => {
    expect(initSegment(parametersOf('baseline')).subarray(0, 28)).toEqual(
      hex(`
        00 00 00 1c 66 74 79 70 # 28 bytes, ftyp
        69 73 6f 36 00 00 00 00 # iso6, version 0
        69 73 6f 36             # iso6
        61 76 63 31             # avc1
        6d 70 34 31             # mp41
      `),
    );
  });

  it.each([
    ['width', 0],
    ['width', 65_536],
    ['height', 1.5],
  ])('refuses %s %d', (side, value) => {
    expect(() => initSegment({ ...parametersOf('baseline'), [side]: value })).toThrowError(
      `${side} ${value}`,
    );
  });

  it('refuses an SPS that cannot be read', () => {
    expect(codeOf(() => initSegment({ ...parametersOf('baseline'), sps: hex('67 42') }))).toMatch(/^h264\//);
  });
});
