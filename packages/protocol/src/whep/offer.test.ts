import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { parseOfferOutline } from './offer.ts';

const sdp = (...lines: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', ...lines, ''].join('\r\n');
const ICE = ['a=ice-ufrag:EsAw', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1'];

describe('the outline of an offer', () => {
  it('has kind, direction and DTLS role of each section', () => {
    const offer = sdp(
      'a=setup:actpass',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111',
      ...ICE,
      'a=recvonly',
      'm=video 9 UDP/TLS/RTP/SAVPF 96',
      'a=setup:active',
      'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    );

    expect(parseOfferOutline(offer)).toEqual({
      credentials: { ufrag: 'EsAw', pwd: 'P2uYro0UCOQ4zxjKXaWCBui1' },
      media: [
        { kind: 'audio', direction: 'recvonly', setup: 'actpass' },
        { kind: 'video', direction: 'sendrecv', setup: 'active' },
        { kind: 'application', direction: 'sendrecv', setup: 'actpass' },
      ],
    });
  });

  it.each([
    ['nothing', ''],
    ['JSON', '{"type":"offer"}'],
    ['HTML', '<!doctype html>'],
    ['an SDP without media', sdp(...ICE)],
    ['an SDP without ICE', sdp('m=video 9 UDP/TLS/RTP/SAVPF 96')],
    ['a line that is none', sdp('m=video 9 UDP/TLS/RTP/SAVPF 96', ...ICE, 'nonsense')],
  ])('cannot be read from %s', (_, text) => {
    expect(() => parseOfferOutline(text)).toThrowError(expect.objectContaining({ code: 'whep/offer' }));
  });

  it('comes of any text at all, or a MalformedError', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom('m=video 9', ...ICE, 'a=recvonly', 'a=setup', 'a='));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        expect(codeOf(() => parseOfferOutline(['v=0', ...lines].join('\n')))).toBeTruthy();
      }),
      { numRuns: 5_000 },
    );
  });
});
