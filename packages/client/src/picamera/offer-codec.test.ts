import { describe, expect, it } from 'vitest';
import { withOnlyCodec } from './offer-codec.ts';

const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');

const SESSION = lines('v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0');
const AUDIO = lines(
  'm=audio 9 UDP/TLS/RTP/SAVPF 111 96',
  'a=rtpmap:111 opus/48000/2',
  'a=rtpmap:96 L16/8000',
);
const OFFER =
  SESSION +
  lines(
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103 104 105 45 116',
    'a=mid:0',
    'a=rtpmap:96 VP8/90000',
    'a=rtcp-fb:96 nack pli',
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
    'a=rtpmap:102 H264/90000',
    'a=rtcp-fb:102 nack pli',
    'a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    'a=rtpmap:103 rtx/90000',
    'a=fmtp:103 apt=102',
    'a=rtpmap:104 H264/90000',
    'a=fmtp:104 packetization-mode=0;profile-level-id=42e01f',
    'a=rtpmap:105 rtx/90000',
    'a=fmtp:105 apt=104',
    'a=rtpmap:45 AV1/90000',
    'a=rtpmap:116 ulpfec/90000',
  ) +
  AUDIO;

describe('withOnlyCodec', () => {
  it('keeps a codec, its retransmissions and what repairs losses, in the video section alone', () => {
    expect(withOnlyCodec(OFFER, 'VP8')).toBe(
      SESSION +
        lines(
          'm=video 9 UDP/TLS/RTP/SAVPF 96 97 116',
          'a=mid:0',
          'a=rtpmap:96 VP8/90000',
          'a=rtcp-fb:96 nack pli',
          'a=rtpmap:97 rtx/90000',
          'a=fmtp:97 apt=96',
          'a=rtpmap:116 ulpfec/90000',
        ) +
        AUDIO,
    );
  });

  it('keeps all profiles of a codec', () => {
    const sdp = withOnlyCodec(OFFER, 'H264') ?? '';

    expect(sdp).toContain('m=video 9 UDP/TLS/RTP/SAVPF 102 103 104 105 116\r\n');
    expect(sdp).toContain('profile-level-id=42e01f');
    expect(sdp).not.toMatch(/VP8|AV1/);
    expect(sdp.endsWith(AUDIO)).toBe(true);
  });

  it('says so when the browser has no such codec, or there is no video', () => {
    expect(withOnlyCodec(OFFER, 'VP9')).toBeUndefined();
    expect(withOnlyCodec(SESSION + AUDIO, 'H264')).toBeUndefined();
  });
});
