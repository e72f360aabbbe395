import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { parseRtp } from './rtp-packet.ts';
import { restoreFromRtx, rtxPayload } from './rtx.ts';

describe('a packet that is sent again in a stream of its own', () => {
  it('has the number that it had before its payload', () => {
    const payload = hex('65 88 84');

    expect(rtxPayload(0x1_abcd, payload)).toEqual(hex('abcd 658884'));
    expect(payload).toEqual(hex('65 88 84'));
  });

  it('is the lost packet again, its marker and its time included', () => {
    const repair = parseRtp(
      hex(`
        80          # V=2
        e2          # M=1, payload type 98
        0007        # its own sequence number
        00015f90    # the time stamp of the original
        00000009    # its own SSRC
        fffe        # the original's sequence number
        5c 41 01    # the original's payload
      `),
    );

    expect(restoreFromRtx(repair, { ssrc: 7, payloadType: 96 })).toEqual({
      marker: true,
      payloadType: 96,
      sequence: 0xfffe,
      timestamp: 90_000,
      ssrc: 7,
      payload: hex('5c 41 01'),
    });
  });

  it('is refused without a number', () => {
    const repair = parseRtp(hex('80 62 0007 00015f90 00000009 ff'));

    expect(() => restoreFromRtx(repair, { ssrc: 7, payloadType: 96 })).toThrowError(
      expect.objectContaining({ code: 'rtp/rtx' }),
    );
  });
});
