import { describe, expect, it } from 'vitest';
import { mergeFormatParameters } from './merge-format-parameters.ts';

const sdp = (...rows: string[]): string => ['v=0', ...rows, ''].join('\r\n');

describe('lines of parameters', () => {
  it('of one payload type become one line, at the place of the first', () => {
    const merged = mergeFormatParameters(
      sdp(
        'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
        'a=rtpmap:96 H264/90000',
        'a=fmtp:96 profile-level-id=42E01F',
        'a=fmtp:96 packetization-mode=1',
        'a=fmtp:96 sprop-sps=Z0LgH5WoFAFugA==',
        'a=fmtp:97 apt=96',
        'a=fmtp:96 profile-level-id=640028; level-asymmetry-allowed=1',
      ),
    );

    expect(merged).toBe(
      sdp(
        'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
        'a=rtpmap:96 H264/90000',
        'a=fmtp:96 profile-level-id=42E01F;packetization-mode=1;sprop-sps=Z0LgH5WoFAFugA==;level-asymmetry-allowed=1',
        'a=fmtp:97 apt=96',
      ),
    );
  });

  it('of the same number in two sections stay apart', () => {
    const two = sdp(
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=fmtp:111 sprop-stereo=1',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      'a=fmtp:111 stereo=1',
    );

    expect(mergeFormatParameters(two)).toBe(two);
  });

  it('stay as they are where there is one each, whatever else the text is', () => {
    for (const text of ['', 'a=fmtp:96', 'a=fmtp:9999 x=1\na=fmtp:9999 y=2', sdp('a=fmtp:96 x')])
      expect(mergeFormatParameters(text)).toBe(text);
  });
});
