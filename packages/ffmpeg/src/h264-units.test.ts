import { micros } from '@pinhole/core';
import {
  joinAnnexB,
  joinAvcc,
  nalType,
  nalUnits,
  serializeAvcDecoderConfiguration,
} from '@pinhole/media/h264';
import { describe, expect, it } from 'vitest';
import { H264Units } from './h264-units.ts';

const SPS = Uint8Array.of(0x67, 0x42, 0xc0, 0x1f, 0xda, 0x01, 0x40, 0x16, 0xe8);
const PPS = Uint8Array.of(0x68, 0xce, 0x3c, 0x80);
const IDR = Uint8Array.of(0x65, 0x88, 0x84);
const SLICE = Uint8Array.of(0x41, 0x9a, 0x02);
const SEI = Uint8Array.of(0x06, 0x05, 0x01, 0x80);
const DELIMITER = Uint8Array.of(0x09, 0xf0);
const at = { captureTime: micros(7) };

const types = (data: Uint8Array | undefined): number[] =>
  [...nalUnits(data ?? new Uint8Array())].map(nalType);

describe('units out of packets', () => {
  it('puts the parameter sets of an SDP in front of a key picture, behind its delimiter', () => {
    const units = new H264Units();
    units.configure(joinAnnexB([SPS, PPS]));

    const key = units.unit({ data: joinAnnexB([DELIMITER, SEI, IDR]), ...at });
    const next = units.unit({ data: joinAnnexB([SLICE]), ...at });

    expect(types(key?.data)).toEqual([9, 7, 8, 6, 5]);
    expect(types(next?.data)).toEqual([1]);
    expect([key?.key, next?.key]).toEqual([true, false]);
  });

  it('reads length-prefixed packets as an MP4 has them', () => {
    const units = new H264Units();
    units.configure(serializeAvcDecoderConfiguration({ sps: [SPS], pps: [PPS] }));

    expect(units.unit({ data: joinAvcc([IDR]), ...at })?.data).toEqual(joinAnnexB([SPS, PPS, IDR]));
  });

  it('leaves a key picture that brings its own as it is, bit by bit', () => {
    const units = new H264Units();
    const data = joinAnnexB([SPS, PPS, IDR]);

    expect(units.unit({ data, ...at })?.data).toEqual(data);
  });

  it('uses the newest parameter sets that came with the pictures', () => {
    const units = new H264Units();
    const newer = Uint8Array.from([...SPS, 0x11]);
    units.configure(joinAnnexB([SPS, PPS]));
    units.unit({ data: joinAnnexB([newer, PPS, IDR]), ...at });

    expect(units.unit({ data: joinAnnexB([IDR]), ...at })?.data).toEqual(joinAnnexB([newer, PPS, IDR]));
  });

  it('adds a missing PPS behind the SPS that came', () => {
    const units = new H264Units();
    units.configure(joinAnnexB([SPS, PPS]));

    expect(types(units.unit({ data: joinAnnexB([SPS, SEI, IDR]), ...at })?.data)).toEqual([7, 8, 6, 5]);
  });

  it('passes over packets without a picture, and does not count them', () => {
    const units = new H264Units();

    expect(units.unit({ data: joinAnnexB([SPS, PPS]), ...at })).toBeUndefined();
    expect(units.unit({ data: joinAnnexB([IDR]), ...at })?.sequence).toBe(0);
  });

  it('does not change what it is given, nor keep it', () => {
    const units = new H264Units();
    const data = joinAnnexB([SPS, PPS, IDR]);
    const copy = data.slice();

    const unit = units.unit({ data, ...at });

    expect(data).toEqual(copy);
    data.fill(0);
    expect(unit?.data).toEqual(copy);
  });

  it('dates what comes undated by what went before', () => {
    const units = new H264Units();
    const put = (pts?: number): unknown =>
      units.unit({
        data: joinAnnexB([IDR]),
        duration: micros(33_333),
        ...at,
        ...(pts === undefined ? {} : { pts: micros(pts) }),
      });

    expect([put(), put(), put(100_000), put()]).toMatchObject([
      { pts: 0, dts: 0 },
      { pts: 33_333, dts: 33_333 },
      { pts: 100_000, dts: 100_000 },
      { pts: 133_333, dts: 133_333 },
    ]);
  });
});
