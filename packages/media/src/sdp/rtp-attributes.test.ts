import { describe, expect, it } from 'vitest';
import { directionOf, extensionMappings, rtpFormats } from './rtp-attributes.ts';
import { parseSdp, type SdpMedia } from './session-description.ts';

const section = (lines: string): SdpMedia => {
  const [media] = parseSdp(`v=0\nm=video 9 UDP/TLS/RTP/SAVPF 96 97 x 200\n${lines}`).media;
  if (!media) throw new Error('no section');
  return media;
};

describe('rtpFormats', () => {
  it('passes over payload types that are none or have no rtpmap', () => {
    const media = section('a=rtpmap:96 H264/90000\na=rtpmap:200 VP8/90000\na=rtpmap:98 VP8/90000\n');

    expect(rtpFormats(media).map(({ payloadType }) => payloadType)).toEqual([96]);
  });

  it('takes a payload type once, however often it is offered', () => {
    const { lines, ...media } = section('a=rtpmap:96 H264/90000\na=rtpmap:1e1 VP8/90000\n');

    const formats = rtpFormats({ ...media, lines, formats: ['96', '96', '1e1', '96'] });

    expect(formats.map(({ payloadType }) => payloadType)).toEqual([96]);
  });

  it('gives feedback for all formats to each', () => {
    const media = section(
      'a=rtpmap:96 H264/90000\na=rtcp-fb:* nack\na=rtcp-fb:96 nack pli\na=rtcp-fb:97 ccm fir\n',
    );

    expect(rtpFormats(media)[0]?.feedback).toEqual(['nack', 'nack pli']);
  });
});

describe('extensionMappings', () => {
  it('reads ids with and without a direction, and passes over those that cannot be', () => {
    const media = section(
      'a=extmap:6/recvonly urn:a\na=extmap:3 urn:b with=attributes\na=extmap:0 urn:c\na=extmap:15 urn:d\na=extmap:x urn:e\n',
    );

    expect(extensionMappings(media)).toEqual([
      { id: 6, uri: 'urn:a' },
      { id: 3, uri: 'urn:b' },
    ]);
  });
});

it('a section without a direction sends and receives', () => {
  expect(directionOf(section('a=mid:0\n'))).toBe('sendrecv');
  expect(directionOf(section('a=recvonly\n'))).toBe('recvonly');
});
