import { describe, expect, it } from 'vitest';
import { withHeaderExtensions } from './offer.ts';

const CAPTURE = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time';
const DELAY = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';

const offer = (...extensions: string[]): string =>
  [
    'v=0',
    's=-',
    'm=video 9 UDP/TLS/RTP/SAVPF 102',
    ...extensions.map((extension) => `a=extmap:${extension}`),
    'a=mid:0',
    'a=recvonly',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'a=mid:1',
    '',
  ].join('\r\n');

describe('withHeaderExtensions', () => {
  it('adds what is missing to the video section, with free ids', () => {
    const sdp = withHeaderExtensions(offer('1 urn:ietf:params:rtp-hdrext:toffset', `3 ${DELAY}`));

    expect(sdp).toBe(offer('1 urn:ietf:params:rtp-hdrext:toffset', `3 ${DELAY}`, `2 ${CAPTURE}`));
  });

  it('leaves an offer alone that has them', () => {
    const sdp = offer(`5 ${CAPTURE}`, `6 ${DELAY}`);

    expect(withHeaderExtensions(sdp)).toBe(sdp);
  });

  it('adds none where no id below 15 is free', () => {
    const sdp = offer(...Array.from({ length: 14 }, (_, i) => `${i + 1} urn:example:${i}`));

    expect(withHeaderExtensions(sdp)).toBe(sdp);
  });
});
