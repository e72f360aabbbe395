import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import { parseRecoveryPoint, parseSei } from './sei.ts';

describe('parseSei', () => {
  it('reads messages, with types and sizes above 254', () => {
    const long = 'aa '.repeat(256);
    expect(parseSei(hex(`06  05 02 11 22  ff 01 ff 01 ${long} 80`))).toEqual([
      { payloadType: 5, payload: hex('11 22') },
      { payloadType: 256, payload: hex(long) },
    ]);
  });

  it.each([
    ['whose size is beyond the end', '06 05 02 11 22 06 09 c0'],
    ['whose size is cut', '06 05 02 11 22 06 ff ff'],
  ])('leaves out a last message %s', (_, nal) => {
    expect(parseSei(hex(nal))).toHaveLength(1);
  });

  it('stops at 128 messages', () => {
    expect(parseSei(hex(`06 ${'09 00 '.repeat(500)} 80`))).toHaveLength(128);
  });

  it('h264/nal-type', () => {
    expect(codeOf(() => parseSei(hex('65 88')))).toBe('h264/nal-type');
  });
});

describe('parseRecoveryPoint', () => {
  it('reads it behind other messages', () => {
    // recovery_frame_cnt 00101 = 4 | exact_match_flag 1 | broken_link_flag 0 | changing_slice_group_idc
    const nal = hex('06  05 01 99  06 02 2c 40  80');
    expect(parseRecoveryPoint(nal)).toEqual({ recoveryFrames: 4, exactMatch: true, brokenLink: false });
  });

  it.each([
    ['there is none', '06 05 01 99 80'],
    ['it is empty', '06 06 00 80'],
  ])('gives nothing when %s', (_, nal) => {
    expect(parseRecoveryPoint(hex(nal))).toBeUndefined();
  });
});
