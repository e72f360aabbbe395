import { ticks90k } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { mediaFragment } from './media-fragment.ts';

const sample = { nalUnits: [hex('65 88')], durationTicks: 3000, compositionOffsetTicks: 0, key: true };

describe('mediaFragment', () => {
  it('keeps parameter sets in a sample when it is told to, delimiters never', () => {
    const nalUnits = [hex('09 f0'), hex('67 42'), hex('68 ce'), hex('65 88'), hex('0c ff')];
    const options = { sequenceNumber: 1, baseDecodeTime: ticks90k(0), samples: [{ ...sample, nalUnits }] };

    const kept = mediaFragment({ ...options, parameterSets: 'kept' });

    expect(kept.subarray(-18)).toEqual(hex('00000002 6742 00000002 68ce 00000002 6588'));
    expect(mediaFragment(options).subarray(-14)).toEqual(hex('0000000e 6d646174 00000002 6588'));
  });

  it('is laid out as ISO/IEC 14496-12 says', () => {
    const fragment = mediaFragment({
      sequenceNumber: 7,
      baseDecodeTime: ticks90k(0x1_0000_0002),
      samples: [
        { ...sample, nalUnits: [hex('06 05'), hex('65 88 84')] },
        { nalUnits: [hex('41 9a')], durationTicks: 3003, compositionOffsetTicks: -1, key: false },
      ],
    });

    expect(fragment).toEqual(
      hex(`
        00 00 00 78 6d 6f 6f 66 # moof, 120 bytes
        00 00 00 10 6d 66 68 64 # mfhd
        00 00 00 00 00 00 00 07 # sequence number
        00 00 00 60 74 72 61 66 # traf
        00 00 00 10 74 66 68 64 # tfhd
        00 02 00 00 00 00 00 01 # default-base-is-moof, track 1
        00 00 00 14 74 66 64 74 # tfdt
        01 00 00 00             # version 1
        00 00 00 01 00 00 00 02 # decode time, 64 bits
        00 00 00 34 74 72 75 6e # trun
        01 00 0f 01             # version 1; offset, duration, size, flags, composition offset
        00 00 00 02 00 00 00 80 # 2 samples, from byte 128 on
        00 00 0b b8 00 00 00 0d # 3000 ticks, 13 bytes
        02 00 00 00 00 00 00 00 # sync, shown when decoded
        00 00 0b bb 00 00 00 06 # 3003 ticks, 6 bytes
        01 01 00 00 ff ff ff ff # not sync, shown 1 tick early
        00 00 00 1b 6d 64 61 74 # mdat
        00 00 00 02 06 05       # SEI
        00 00 00 03 65 88 84    # IDR slice
        00 00 00 02 41 9a       # slice
      `),
    );
  });

  it('leaves out what a sample of avc1 does not hold', () => {
    const nalUnits = [hex('09 f0'), hex('67 42'), hex('68 ce'), hex('65 88'), hex('0c ff'), hex('')];
    const lean = mediaFragment({ sequenceNumber: 1, baseDecodeTime: ticks90k(0), samples: [sample] });

    expect(
      mediaFragment({ sequenceNumber: 1, baseDecodeTime: ticks90k(0), samples: [{ ...sample, nalUnits }] }),
    ).toEqual(lean);
  });

  it.each([
    ['no samples', { samples: [] }],
    ['baseDecodeTime -1', { baseDecodeTime: ticks90k(-1) }],
    ['baseDecodeTime 0.5', { baseDecodeTime: ticks90k(0.5) }],
    ['durationTicks -3', { samples: [{ ...sample, durationTicks: -3 }] }],
    ['compositionOffsetTicks 2147483648', { samples: [{ ...sample, compositionOffsetTicks: 2 ** 31 }] }],
  ])('refuses %s', (message, field) => {
    const plain = { sequenceNumber: 1, baseDecodeTime: ticks90k(0), samples: [sample] };

    expect(() => mediaFragment({ ...plain, ...field })).toThrowError(message);
  });
});
