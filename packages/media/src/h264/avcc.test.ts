import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { hex } from '../../../../test/support/hex.ts';
import { nalUnits } from './annex-b.ts';
import {
  parseAvcDecoderConfiguration,
  serializeAvcDecoderConfiguration,
} from './avc-decoder-configuration.ts';
import { joinAvcc, splitAvcc } from './avcc.ts';
import { NAL_TYPE, nalType } from './nal-type.ts';

describe('splitAvcc', () => {
  it.each([
    [1, '02 65 88  01 0a'],
    [2, '00 02 65 88  00 01 0a'],
    [4, '00 00 00 02 65 88  00 00 00 00  00 00 00 01 0a'], // an empty NAL unit between
  ] as const)('reads lengths of %i bytes', (lengthSizeBytes, sample) => {
    expect(splitAvcc(hex(sample), lengthSizeBytes)).toEqual([hex('65 88'), hex('0a')]);
  });

  it('is the reverse of joinAvcc', () => {
    const nals = [...nalUnits(h264Fixture('high-slices'))];
    expect(splitAvcc(joinAvcc(nals), 4)).toEqual(nals);
  });

  it.each(['00 00 00 03 65 88', '00 00 00 01 65 00 00', 'ff ff ff ff'])('refuses %s', (sample) => {
    expect(codeOf(() => splitAvcc(hex(sample), 4))).toBe('h264/avcc');
  });
});

const setsOf = (name: Parameters<typeof h264Fixture>[0]) => {
  const nals = [...nalUnits(h264Fixture(name))].slice(0, 3);
  return {
    sps: nals.filter((nal) => nalType(nal) === NAL_TYPE.sps),
    pps: nals.filter((nal) => nalType(nal) === NAL_TYPE.pps),
  };
};

describe('the avcC record', () => {
  it.each(['baseline', 'chroma-422'] as const)('of %s survives the way there and back', (name) => {
    const sets = setsOf(name);
    const record = parseAvcDecoderConfiguration(serializeAvcDecoderConfiguration(sets));
    expect(record).toMatchObject({ ...sets, lengthSizeBytes: 4, spsExtensions: [] });
  });

  it('is that of ffmpeg, byte for byte', () => {
    // ffmpeg -i fixtures/chroma-422.h264 -c copy x.mp4: the payload of its avcC box
    const record = serializeAvcDecoderConfiguration(setsOf('chroma-422'));
    expect(Buffer.from(record).toString('hex')).toBe(
      '017a000affe1001a677a000ab6cb21af111f8088000003000800000301907891324001000668ebc192c8b0fefafa00',
    );
  });

  it('is read without the end that High profile asks for, and with reserved bits clear', () => {
    const record = parseAvcDecoderConfiguration(hex('01 64 00 1f 03 01 00 02 67 64 01 00 01 68'));
    expect(record).toEqual({
      profileIdc: 100,
      constraintFlags: 0,
      levelIdc: 31,
      lengthSizeBytes: 4,
      sps: [hex('67 64')],
      pps: [hex('68')],
      spsExtensions: [],
    });
  });

  it.each([
    ['version 0', '00 64 00 1f ff e0 00'],
    ['lengths of 3 bytes', '01 64 00 1f fe e0 00'],
    ['a cut SPS', '01 64 00 1f ff e1 00 09 67'],
    ['nothing', ''],
  ])('is refused with %s', (_, record) => {
    expect(codeOf(() => parseAvcDecoderConfiguration(hex(record)))).toBe('h264/avc-decoder-configuration');
  });

  it('is not written without SPS, nor with more than it holds', () => {
    const { sps, pps } = setsOf('baseline');
    const code = 'h264/avc-decoder-configuration';
    expect(codeOf(() => serializeAvcDecoderConfiguration({ sps: [], pps }))).toBe(code);
    const many = Array.from({ length: 32 }, () => sps).flat();
    expect(codeOf(() => serializeAvcDecoderConfiguration({ sps: many, pps }))).toBe(code);
    expect(codeOf(() => serializeAvcDecoderConfiguration({ sps, pps: [new Uint8Array(65_536)] }))).toBe(code);
  });
});
